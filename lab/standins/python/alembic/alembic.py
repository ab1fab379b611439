"""Stand-in for Alembic: `upgrade head`, `current` and `heads` over versions/*.py, in a real database (PostgreSQL or SQLite)."""
import argparse
import configparser
import importlib.util
import os
import pathlib
import sqlite3
import sys

import psycopg2


class op:
    cursor = None

    @classmethod
    def execute(cls, statement):
        cls.cursor.execute(statement)


def fail(message):
    print(f"FAILED: {message}", file=sys.stderr)
    sys.exit(255)


def versions(folder):
    """The revisions from the first to the head."""
    found = {}
    for file in sorted(folder.glob("versions/*.py")):
        spec = importlib.util.spec_from_file_location(file.stem, file)
        module = importlib.util.module_from_spec(spec)
        sys.modules["alembic"] = sys.modules[__name__]
        spec.loader.exec_module(module)
        found[module.down_revision] = module
    chain, at = [], None
    while at in found:
        chain.append(found[at])
        at = found[at].revision
    return chain


def connect(url):
    if url.startswith("sqlite:"):
        return sqlite3.connect(url.split("///", 1)[1], isolation_level=None)
    try:
        return psycopg2.connect(url)
    except psycopg2.Error as error:
        fail(f"(psycopg2.OperationalError) {error}")


def main():
    parser = argparse.ArgumentParser("alembic")
    parser.add_argument("-c", "--config", default="alembic.ini")
    parser.add_argument("--version", action="version", version="alembic 1.13.0 (stand-in)")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("upgrade").add_argument("revision", choices=["head"])
    verbs.add_parser("current")
    verbs.add_parser("heads")
    given = parser.parse_args()
    config = configparser.ConfigParser(interpolation=None)
    if not config.read(given.config) or not config.get("alembic", "script_location", fallback=""):
        fail("No 'script_location' key found in configuration.")
    here = pathlib.Path(given.config).resolve().parent
    chain = versions(pathlib.Path(config["alembic"]["script_location"].replace("%(here)s", str(here))))
    if given.verb == "heads":
        return print(f"{chain[-1].revision} (head)" if chain else "")
    url = os.environ.get("AUTOBOT_DATABASE_URL") or config.get("alembic", "sqlalchemy.url", fallback="")
    if not url:
        fail("no database: neither AUTOBOT_DATABASE_URL nor sqlalchemy.url is set")
    op.cursor = connect(url).cursor()
    op.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)")
    op.execute("SELECT version_num FROM alembic_version")
    row = op.cursor.fetchone()
    at = row[0] if row else None
    if given.verb == "current":
        return print(f"{at}{' (head)' if chain and at == chain[-1].revision else ''}" if at else "")
    names = [module.revision for module in chain]
    if at is not None and at not in names:
        fail(f"Can't locate revision identified by '{at}'")
    for module in chain[names.index(at) + 1 if at else 0:]:
        print(f"INFO  [alembic.runtime.migration] Running upgrade {at or ''} -> {module.revision}, {(module.__doc__ or '').strip()}", file=sys.stderr)
        module.upgrade()
        op.execute("DELETE FROM alembic_version")
        op.execute(f"INSERT INTO alembic_version VALUES ('{module.revision}')")
        at = module.revision
