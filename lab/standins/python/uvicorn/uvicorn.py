"""Stand-in for uvicorn: a small but real asyncio HTTP/1.1 server for ASGI applications (http and lifespan)."""
import argparse
import asyncio
import http
import importlib
import os
import signal
import socket
import sys
import urllib.parse

__version__ = "0.30.0"


def log(message: str) -> None:
    print(f"INFO:     {message}", file=sys.stderr, flush=True)


async def read_request(reader):
    """One request as (method, target, version, headers, body), or None at the end of the connection."""
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.TimeoutError, ConnectionError):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")[:-2]
    method, target, version = first.split(" ", 2)
    headers = [tuple(part.strip() for part in line.split(":", 1)) for line in lines if ":" in line]
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    if not 0 <= length <= 1 << 20:
        return None
    return method, target, version, headers, await reader.readexactly(length)


class Server:
    def __init__(self, app, root_path=""):
        self.app, self.root_path = app, root_path

    async def answer(self, method, target, headers, body, server, client):
        path, _, query = target.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": urllib.parse.unquote(path), "raw_path": path.encode(), "query_string": query.encode(),
            "root_path": self.root_path, "server": server, "client": client,
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        }
        started, chunks = {"status": 500, "headers": []}, []

        async def receive():
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message):
            if message["type"] == "http.response.start":
                started.update(message)
            elif message["type"] == "http.response.body":
                chunks.append(message.get("body", b""))

        try:
            await self.app(scope, receive, send)
        except Exception as error:  # an application's fault is an answer, not the server's end
            log(f"Exception in ASGI application: {error!r}")
            return 500, [], b"Internal Server Error"
        return started["status"], started.get("headers", []), b"".join(chunks)

    async def connection(self, reader, writer):
        server, client = writer.get_extra_info("sockname"), writer.get_extra_info("peername")
        try:
            while request := await read_request(reader):
                method, target, version, headers, body = request
                wanted = {name.lower(): value.lower() for name, value in headers}.get("connection", "")
                keep = version == "HTTP/1.1" and wanted != "close"
                status, extra, content = await self.answer(method, target, headers, body, server, client)
                head = f"HTTP/1.1 {status} {http.HTTPStatus(status).phrase}\r\nserver: uvicorn\r\n"
                head += "".join(f"{n.decode('latin-1')}: {v.decode('latin-1')}\r\n" for n, v in extra if n.lower() != b"content-length")
                head += f"content-length: {len(content)}\r\nconnection: {'keep-alive' if keep else 'close'}\r\n\r\n"
                writer.write(head.encode("latin-1") + (b"" if method == "HEAD" else content))
                await writer.drain()
                log(f'{client[0]}:{client[1]} - "{method} {target} {version}" {status}')
                if not keep:
                    break
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    async def lifespan(self, queue, ready):
        async def send(message):
            if message["type"] == "lifespan.startup.failed":
                log(f"Application startup failed. {message.get('message', '')}")
                os._exit(3)
            ready.set()

        try:
            await self.app({"type": "lifespan", "asgi": {"version": "3.0"}}, queue.get, send)
        except Exception:
            ready.set()

    async def run(self, listener):
        stop, ready, queue = asyncio.Event(), asyncio.Event(), asyncio.Queue()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await queue.put({"type": "lifespan.startup"})
        lifespan = asyncio.create_task(self.lifespan(queue, ready))
        log("Waiting for application startup.")
        await ready.wait()
        log("Application startup complete.")
        listener.listen(2048)
        await asyncio.start_server(self.connection, sock=listener)
        host, port = listener.getsockname()[:2]
        log(f"Uvicorn running on http://{host}:{port} (Press CTRL+C to quit)")
        await stop.wait()
        ready.clear()
        await queue.put({"type": "lifespan.shutdown"})
        await asyncio.wait([lifespan], timeout=2)
        log("Finished server process")


def load(name):
    module, _, attribute = name.partition(":")
    found = importlib.import_module(module)
    for part in (attribute or "app").split("."):
        found = getattr(found, part)
    return found


def run(app, host="127.0.0.1", port=8000, workers=1, app_dir="", root_path="", **_ignored):
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, int(port)))
    except OSError as error:
        print(f"ERROR:    [Errno {error.errno}] error while attempting to bind on address ('{host}', {port}): {error.strerror.lower()}", file=sys.stderr)
        sys.exit(1)
    log(f"Started server process [{os.getpid()}]")
    children = []
    for _ in range(int(workers) - 1):
        child = os.fork()
        if child == 0:
            children = []
            break
        children.append(child)
    sys.path.insert(0, app_dir or os.getcwd())
    asyncio.run(Server(load(app) if isinstance(app, str) else app, root_path).run(listener))
    for child in children:
        os.kill(child, signal.SIGTERM)
    for child in children:
        os.waitpid(child, 0)


def main():
    parser = argparse.ArgumentParser("uvicorn")
    parser.add_argument("app")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--workers", type=int, default=int(os.environ.get("WEB_CONCURRENCY", 1)))
    parser.add_argument("--app-dir", default="")
    parser.add_argument("--root-path", default="")
    for name in ("--log-level", "--log-config", "--limit-concurrency", "--limit-max-requests", "--backlog", "--loop", "--http", "--ws",
                 "--timeout-keep-alive", "--timeout-graceful-shutdown", "--forwarded-allow-ips", "--env-file", "--lifespan"):
        parser.add_argument(name)
    for name in ("--proxy-headers", "--no-proxy-headers", "--access-log", "--no-access-log", "--no-server-header", "--no-use-colors"):
        parser.add_argument(name, action="store_true")
    parser.add_argument("--version", action="version", version=f"Running uvicorn {__version__} (stand-in)")
    run(**vars(parser.parse_args()))


if __name__ == "__main__":
    main()
