"""Notes on one page, kept in one SQLite file. Needs nothing but Python."""
import html
import os
import sqlite3
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

DATABASE = os.environ["NOTES_DATABASE"]


def connect():
    connection = sqlite3.connect(DATABASE, timeout=10)
    connection.execute("CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    return connection


class Handler(BaseHTTPRequestHandler):
    def answer(self, status, body, kind="text/html; charset=utf-8"):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        with connect() as database:
            notes = [row[0] for row in database.execute("SELECT text FROM notes ORDER BY id DESC LIMIT 200")]
        if self.path == "/health":
            return self.answer(200, "ok\n", "text/plain")
        items = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
        form = '<form method="post"><input name="text" autofocus><button>Keep</button></form>'
        self.answer(200, f"<!doctype html><title>Notes</title>{form}<ul>{items}</ul>")

    def do_POST(self):
        length = min(int(self.headers.get("Content-Length", 0)), 65536)
        text = parse_qs(self.rfile.read(length).decode(errors="replace")).get("text", [""])[0].strip()
        if text:
            with connect() as database:
                database.execute("INSERT INTO notes (text) VALUES (?)", (text,))
        self.send_response(303)
        self.send_header("Location", "/")
        self.end_headers()


if __name__ == "__main__":
    address = (os.environ["NOTES_ADDRESS"], int(os.environ["NOTES_PORT"]))
    ThreadingHTTPServer(address, Handler).serve_forever()
