"""Stand-in for the SLM agent: `python -m slm.agent.agent --admin-url URL --node-id ID --interval SECONDS`.

Reports to the manager over HTTPS and goes on when it cannot. The manager's certificate is verified where
SLM_CA_FILE or SSL_CERT_FILE names an authority.
"""
import argparse
import asyncio
import os
import signal
import socket
import ssl

import aiohttp
import psutil


def notify(state):
    """sd_notify(3), for units with a watchdog."""
    path = os.environ.get("NOTIFY_SOCKET")
    if not path:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as to:
        try:
            to.sendto(state.encode(), "\0" + path[1:] if path.startswith("@") else path)
        except OSError as error:
            print(f"sd_notify: {error}", flush=True)


def trust():
    authority = os.environ.get("SLM_CA_FILE") or os.environ.get("SSL_CERT_FILE")
    context = ssl.create_default_context(cafile=authority)
    if not authority:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def report(session, given, context):
    body = {
        "node_id": given.node_id,
        "hostname": socket.gethostname(),
        "cpu": psutil.cpu_percent(),
        "memory": psutil.virtual_memory().percent,
        "disk": psutil.disk_usage("/").percent,
    }
    secure = context if given.admin_url.startswith("https:") else None
    async with session.post(f"{given.admin_url}/api/nodes/{given.node_id}/heartbeat", json=body, ssl=secure) as answer:
        return f"HTTP {answer.status}"


async def run(given):
    stop, context, last = asyncio.Event(), trust(), None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    notify("READY=1")
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        while not stop.is_set():
            try:
                state = await report(session, given, context)
            except aiohttp.ClientError as error:
                state = f"unreachable: {error}"
            if state != last:
                print(f"heartbeat to {given.admin_url}: {state}", flush=True)
            last = state
            notify("WATCHDOG=1")
            try:
                await asyncio.wait_for(stop.wait(), given.interval)
            except asyncio.TimeoutError:
                pass


def main():
    parser = argparse.ArgumentParser("slm-agent")
    parser.add_argument("--admin-url", default=os.environ.get("SLM_ADMIN_URL"))
    parser.add_argument("--node-id", default=os.environ.get("SLM_NODE_ID"))
    parser.add_argument("--interval", type=float, default=30)
    parser.add_argument("--services", nargs="*", default=[])
    given = parser.parse_args()
    if not given.node_id or not given.admin_url:
        parser.error("--node-id and --admin-url are required")
    given.admin_url = given.admin_url.rstrip("/")
    asyncio.run(run(given))


if __name__ == "__main__":
    main()
