"""The one way to Redis: get_redis_client()."""
import os

import redis


def get_redis_client(database=0):
    return redis.Redis(
        host=os.environ.get("AUTOBOT_REDIS_HOST", "127.0.0.1"),
        port=int(os.environ.get("AUTOBOT_REDIS_PORT", "6379")),
        password=os.environ.get("AUTOBOT_REDIS_PASSWORD") or None,
        db=database,
        decode_responses=True,
    )
