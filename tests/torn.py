"""A web server's application that sends one file: whole, torn by an error, or so slowly that the server can be killed."""

import os
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from records.exports import BROKEN, As, Sent  # noqa: E402

LINES = [b'{"row":%d}\n' % n for n in range(5)]


def application(environ, start):
    start("200 OK", [("Content-Type", "application/x-ndjson")])
    return Sent(lambda: pieces(environ["PATH_INFO"]), BROKEN[As.JSONL] % "broken")


def pieces(path: str):
    for line in LINES:
        yield line
        if path == "/torn" and line is LINES[2]:
            raise ConnectionResetError("the database is gone")
        if path == "/slow":
            time.sleep(0.5)
