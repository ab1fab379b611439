"""Stand-in for psycopg2: PostgreSQL's wire protocol with SCRAM-SHA-256, simple queries only, every statement committed."""
import base64
import hashlib
import hmac
import os
import socket
import struct
import urllib.parse


class Error(Exception):
    pass


class OperationalError(Error):
    pass


def parse(dsn):
    if "://" in dsn:
        parts = urllib.parse.urlsplit(dsn)
        unquote = urllib.parse.unquote
        return {"host": parts.hostname or "localhost", "port": parts.port or 5432, "user": unquote(parts.username or ""),
                "password": unquote(parts.password or ""), "dbname": parts.path.strip("/")}
    return dict(item.split("=", 1) for item in dsn.split())


class Connection:
    autocommit = True

    def __init__(self, host="localhost", port=5432, user="", password="", dbname="", connect_timeout=5, **_ignored):
        try:
            self.socket = socket.create_connection((host, int(port)), float(connect_timeout))
        except OSError as error:
            raise OperationalError(f"connection to server at \"{host}\", port {port} failed: {error}") from None
        self.stream = self.socket.makefile("rwb")
        words = b"".join(item.encode() + b"\0" for item in ("user", user, "database", dbname or user)) + b"\0"
        self.stream.write(struct.pack("!II", len(words) + 8, 196608) + words)
        self.stream.flush()
        self.login(password)

    def send(self, kind, data):
        self.stream.write(kind + struct.pack("!I", len(data) + 4) + data)
        self.stream.flush()

    def receive(self):
        head = self.stream.read(5)
        if len(head) < 5:
            raise OperationalError("server closed the connection unexpectedly")
        data = self.stream.read(struct.unpack("!I", head[1:])[0] - 4)
        if head[:1] == b"E":
            fields = {item[:1]: item[1:].decode() for item in data.split(b"\0") if item}
            error = f"{fields.get(b'S')}:  {fields.get(b'M')}"
            if fields.get(b"S") != "FATAL":
                while self.receive()[0] != b"Z":
                    pass
                raise Error(error)
            raise OperationalError(error)
        return head[:1], data

    def login(self, password):
        nonce = base64.b64encode(os.urandom(18)).decode()
        bare = f"n=,r={nonce}"
        while True:
            kind, data = self.receive()
            if kind == b"Z":
                return
            if kind != b"R":
                continue
            step = struct.unpack("!I", data[:4])[0]
            if step == 10:
                first = f"n,,{bare}".encode()
                self.send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first)
            elif step == 11:
                server = data[4:].decode()
                parts = dict(item.split("=", 1) for item in server.split(","))
                salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(parts["s"]), int(parts["i"]))
                key = hmac.digest(salted, b"Client Key", "sha256")
                final = f"c=biws,r={parts['r']}"
                message = f"{bare},{server},{final}".encode()
                proof = bytes(a ^ b for a, b in zip(key, hmac.digest(hashlib.sha256(key).digest(), message, "sha256")))
                self.send(b"p", f"{final},p={base64.b64encode(proof).decode()}".encode())
            elif step not in (0, 12):
                raise OperationalError(f"authentication method {step} is not known to this stand-in")

    def cursor(self):
        return Cursor(self)

    def commit(self):
        pass

    def close(self):
        try:
            self.send(b"X", b"")
        except OSError:
            pass
        self.socket.close()


class Cursor:
    def __init__(self, connection):
        self.connection, self.rows = connection, []

    def execute(self, query):
        self.connection.send(b"Q", query.encode() + b"\0")
        self.rows = []
        while True:
            kind, data = self.connection.receive()
            if kind == b"Z":
                return
            if kind == b"D":
                self.rows.append(self.row(data))

    def row(self, data):
        at, values = 2, []
        for _ in range(struct.unpack("!H", data[:2])[0]):
            length = struct.unpack("!i", data[at:at + 4])[0]
            at += 4
            values.append(None if length < 0 else data[at:at + length].decode())
            at += max(length, 0)
        return tuple(values)

    def fetchall(self):
        return self.rows

    def fetchone(self):
        return self.rows.pop(0) if self.rows else None

    def close(self):
        pass


def connect(dsn="", **named):
    return Connection(**{**(parse(dsn) if dsn else {}), **named})
