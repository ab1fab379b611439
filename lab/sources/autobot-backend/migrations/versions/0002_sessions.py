"""sessions"""
from alembic import op

revision = "0002_sessions"
down_revision = "0001_users"


def upgrade():
    op.execute("CREATE TABLE IF NOT EXISTS sessions (id INTEGER PRIMARY KEY, user_id INTEGER NOT NULL)")
