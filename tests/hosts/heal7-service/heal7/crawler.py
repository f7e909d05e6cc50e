"""The crawler: rows in bulk, COPY, a temporary table with the name of no other."""

import io

from psycopg2.extras import execute_values

from .db import transaction


def store(documents):
    with transaction() as cur:
        execute_values(
            cur,
            "INSERT INTO crawled_documents (source_id, url, title, body) VALUES %s ON CONFLICT (url) DO NOTHING",
            documents,
        )
        return cur.rowcount


def log_visits(lines):
    with transaction() as cur:
        cur.copy_expert("COPY crawl_log (source_id, url, http_status, fetched_at) FROM STDIN", io.StringIO(lines))
        cur.execute("SELECT count(*) AS n, max(tableoid::regclass::text) LIKE '%crawl_log_later' AS is_later FROM crawl_log WHERE url LIKE 'copy:%'")
        return cur.fetchone()


def due():
    with transaction() as cur:
        cur.execute("CREATE TEMPORARY TABLE due ON COMMIT DROP AS SELECT id, name FROM crawl_sources ORDER BY id LIMIT 5")
        cur.execute("DELETE FROM due USING crawl_sources s WHERE s.id = due.id AND s.id > 3")
        cur.execute("SELECT count(*) AS n FROM due")
        return cur.fetchone()


def run():
    documents = [(1, "test:1", "하나", "x"), (1, "test:2", "둘", "y"), (1, "test:1", "하나", "x")]
    return [store(documents), log_visits("1\tcopy:1\t200\t2031-01-01\n2\tcopy:2\t404\t2031-01-02\n"), due()]
