"""Stand-in for the SLM migrations: `python -m migrations.runner`. Tables first, then numbered increments, each once."""
import os
import sys

import psycopg2

TABLES = ["CREATE TABLE IF NOT EXISTS schema_increments (number INTEGER PRIMARY KEY)"]
INCREMENTS = {
    1: "CREATE TABLE IF NOT EXISTS nodes (id TEXT PRIMARY KEY, seen TIMESTAMPTZ)",
    2: "ALTER TABLE nodes ADD COLUMN IF NOT EXISTS roles TEXT NOT NULL DEFAULT ''",
}


def main():
    url = os.environ.get("SLM_DATABASE_URL")
    if not url:
        sys.exit("SLM_DATABASE_URL is not set")
    try:
        cursor = psycopg2.connect(url.replace("+asyncpg", "")).cursor()
    except psycopg2.Error as error:
        sys.exit(str(error))
    for statement in TABLES:
        cursor.execute(statement)
    cursor.execute("SELECT number FROM schema_increments")
    done = {int(row[0]) for row in cursor.fetchall()}
    for number, statement in sorted(INCREMENTS.items()):
        if number not in done:
            cursor.execute(statement)
            cursor.execute(f"INSERT INTO schema_increments VALUES ({number})")
            print(f"increment {number}: done")
    print("schema is current")


if __name__ == "__main__":
    main()
