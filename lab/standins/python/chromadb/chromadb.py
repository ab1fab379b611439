"""Stand-in for ChromaDB: `chroma run` with the heartbeat, version and an SQLite file in the data folder."""
import argparse
import pathlib
import sqlite3
import time

import uvicorn
from fastapi import FastAPI, HTTPException

app = FastAPI(title="chroma stand-in")


@app.get("/api/v2/heartbeat")
def heartbeat():
    return {"nanosecond heartbeat": time.time_ns()}


@app.get("/api/v1/heartbeat")
def old_heartbeat():
    raise HTTPException(410, "The v1 API is deprecated. Please use /v2 apis")


@app.get("/api/v2/version")
def version():
    return "0.6.0"


def main():
    parser = argparse.ArgumentParser("chroma")
    run = parser.add_subparsers(dest="verb", required=True).add_parser("run")
    run.add_argument("--host", default="localhost")
    run.add_argument("--port", type=int, default=8000)
    run.add_argument("--path", default="./chroma_data")
    run.add_argument("--log-path")
    given = parser.parse_args()
    folder = pathlib.Path(given.path)
    folder.mkdir(parents=True, exist_ok=True)
    database = sqlite3.connect(folder / "chroma.sqlite3")
    database.execute("CREATE TABLE IF NOT EXISTS stand_in (started INTEGER)")
    database.commit()
    uvicorn.run(app, host="127.0.0.1" if given.host == "localhost" else given.host, port=given.port)
