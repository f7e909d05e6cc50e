"""The dashboard: SQL in files beside the code, and names given to the server as text."""

from pathlib import Path

from .db import transaction

SQL = Path(__file__).parent.parent / "sql"


def metrics():
    with transaction() as cur:
        cur.execute((SQL / "metrics.sql").read_text(encoding="utf-8"))
        return cur.fetchall()


def install():
    with transaction() as cur:
        cur.execute((SQL / "functions.sql").read_text(encoding="utf-8"))
        cur.execute("SELECT service_of_user(4) AS one, unread_notices() AS two")
        return cur.fetchone()


def numbers():
    with transaction() as cur:
        cur.execute("SELECT nextval('admin_notices_id_seq') > 0 AS is_next, pg_get_serial_sequence('audit_log', 'id') IS NOT NULL AS is_known")
        return cur.fetchone()


def notices():
    with transaction() as cur:
        cur.execute("TRUNCATE dashboard_metrics")
        cur.execute("SELECT count(*) AS n FROM dashboard_metrics")
        empty = cur.fetchone()
        cur.connection.rollback()
        cur.execute("SELECT n.title, u.nickname FROM admin_notices n INNER JOIN users u ON (n.author_id = u.id) ORDER BY n.id LIMIT 2")
        return [empty, cur.fetchall()]


def run():
    return [metrics(), install(), numbers(), notices()]
