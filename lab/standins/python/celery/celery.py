"""Stand-in for Celery: a worker that logs in at the real broker and keeps a sign of life there, and `inspect ping`."""
import argparse
import importlib
import os
import signal
import socket
import sys
import threading

import redis

KEY = "stand-in:celery:"


class Settings(dict):
    def __getattr__(self, name):
        return self.get(name)

    __setattr__ = dict.__setitem__


class Celery:
    def __init__(self, main=None, broker=None, backend=None, **_ignored):
        self.main, self.conf = main, Settings(broker_url=broker, result_backend=backend)

    def task(self, *arguments, **_ignored):
        if arguments and callable(arguments[0]):
            return arguments[0]
        return lambda function: function

    def autodiscover_tasks(self, *_ignored, **__ignored):
        pass

    def broker(self):
        url = self.conf.broker_url or os.environ.get("CELERY_BROKER_URL") or "redis://localhost:6379/0"
        return redis.Redis.from_url(url, decode_responses=True)


def find(name):
    sys.path.insert(0, os.getcwd())
    module, _, attribute = name.partition(":")
    found = importlib.import_module(module)
    if attribute:
        return getattr(found, attribute)
    for word in ("app", "celery", "celery_app"):
        if isinstance(getattr(found, word, None), Celery):
            return getattr(found, word)
    sys.exit(f"Error: Unable to load celery application. Module '{module}' has no attribute 'celery'")


def worker(app, name):
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    broker, ready = app.broker(), False
    while not stop.is_set():
        try:
            broker.ping()
            broker.set(KEY + name, "pong", ex=15)
            if not ready:
                print(f"[INFO/MainProcess] {name} ready.", flush=True)
            ready = True
        except redis.RedisError as error:
            ready = False
            print(f"[ERROR/MainProcess] consumer: Cannot connect to broker: {error}. Trying again in 2 seconds...", flush=True)
        stop.wait(5 if ready else 2)
    if ready:
        broker.delete(KEY + name)
    print("worker: Warm shutdown (MainProcess)", flush=True)


def inspect_ping(app, wanted, as_json):
    try:
        found = sorted(key[len(KEY):] for key in app.broker().keys(KEY + "*"))
    except redis.RedisError as error:
        sys.exit(f"Error: {error}")
    found = [name for name in found if not wanted or name in wanted.split(",")]
    if not found:
        print("Error: No nodes replied within time constraint", file=sys.stderr)
        sys.exit(69)
    for name in found:
        print(f'{{"{name}": {{"ok": "pong"}}}}' if as_json else f"->  {name}: OK\n        pong")
    if not as_json:
        print(f"\n{len(found)} node{'s' if len(found) > 1 else ''} online.")


def main():
    parser = argparse.ArgumentParser("celery")
    parser.add_argument("-A", "--app", required="--version" not in sys.argv)
    parser.add_argument("--version", action="version", version="5.4.0 (stand-in)")
    verbs = parser.add_subparsers(dest="verb", required=True)
    work = verbs.add_parser("worker")
    for names in (("-l", "--loglevel"), ("-c", "--concurrency"), ("-Q", "--queues"), ("-P", "--pool"), ("--max-tasks-per-child",),
                  ("--max-memory-per-child",), ("--prefetch-multiplier",), ("-O",), ("--time-limit",), ("--soft-time-limit",)):
        work.add_argument(*names)
    work.add_argument("-n", "--hostname", default="celery@%h")
    for name in ("-E", "--without-gossip", "--without-mingle", "--without-heartbeat"):
        work.add_argument(name, action="store_true")
    look = verbs.add_parser("inspect")
    look.add_argument("method", choices=["ping"])
    look.add_argument("-d", "--destination", default="")
    look.add_argument("-t", "--timeout")
    look.add_argument("-j", "--json", action="store_true")
    given = parser.parse_args()
    app = find(given.app)
    if given.verb == "worker":
        host = socket.gethostname()
        worker(app, given.hostname.replace("%h", host).replace("%n", host.split(".")[0]))
    else:
        inspect_ping(app, given.destination, given.json)
