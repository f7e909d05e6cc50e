"""Runs every module once and prints what each returned, or the SQLSTATE it failed with."""

import asyncio
import inspect
import json
import sys
from datetime import date, datetime
from decimal import Decimal
from importlib import import_module

MODULES = ["users", "profiles", "kasi", "saju", "dreams", "payments", "tarot", "crawler", "admin", "sessions"]


def plain(value):
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value).__name__)


def run(name):
    module = import_module(f"heal7.{name}")
    try:
        result = module.run()
        return asyncio.run(result) if inspect.isawaitable(result) else result
    except Exception as error:
        state = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None)
        if state is None:
            raise
        return {"error": state, "message": str(error).split("\n")[0]}


json.dump({name: run(name) for name in MODULES}, sys.stdout, ensure_ascii=False, default=plain, sort_keys=True)
