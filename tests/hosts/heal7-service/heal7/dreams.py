"""Interpretations of dreams: recursion, arrays, a prepared statement, a function of the database."""

from .db import connected

TREE = """
WITH RECURSIVE tree AS (
  SELECT id, slug, 1 AS depth FROM dream_categories WHERE parent_id IS NULL
  UNION ALL
  SELECT c.id, c.slug, t.depth + 1 FROM dream_categories c JOIN tree t ON t.id = c.parent_id
)
SELECT max(depth) AS depth, count(*) AS n FROM tree
"""


async def popular(connection, slug):
    statement = await connection.prepare(
        "SELECT i.title, i.view_count FROM dream_interpretations i, dream_categories c "
        "WHERE c.id = i.category_id AND c.slug = $1 ORDER BY i.view_count DESC, i.id LIMIT 2"
    )
    return await statement.fetch(slug)


async def with_keyword(connection, keyword):
    return await connection.fetch("SELECT id, title FROM find_dreams($1)", keyword)


async def write_down(connection, user_id, words):
    async with connection.transaction():
        diary = await connection.fetchval(
            "INSERT INTO dream_diaries (user_id, entry_code, dreamt_on, content) VALUES ($1, md5($2)::uuid, '2030-01-01', $2) RETURNING id",
            user_id,
            " ".join(words),
        )
        await connection.executemany(
            "INSERT INTO dream_diary_keywords (diary_id, keyword) VALUES ($1, $2)", [(diary, word) for word in words]
        )
        return await connection.fetchval("SELECT count(*) FROM dream_diary_keywords WHERE diary_id = $1", diary)


async def run():
    async with connected() as connection:
        slug = await connection.fetchval("SELECT slug FROM dream_categories ORDER BY id LIMIT 1")
        keyword = await connection.fetchval("SELECT keywords[1] FROM dream_interpretations ORDER BY id LIMIT 1")
        return [
            dict(await connection.fetchrow(TREE)),
            [dict(row) for row in await popular(connection, slug)],
            len(await with_keyword(connection, keyword)) > 0,
            await write_down(connection, 5, ["용", "물"]),
        ]
