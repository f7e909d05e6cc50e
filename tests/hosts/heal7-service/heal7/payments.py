"""Payments and points: several statements of one transaction, over tables of two services."""

from .db import transaction

PRICE = "SELECT id, price::text FROM products WHERE code = %s"


def buy(user_id, code):
    with transaction() as cur:
        cur.execute("SELECT balance FROM point_accounts WHERE user_id = %s FOR UPDATE OF point_accounts", (user_id,))
        before = cur.fetchone()["balance"]
        cur.execute(PRICE, (code,))
        product = cur.fetchone()
        cur.execute(
            "INSERT INTO payments (order_no, user_id, product_id, amount, status, paid_at)"
            " VALUES (md5(%s::text), %s, %s, %s, 'paid', timestamptz '2030-01-01') RETURNING id",
            (user_id, user_id, product["id"], product["price"]),
        )
        payment = cur.fetchone()["id"]
        cur.execute("UPDATE point_accounts SET balance = balance + 10 WHERE user_id = %s", (user_id,))
        cur.execute(
            "INSERT INTO point_entries (user_id, payment_id, amount, reason) VALUES (%s, %s, 10, %s)",
            (user_id, payment, "payments and point_accounts"),
        )
        cur.execute(
            "SELECT balance - %s AS gained, (SELECT reason FROM point_entries WHERE payment_id = %s) AS reason"
            " FROM public.point_accounts WHERE user_id = %s",
            (before, payment, user_id),
        )
        return cur.fetchone()


def revenue():
    with transaction() as cur:
        cur.execute(
            "SELECT p.code, sum(y.amount)::text AS total FROM products p LEFT JOIN payments y ON y.product_id = p.id"
            " AND y.status = 'paid' AND y.paid_at < '2030-01-01' GROUP BY p.code ORDER BY p.code"
        )
        return cur.fetchall()


def run():
    with transaction() as cur:
        cur.execute("SELECT code FROM products ORDER BY id LIMIT 1")
        code = cur.fetchone()["code"]
    return [buy(9, code), revenue()]
