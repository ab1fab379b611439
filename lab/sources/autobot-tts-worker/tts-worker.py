"""Stand-in for the TTS worker: `python tts-worker.py`, with TTS_HOST, TTS_PORT, TTS_MODELS_DIR and TTS_VOICES_DIR."""
import os

import uvicorn
from fastapi import FastAPI

app = FastAPI(title="AutoBot TTS worker (stand-in)")


@app.get("/health")
def health():
    folders = {name: os.access(os.environ.get(name, "/nonexistent"), os.R_OK) for name in ("TTS_MODELS_DIR", "TTS_VOICES_DIR")}
    return {"status": "healthy", "readable": folders}


if __name__ == "__main__":
    uvicorn.run(app, host=os.environ.get("TTS_HOST", "127.0.0.1"), port=int(os.environ.get("TTS_PORT", "8082")))
