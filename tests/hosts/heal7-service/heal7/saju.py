"""Charts and readings: f-strings, a query in a query, tables of two services."""

from .db import connected


async def charts_of(connection, user_id, order_by="birth_date", is_descending=False):
    return await connection.fetch(
        f"""
        SELECT c.id, c.share_code, c.pillars ->> '년주' AS year_pillar
          FROM saju_charts c
         WHERE c.user_id = $1
         ORDER BY {order_by} {'DESC' if is_descending else 'ASC'}, c.id
        """,
        user_id,
    )


async def best_readings(connection, kind):
    sql = "SELECT r.reading_code::text AS code, r.score, u.nickname FROM saju_readings r"
    sql = f"""
        WITH best AS ({sql} JOIN saju_charts c ON c.id = r.chart_id JOIN users u ON u.id = c.user_id WHERE r.kind = $1)
        SELECT * FROM best ORDER BY score DESC, code LIMIT 3
    """
    return await connection.fetch(sql, kind)


async def fortune(connection, user_id):
    async with connection.transaction():
        await connection.execute("DELETE FROM daily_fortunes WHERE user_id = $1 AND fortune_date = date '2030-01-01'", user_id)
        return await connection.fetchval(
            "INSERT INTO public.daily_fortunes (user_id, fortune_date, luck, message) "
            "VALUES ($1, date '2030-01-01', 77, 'It''s \u2605') RETURNING message",
            user_id,
        )


async def run():
    async with connected() as connection:
        charts = await charts_of(connection, 11, is_descending=True)
        readings = await best_readings(connection, "궁합")
        return [[dict(row) for row in charts], [dict(row) for row in readings], await fortune(connection, 11)]
