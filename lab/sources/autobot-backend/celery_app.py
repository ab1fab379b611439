"""Stand-in for the task queue: `celery -A celery_app worker`. Broker and results are Redis databases 1 and 2."""
import os

from celery import Celery

app = Celery("autobot", broker=os.environ.get("CELERY_BROKER_URL"), backend=os.environ.get("CELERY_RESULT_BACKEND"))


@app.task
def echo(value):
    return value
