"""users"""
from alembic import op

revision = "0001_users"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")
