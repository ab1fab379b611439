"""Stand-in for the SLM manager: `uvicorn main:app`. Counts the agents' heartbeats."""
import os
import time

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse

app = FastAPI(title="AutoBot SLM backend (stand-in)")
seen = {}


def online():
    return sorted(node for node, at in seen.items() if time.monotonic() - at < 90)


def database():
    url = os.environ.get("SLM_DATABASE_URL")
    if not url:
        return "not configured"
    import psycopg2

    try:
        psycopg2.connect(url.replace("+asyncpg", ""), connect_timeout=2).close()
        return "ready"
    except psycopg2.Error as error:
        return f"unavailable: {error}"


@app.get("/api/health")
def health():
    state = database()
    return {"status": "healthy" if state == "ready" else "degraded", "database": state, "nodes_online": len(online())}


@app.get("/api/nodes")
def nodes():
    return {"online": online()}


@app.post("/api/nodes/{node}/heartbeat")
async def heartbeat(node: str, request: Request):
    await request.json()
    seen[node] = time.monotonic()
    return {"status": "ok"}


@app.get("/api/performance/metrics/prometheus")
def metrics():
    return PlainTextResponse(f"# TYPE slm_nodes_online gauge\nslm_nodes_online {len(online())}\n")
