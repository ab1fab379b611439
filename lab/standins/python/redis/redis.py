"""Stand-in for redis-py: the wire protocol (RESP2) and the few commands that the lab's sources use."""
import socket
import urllib.parse


class RedisError(Exception):
    pass


class ConnectionError(RedisError):  # noqa: A001 (the library's own name)
    pass


class AuthenticationError(ConnectionError):
    pass


class Redis:
    def __init__(self, host="localhost", port=6379, db=0, password=None, username=None, socket_timeout=5,
                 socket_connect_timeout=5, decode_responses=False, **_ignored):
        self.address, self.db, self.password, self.username = (host, int(port)), int(db), password, username
        self.timeout, self.decode, self.stream = socket_timeout or 5, decode_responses, None

    @classmethod
    def from_url(cls, url, **named):
        parts = urllib.parse.urlsplit(url)
        return cls(host=parts.hostname or "localhost", port=parts.port or 6379, db=int(parts.path.strip("/") or 0),
                   password=urllib.parse.unquote(parts.password) if parts.password else None, **named)

    def connect(self):
        try:
            connection = socket.create_connection(self.address, self.timeout)
        except OSError as error:
            raise ConnectionError(f"Error connecting to {self.address[0]}:{self.address[1]}: {error}") from None
        self.stream = connection.makefile("rwb")
        if self.password:
            try:
                self.talk("AUTH", *([self.username] if self.username else []), self.password)
            except RedisError as error:
                raise AuthenticationError(str(error)) from None
        if self.db:
            self.talk("SELECT", self.db)

    def talk(self, *words):
        data = [word if isinstance(word, bytes) else str(word).encode() for word in words]
        try:
            self.stream.write(b"*%d\r\n" % len(data) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in data))
            self.stream.flush()
            return self.read()
        except OSError as error:
            self.close()
            raise ConnectionError(str(error)) from None

    def read(self):
        line = self.stream.readline()
        if not line:
            self.close()
            raise ConnectionError("Connection closed by server.")
        kind, rest = line[:1], line[1:-2]
        if kind == b"+":
            return rest.decode()
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            if rest == b"-1":
                return None
            data = self.stream.read(int(rest) + 2)[:-2]
            return data.decode() if self.decode else data
        return [self.read() for _ in range(int(rest))] if rest != b"-1" else None

    def execute_command(self, *words):
        if self.stream is None:
            self.connect()
        return self.talk(*words)

    def ping(self):
        return self.execute_command("PING") == "PONG"

    def get(self, key):
        return self.execute_command("GET", key)

    def set(self, key, value, ex=None):
        return self.execute_command("SET", key, value, *(["EX", ex] if ex else [])) == "OK"

    def delete(self, *keys):
        return self.execute_command("DEL", *keys)

    def keys(self, pattern="*"):
        return self.execute_command("KEYS", pattern)

    def close(self):
        if self.stream is not None:
            stream, self.stream = self.stream, None
            try:
                stream.close()
            except OSError:
                pass


StrictRedis = Redis


def from_url(url, **named):
    return Redis.from_url(url, **named)
