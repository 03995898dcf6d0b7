"""What the log says: JSON lines in production, readable ones elsewhere, with the request id from page to task.

A line has no personal data and no secret in it: addresses come without their query, database errors without the
values that they quote, connection strings without their password, calendars without their key. Code logs by `logging.getLogger(__name__)`.
"""

import logging
import re
import sys
import traceback
from typing import Any

import structlog
from structlog.stdlib import ProcessorFormatter

FIELDS = ("method", "path", "status", "ms")  # of what a caller gives as `extra`, no more: a request has cookies in it
PASSWORD = re.compile(r"(?<=://)[^\s/@:]*:[^\s/@]*@")
CALENDAR = re.compile(r"(?<=/calendars/)[\w-]+(?=\.ics)")  # its address is a secret
QUOTED_VALUES = re.compile(r"\n(DETAIL|CONTEXT):.*", re.DOTALL)  # “Key (orcid)=(…) already exists”


def logging_settings(*, as_json: bool) -> dict[str, Any]:
    """LOGGING for Django; Celery takes the same (config/celery.py), and Granian its own file (config/granian.json)."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": "config.logs.formatter", "as_json": as_json}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines", "filters": [is_no_heartbeat]}},
        "root": {"handlers": ["console"], "level": "INFO"},
        "loggers": {
            "django": {"handlers": [], "propagate": True},  # else Django's own lines would come twice in DEBUG
            "django.request": {"level": "ERROR"},  # a 404 is in the line of its request already
        },
    }


def is_no_heartbeat(record: logging.LogRecord) -> bool:
    """Every ten seconds beat sends one and a worker takes it: said only when it fails."""
    return record.levelno > logging.INFO or "records.tasks.heartbeat" not in record.getMessage()


def formatter(*, as_json: bool) -> ProcessorFormatter:
    last = structlog.processors.JSONRenderer(ensure_ascii=False) if as_json else _readable()
    return ProcessorFormatter(
        foreign_pre_chain=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(allow=FIELDS),
            structlog.processors.TimeStamper(fmt="iso", utc=as_json, key="at"),
        ],
        processors=[ProcessorFormatter.remove_processors_meta, _say_failures, _hide_secrets, last],
    )


def _readable():
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), timestamp_key="at")


def _say_failures(_logger, _name, event: dict) -> dict:
    """The traceback as text, without local variables and without values that the database quotes."""
    info = event.pop("exc_info", None)
    if not info:
        return event
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1]
    if error:
        event["exception"] = without_values("".join(traceback.format_exception(error)), error)
    return event


def without_values(text: str, error: BaseException) -> str:
    """The text of a traceback, with what each database error in its chain says cut down to what names no value."""
    from django.db import DatabaseError

    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        todo += [one.__cause__, one.__context__]
        todo += one.exceptions if isinstance(one, BaseExceptionGroup) else []
        if str(one) and (isinstance(one, DatabaseError) or hasattr(one, "sqlstate")):
            text = text.replace(str(one), _said(one))
    return text


def _said(error: BaseException) -> str:
    """Errors about data quote the data in their first line too, so that only their code and constraint are kept."""
    source = error if hasattr(error, "sqlstate") else error.__cause__
    state = getattr(source, "sqlstate", None) or ""
    if state[:2] in ("22", "23", "P0"):
        diag = source.diag
        return f"SQLSTATE {state}, table {diag.table_name}, constraint {diag.constraint_name} (values left out)"
    return QUOTED_VALUES.sub("", str(error))


def _hide_secrets(_logger, _name, event: dict) -> dict:
    for key in ("event", "exception", "path"):
        if isinstance(event.get(key), str):
            event[key] = CALENDAR.sub("…", PASSWORD.sub("…@", event[key]))
    return event


def keep_in_mind(**values: str) -> None:
    """Put these into every line that this request or task logs from here on."""
    structlog.contextvars.bind_contextvars(**values)


def forget() -> None:
    structlog.contextvars.clear_contextvars()


def current_request_id() -> str | None:
    return structlog.contextvars.get_contextvars().get("request_id")
