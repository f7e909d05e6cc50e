"""Connections. Every module takes one and leaves the data as it found it, or adds to it."""

import os
from contextlib import asynccontextmanager, contextmanager

import asyncpg
import psycopg2
import psycopg2.extras

URL = os.environ["HEAL7_URL"]


@contextmanager
def transaction():
    """A psycopg2 cursor with rows as dictionaries."""
    connection = psycopg2.connect(URL)
    try:
        with connection, connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            yield cursor
    finally:
        connection.close()


@asynccontextmanager
async def connected():
    connection = await asyncpg.connect(URL)
    try:
        yield connection
    finally:
        await connection.close()
