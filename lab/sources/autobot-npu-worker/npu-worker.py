"""Stand-in for the NPU worker: `python npu-worker.py`, with NPU_HOST, NPU_PORT and NPU_DEVICE."""
import glob
import os

import uvicorn
from fastapi import FastAPI

app = FastAPI(title="AutoBot NPU worker (stand-in)")


@app.get("/health")
def health():
    found = bool(glob.glob("/dev/accel*"))
    return {"status": "healthy" if found else "degraded", "device": os.environ.get("NPU_DEVICE", "NPU") if found else "CPU"}


if __name__ == "__main__":
    uvicorn.run(app, host=os.environ.get("NPU_HOST", "127.0.0.1"), port=int(os.environ.get("NPU_PORT", "8081")))
