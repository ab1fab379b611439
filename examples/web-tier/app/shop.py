"""A page that counts its visitors in PostgreSQL. Needs Debian's python3-psycopg2 and nothing else."""
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg2


def visit():
    with psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=3) as database:
        with database.cursor() as cursor:
            cursor.execute("CREATE TABLE IF NOT EXISTS visits (node text PRIMARY KEY, count bigint NOT NULL)")
            cursor.execute(
                "INSERT INTO visits VALUES (%s, 1) ON CONFLICT (node) DO UPDATE SET count = visits.count + 1",
                (os.environ["SHOP_NODE"],),
            )
            cursor.execute("SELECT sum(count) FROM visits")
            return cursor.fetchone()[0]


def healthy():
    with psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=3) as database:
        with database.cursor() as cursor:
            cursor.execute("SELECT 1")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        try:
            if self.path == "/health":
                healthy()
                status, text = 200, "ok\n"
            else:
                status, text = 200, f"visitor {visit()}, served by {os.environ['SHOP_NODE']}\n"
        except psycopg2.Error:
            status, text = 503, "no database\n"
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


if __name__ == "__main__":
    ThreadingHTTPServer((os.environ["SHOP_ADDRESS"], int(os.environ["SHOP_PORT"])), Handler).serve_forever()
