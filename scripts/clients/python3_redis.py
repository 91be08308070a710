"""redis-py: single commands, a pipeline, conditional writes, expiry, errors, binary values, concurrent connections."""
import os
import sys
import threading

import redis

client = redis.Redis(host=sys.argv[1], port=int(sys.argv[2]), socket_timeout=10)
key = f"check:python:{os.getpid()}"

assert client.ping()
assert client.set(key, b"\x00\r\n\xff")
assert client.get(key) == b"\x00\r\n\xff"
assert client.set(key, "x", nx=True) is None
assert client.set(key, "y", xx=True)
assert client.getset(key, "z") == b"y"
assert client.expire(key, 100)
assert 0 < client.ttl(key) <= 100
assert client.delete(key) == 1
assert client.get(key) is None
assert client.ttl(key) == -2

pipeline = client.pipeline(transaction=False)
for _ in range(1000):
    pipeline.incr(key)
assert pipeline.execute() == list(range(1, 1001))

assert client.set(f"{key}:text", "a")
try:
    client.incr(f"{key}:text")
    raise AssertionError("INCR of a text did not fail")
except redis.ResponseError as error:
    assert "integer" in str(error), error


def increment():
    own = redis.Redis(host=sys.argv[1], port=int(sys.argv[2]), socket_timeout=10)
    for _ in range(100):
        own.incr(key)


threads = [threading.Thread(target=increment) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert client.get(key) == b"1800", client.get(key)
big = b"v" * 1_000_000
assert client.set(f"{key}:big", big)
assert client.get(f"{key}:big") == big
assert client.delete(key, f"{key}:text", f"{key}:big") == 3
