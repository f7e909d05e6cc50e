"""Profiles and files of members: joins, a condition put together of pieces."""

from .db import transaction

BY_THEME = """
    SELECT p.user_id, p.preferences ->> '테마' AS theme, u.nickname
      FROM public.user_profiles AS p   -- profiles of users
      JOIN public.users AS u ON u.id = p.user_id
     WHERE p.preferences ->> '테마' = %(theme)s
     ORDER BY p.user_id
     LIMIT %(limit)s
"""


def search(gender=None, is_lunar=None):
    conditions, values = ["true"], []
    if gender is not None:
        conditions.append("p.gender = %s")
        values.append(gender)
    if is_lunar is not None:
        conditions.append("p.is_lunar = %s")
        values.append(is_lunar)
    where = " AND ".join(conditions)
    with transaction() as cur:
        cur.execute(f"SELECT count(*) AS n, min(birth_date)::text AS oldest FROM user_profiles p WHERE {where}", values)
        return cur.fetchone()


def attach(user_id, name):
    with transaction() as cur:
        cur.execute(
            """insert into attachments (user_id, file_name, mime_type, byte_size, checksum)
               select id, %s, 'text/plain', 1, md5(%s) from users where id = %s
               returning file_name, (select count(*) from attachments a where a.user_id = attachments.user_id) as before""",
            (name, name, user_id),
        )
        return cur.fetchone()


def run():
    with transaction() as cur:
        cur.execute(BY_THEME, {"theme": "달", "limit": 3})
        themed = cur.fetchall()
    return [themed, search("F", True), search(), attach(3, "사주.txt")]
