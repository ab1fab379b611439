"""Stand-in for the AI stack: `uvicorn ai_api_server:app`."""
import os

from fastapi import FastAPI

app = FastAPI(title="AutoBot AI stack (stand-in)")


@app.get("/health")
def health():
    named = {name: os.environ.get(name) for name in ("CHROMADB_HOST", "CHROMADB_PORT", "AUTOBOT_OLLAMA_HOST", "AUTOBOT_OLLAMA_PORT", "REDIS_HOST")}
    return {"status": "healthy", "configuration": named}
