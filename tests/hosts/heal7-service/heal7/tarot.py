"""Tarot: a lateral join, a whole row, a list of values."""

from .db import connected, transaction


async def last_readings(connection, user_id):
    rows = await connection.fetch(
        """
        SELECT r.spread, cards.names
          FROM tarot_readings r
         CROSS JOIN LATERAL (
               SELECT string_agg(c.name, ', ' ORDER BY rc.position) AS names
                 FROM tarot_reading_cards rc JOIN public.tarot_cards c ON c.id = rc.card_id
                WHERE rc.reading_id = r.id) cards
         WHERE r.user_id = $1 ORDER BY r.id DESC LIMIT 2
        """,
        user_id,
    )
    return [dict(row) for row in rows]


def meanings(names):
    with transaction() as cur:
        cur.execute("SELECT tarot_cards.*::text LIKE '(%%' AS is_row, name FROM tarot_cards WHERE name IN %s ORDER BY name", (tuple(names),))
        return cur.fetchall()


async def run():
    async with connected() as connection:
        names = [row["name"] for row in await connection.fetch("SELECT name FROM tarot_cards ORDER BY id LIMIT 3")]
        user = await connection.fetchval("SELECT min(user_id) FROM tarot_readings")
        return [await last_readings(connection, user), meanings(names)]
