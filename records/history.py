"""One history of every change by any path: versions with both ends, kept by the database itself.

A kind's own table holds the present version (`updated_at` is since when, `change_id` by which change). Triggers move each
version that ends into `history.<table>`, with `until` and the change that ended it. A row that never changed costs nothing.

The past is read through views `past.<table>`: inside `known_at(T)` every query of Django, joins included, reads what the
registry said at T, because the schema `past` then comes first on the search path. Visibility is today's in both. In the
same way `as_it_last_was()` reads `ever.<table>`: the present, and of each deleted record its last version.

How the tables, triggers and views are made stands in keeping.py.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

from django.db import connection, transaction

from .base import Change
from .keeping import BEFORE_INSERT, KeepRecord, LetGo

__all__ = ["BEFORE_INSERT", "KeepRecord", "LetGo", "as_it_last_was", "bringing_its_past", "change", "known_at"]

# ---- who and why ---------------------------------------------------------------------------------------


@contextmanager
def change(*, by=None, actor_id=None, actor_name: str = "", door: str = Change.Door.COMMAND, **more):
    """Everything written inside is one change by `by` (a user), or by whom `actor_id` and `actor_name` say. One transaction.

    `more`: reason, nature, effective_on, undoes. Yields the Change; afterwards its `left_a_trace` says whether anything
    was changed. One that changed nothing is not kept.
    """
    with transaction.atomic():
        this = Change.objects.create(
            actor_id=actor_id or getattr(by, "pk", None),
            actor_name=actor_name or (by.get_full_name() or by.get_username() if by else ""),
            door=door,
            **more,
        )
        before, used_before = _set("registry.change", str(this.pk)), _set("registry.change_used", "")
        yield this
        _set("registry.change", before)
        this.left_a_trace = bool(_set("registry.change_used", used_before))
        if not this.left_a_trace:
            Change.objects.filter(pk=this.pk).delete()


PRESENT = '"$user", public'
_path: ContextVar[str] = ContextVar("search_path", default=PRESENT)


@contextmanager
def known_at(moment: datetime | None):
    """Inside, queries read what the registry said at `moment` (None: the present). Read only; not for figures that are stored."""
    with _reading("past, public" if moment else PRESENT, moment.isoformat() if moment else ""):
        yield


@contextmanager
def as_it_last_was():
    """Inside, queries read every record that ever was: the present ones, and the last version of each deleted one."""
    with _reading("ever, public"):
        yield


@contextmanager
def _reading(path: str, moment: str = ""):
    """Inside, tables are looked for along `path`. One moment within another is that moment."""
    if path == _path.get() == PRESENT:
        yield
        return
    outside = _path.set(path)
    try:
        with transaction.atomic():
            before = _look(path, moment)
            yield
            if not connection.needs_rollback:
                _look(*before)  # after an error the rollback does it
    finally:
        _path.reset(outside)


def is_past() -> bool:
    """Whether this stands inside `known_at`: what is read are views, whose indexes are fewer."""
    return _path.get() != PRESENT


@contextmanager
def bringing_its_past():
    """Inside, new rows keep the version, `updated_at` and change that they come with, instead of beginning now.

    For who writes a row together with its closed versions in `history`: a made-up registry. One transaction.
    """
    with transaction.atomic():
        before = _set("registry.brings_its_past", "yes")
        yield
        _set("registry.brings_its_past", before)


def _look(path: str, moment: str) -> tuple[str, str]:
    """Look for tables along `path`, at `moment`, in this transaction; returns what was set. One statement: pages do it often."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(current_setting('search_path', true), ''), coalesce(current_setting('registry.known_at', true), ''),"
            " set_config('search_path', %s, true), set_config('registry.known_at', %s, true)",
            [path, moment],
        )
        return cursor.fetchone()[:2]


def _set(name: str, value: str) -> str:
    """Set a setting for this transaction; returns what it was."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting(%s, true), ''), set_config(%s, %s, true)", [name, name, value])
        return cursor.fetchone()[0]
