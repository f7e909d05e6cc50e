"""Sessions: statements in a table of the program, and a query that a helper completes."""

from .db import connected

QUERIES = {
    "open": "SELECT count(*) FROM user_sessions WHERE expires_at > timestamptz '2020-01-01'",
    "devices": "SELECT device FROM user_sessions GROUP BY device ORDER BY device",
    "user_sessions": "SELECT min(user_id) FROM user_sessions",
}


def counted(query):
    return f"SELECT count(*) FROM ({query}) AS counted"


async def run():
    async with connected() as connection:
        return [
            await connection.fetchval(QUERIES["open"]),
            [row["device"] for row in await connection.fetch(QUERIES["devices"])],
            await connection.fetchval(QUERIES["user_sessions"]),
            await connection.fetchval(counted(QUERIES["devices"])),
        ]
