"""Changing records: the one way in, for pages and API alike.

    ask the rule → lock → compare versions → check every value → write → one Change

Steps that belong together (a record, its roles, the citation of a value) are one change: all of them happen or none.
Values are those that rows hold (ids, EDTF texts, minor units); `reading.py` and the forms make them of what was typed.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import wraps
from uuid import UUID

from django.db import IntegrityError, OperationalError, connection, transaction

from . import submissions
from .base import Change
from .history import change
from .kinds import Kind
from .refusals import Refused, Stale
from .rights import Reader
from .row_faults import fault_of
from .rules import require_can_edit
from .steps import Create, Edit, Restore, Retire, Step, hold_rows, moved, needs_reason

__all__ = [
    "Author",
    "Create",
    "Done",
    "Edit",
    "Restore",
    "Retire",
    "apply",
    "create",
    "edit",
    "require_reason",
    "restore",
]

TRIES = 3  # of a change that the database broke off to end a deadlock


@dataclass(frozen=True)
class Author:
    """Who changes something, through which door, why. `key`: a request that is sent twice with it acts once."""

    reader: Reader
    name: str
    door: str = Change.Door.COMMAND
    reason: str = ""
    key: str = ""

    @classmethod
    def of(cls, request, door: str, reason: str = "", key: str = "") -> "Author":
        """Who sent this request."""
        user = request.user
        return cls(request.reader, user.get_full_name() or user.get_username(), door, reason.strip(), key)


@dataclass
class Done:
    """What was done: the Change (None: nothing changed), and per step the id of the record that now holds its values."""

    change: int | None = None
    ids: list[UUID] = field(default_factory=list)
    is_repeated: bool = False  # the same request had been carried out before


def require_reason(asks_reason: bool, by: Author) -> None:
    """Raises Refused where a change that asks for a reason has none."""
    if asks_reason and not by.reason:
        raise Refused([needs_reason()])


def create(kind: Kind, values: dict, *, by: Author) -> UUID:
    return apply([Create(kind, values)], by=by).ids[0]


def edit(kind: Kind, id: UUID, values: dict, *, version: int, by: Author, changed_on: str = "") -> UUID:
    """With `changed_on` (EDTF) the new values are true from then; without, they correct what never was true.

    Returns the id of the record that now holds the values: a new one where the kind keeps a row for each period.
    """
    return apply([Edit(kind, id, version, values, changed_on)], by=by).ids[0]


def restore(kind: Kind, id: UUID, *, version: int, by: Author) -> UUID:
    return apply([Restore(kind, id, version)], by=by).ids[0]


def again_after_deadlock(act: Callable) -> Callable:
    """Two changes that wait for each other: the database breaks one off, and that one begins again."""

    @wraps(act)
    def trying(*args, **kwargs):
        for tried in range(1, TRIES + 1):
            try:
                return act(*args, **kwargs)
            except OperationalError as error:
                code = getattr(error.__cause__, "sqlstate", "")
                if code not in ("40P01", "40001") or tried == TRIES or connection.in_atomic_block:
                    raise

    return trying


@again_after_deadlock
@transaction.atomic
def apply(steps: Sequence[Step], *, by: Author) -> Done:
    """Carry out all of these steps as one change. Raises NotAllowed, Http404, Stale or Refused; then nothing was done."""
    require_can_edit(by.reader)
    before = None
    if by.key:
        before, is_new = submissions.take(by.reader.user_id or 0, by.key, _asked(steps))
        if not is_new:
            return Done(before.change_id, before.ids, is_repeated=True)
    hold_rows(steps, by.reader)
    _check(steps, by)
    done = _write(steps, by)
    if before:
        before.change_id, before.ids = done.change, done.ids
        before.save(update_fields=["change_id", "ids"])
    return done


def _asked(steps: Sequence[Step]) -> str:
    """What was asked. Ids that were made for this attempt are said by their order: a second attempt makes others."""
    text = json.dumps([step.said() for step in steps], default=str, sort_keys=True)
    for n, id in enumerate(id for step in steps for id in step.new_ids()):
        text = text.replace(str(id), f"new {n}")
    return text


def _check(steps: Sequence[Step], by: Author) -> None:
    if stale := moved(steps):
        raise Stale(stale)
    new = {id for step in steps for id in step.new_ids()}
    faults = [fault.at(n) for n, step in enumerate(steps) for fault in step.faults(by.reason, new)]
    if faults:
        raise Refused(faults)


def _write(steps: Sequence[Step], by: Author) -> Done:
    nature, effective_on = next((said for said in (step.nature() for step in steps) if said[0]), ("", ""))
    with change(
        actor_id=by.reader.user_id, actor_name=by.name, door=by.door, reason=by.reason,
        nature=nature, effective_on=effective_on,
    ) as this:  # fmt: skip
        ids = [_written(step, n) for n, step in enumerate(steps)]
    return Done(this.pk if this.left_a_trace else None, ids)


def _written(step: Step, number: int) -> UUID:
    try:
        with transaction.atomic():
            return step.write()
    except IntegrityError as error:
        raise Refused([fault_of(step.kind, error).at(number)]) from error
