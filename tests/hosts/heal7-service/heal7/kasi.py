"""The cache of the astronomical institute's calendar, on asyncpg."""

from .db import connected

TABLE_COMMENT = "kasi_cache holds answers"

UPSERT = """
INSERT INTO kasi_cache AS k (cache_key, solar_date, ganji, payload)
VALUES ($1, $2::text::date, $3, $4::text::jsonb)
ON CONFLICT (cache_key) DO UPDATE SET hit_count = k.hit_count + 1
RETURNING hit_count, payload ->> 'lunar' AS lunar
"""


async def lookup(connection, key):
    return await connection.fetchrow("SELECT ganji, hit_count FROM kasi_cache WHERE cache_key = $1", key)


async def first_keys(connection, n):
    return await connection.fetch(
        'SELECT "kasi_cache".cache_key FROM "kasi_cache" ORDER BY "kasi_cache".cache_key COLLATE "C" LIMIT $1', n
    )


async def run():
    async with connected() as connection:
        keys = await first_keys(connection, 2)
        found = [await lookup(connection, row["cache_key"]) for row in keys]
        first = await connection.fetchrow(UPSERT, "test:1", "2026-01-01", "갑자", '{"lunar": "11-13"}')
        again = await connection.fetchrow(UPSERT, "test:1", "2026-01-01", "갑자", "{}")
        size = await connection.fetchval("select pg_relation_size('kasi_cache') > 0")
        return [[dict(row) for row in found], dict(first), dict(again), size, TABLE_COMMENT]
