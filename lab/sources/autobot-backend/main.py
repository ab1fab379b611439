"""Stand-in for the backend: `uvicorn main:app`."""
import asyncio
import os
import socket

from fastapi import FastAPI
from fastapi.responses import PlainTextResponse

app = FastAPI(title="AutoBot backend (stand-in)")

# What the configuration must name for the real backend to start.
REQUIRED = ["REDIS_HOST", "AUTOBOT_REDIS_HOST", "CELERY_BROKER_URL", "SECRET_KEY", "AUTOBOT_JWT_SECRET"]
PROVIDERS = {"redis": "AUTOBOT_REDIS", "chromadb": "AUTOBOT_CHROMADB", "ai_stack": "AUTOBOT_AI_STACK", "ollama": "AUTOBOT_OLLAMA"}


@app.on_event("startup")
async def start():
    # The real backend takes minutes; a test that wants to see "starting" sets this.
    await asyncio.sleep(float(os.environ.get("STAND_IN_STARTUP_SECONDS", "0")))


def reachable(prefix):
    host, port = os.environ.get(prefix + "_HOST"), os.environ.get(prefix + "_PORT")
    if not host or not port:
        return "not configured"
    try:
        socket.create_connection((host, int(port)), 1).close()
        return "ready"
    except OSError:
        return "unavailable"


@app.get("/api/health")
def health():
    # Always "healthy", as in the real backend; the services say more.
    return {
        "status": "healthy",
        "services": {name: reachable(prefix) for name, prefix in sorted(PROVIDERS.items())},
        "missing": [name for name in REQUIRED if not os.environ.get(name)],
    }


@app.get("/api/version")
def version():
    return {"version": "0.0.0-stand-in"}


@app.get("/api/metrics/prometheus")
def metrics():
    return PlainTextResponse("# TYPE autobot_up gauge\nautobot_up 1\n")
