"""Members. Most names have no schema, as the first programmer wrote them."""

import logging

from .db import transaction

log = logging.getLogger(__name__)

COLUMNS = "id, email, nickname, status::text, login_count"


def by_email(email):
    with transaction() as cur:
        cur.execute(f"SELECT {COLUMNS} FROM users WHERE email = %s", (email,))
        return cur.fetchone()


def register(email, nickname):
    """Insert into users what the form said; the number comes from the sequence."""
    with transaction() as cur:
        cur.execute(
            "INSERT INTO users (email, nickname, password_hash) "
            "VALUES (%(email)s, %(nickname)s, md5(%(email)s)) "
            "ON CONFLICT ON CONSTRAINT users_email_key DO UPDATE SET nickname = EXCLUDED.nickname "
            "RETURNING id, nickname, users.locale",
            {"email": email, "nickname": nickname},
        )
        row = cur.fetchone()
        log.info("Insert into users done: %s", row)
        return row


def login(user_id):
    with transaction() as cur:
        cur.execute('UPDATE public.users SET login_count = login_count + 1 WHERE id = %s RETURNING "users"."login_count"', (user_id,))
        return cur.fetchone()


def dormant(limit=3, newest=True):
    order = "DESC" if newest else "ASC"
    query = (
        "SELECT u.id, u.nickname FROM users u "
        + "WHERE u.status = 'dormant' AND u.nickname NOT LIKE '%%' || %s "
        + f"ORDER BY u.last_login_at {order}, u.id LIMIT %s"
    )
    with transaction() as cur:
        cur.execute(query, ("없음", limit))
        return cur.fetchall()


def run():
    return [by_email("user7@heal7.example"), register("new@heal7.example", "새회원"), login(7), dormant()]
