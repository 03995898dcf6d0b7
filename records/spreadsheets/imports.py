"""The commands of bringing in a file: send, read, choose columns, choose in conflicts, take over. Both doors call them.

    send → read → (columns) → plan → decide → one change

Only who sent a file knows of it. What is planned changes nothing; taking over works all of it out once more while the records
are held, and does nothing where one of them has moved on since the plan.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import rewriting
from ..base import Change
from ..bulk import MovedOn
from ..cells import can_be_stored
from ..commands import Author, again_after_deadlock, require_reason
from ..documents import LARGEST, too_large
from ..history import change
from ..kinds import Kind, kinds
from ..problem_codes import coded
from ..refusals import Fault, Refused
from ..rights import Reader
from ..rules import require_can_edit
from ..sentences import explain
from . import mapping, planning, reading
from .considering import FILE, REGISTRY
from .models import SheetImport, SheetRow

State = SheetImport.State
OPEN = (SheetRow.State.CONFLICT, SheetRow.State.REFUSED)


def send(file: BinaryIO, name: str, kind: Kind, by: Author) -> SheetImport:
    """Keep a file that was sent, unread. Raises Refused, NotAllowed."""
    require_can_edit(by.reader)
    sheet = SheetImport(owner_id=by.reader.user_id, kind=kind.name, file_name=_shortened(name), size=0)
    sheet.save()
    sheet.refresh_from_db(fields=["id"])
    sheet.file.parent.mkdir(parents=True, exist_ok=True)
    with sheet.file.open("wb") as out:
        shutil.copyfileobj(file, out, 1 << 20)
        sheet.size = out.tell()
    if sheet.size > LARGEST:
        sheet.file.unlink()
        raise Refused([Fault("file", too_large(name))])
    sheet.save(update_fields=["size"])
    return sheet


def _shortened(name: str) -> str:
    name = name.replace("\\", "/").rsplit("/", 1)[-1]
    return name[-255:] if can_be_stored(name) else "?"


def find(id: UUID | str, reader: Reader) -> SheetImport:
    """One's own. Http404 for all others."""
    require_can_edit(reader)
    try:
        found = SheetImport.objects.filter(id=UUID(str(id)), owner_id=reader.user_id).first()
    except ValueError:
        found = None
    if found is None:
        raise Http404
    return found


# ---- reading -------------------------------------------------------------------------------------------


def read(
    sheet: SheetImport, *, name: str = "", seconds: float = reading.WAITED, check: Callable = lambda: None
) -> None:
    """Read the file, or another sheet of it, and see whether its columns are known. Raises Refused."""
    first: list[tuple[int, list]] = []
    with transaction.atomic():
        found = reading.read(
            sheet.file, lambda lines: _keep_rows(sheet, lines, first), sheet=name, seconds=seconds, check=check
        )
        sheet.what = vars(found)
        _map(sheet, first)


def _keep_rows(sheet: SheetImport, lines: Iterator[tuple[int, list]], first: list) -> None:
    """Keep the rows; the first of them also in `first`."""
    sheet.rows.all().delete()
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY records_sheetrow (sheet_id, number, cells, state, said, chosen) FROM STDIN") as copy,
    ):
        for number, cells in lines:
            if len(first) < mapping.LOOKED_AT:
                first.append((number, cells))
            copy.write_row((sheet.id, number, json.dumps(cells), "", "{}", "{}"))


def _map(sheet: SheetImport, lines: list, row: int = 0) -> None:
    found = mapping.mapped(kinds()[sheet.kind], lines, sheet.owner_id, row)
    sheet.header_row, sheet.headers, sheet.form = found.header_row, found.headers, found.form
    sheet.columns, sheet.state = found.columns, State.READ
    sheet.is_mapped = found.is_certain
    sheet.save()


def move_headers(sheet: SheetImport, row: int) -> None:
    """The headers stand in another row than was thought. Raises Refused."""
    _refuse_done(sheet)
    lines = list(sheet.rows.filter(number=row).values_list("number", "cells"))
    if not lines:
        raise Refused([Fault("header_row", _("There is no row %d with anything in it.") % row)])
    _map(sheet, lines, row)


def choose_columns(sheet: SheetImport, chosen: Mapping[str, str]) -> None:
    """What each column is, by its number from 0; remembered for the next file with these headers. Raises Refused."""
    _refuse_done(sheet)
    kind = kinds()[sheet.kind]
    sheet.columns = mapping.checked(kind, sheet.headers, chosen)
    sheet.form = sheet.form if sheet.is_ours else ""
    sheet.state, sheet.is_mapped = State.READ, True
    sheet.save(update_fields=["columns", "form", "state", "is_mapped"])
    mapping.remember(kind, sheet.headers, sheet.columns, sheet.owner_id)


def _refuse_done(sheet: SheetImport) -> None:
    if sheet.state == State.DONE:
        raise Refused(_("This file was taken over already."))


# ---- planning ------------------------------------------------------------------------------------------


@again_after_deadlock
@transaction.atomic
def plan(sheet: SheetImport, reader: Reader, progress: Callable = lambda done, total: None) -> None:
    """Work out what taking over would do, and keep that. Changes no record."""
    require_can_edit(reader)
    _refuse_done(sheet)
    with _only_looking():
        made = planning.plan(sheet, reader, progress=progress)
    planning.note(made)
    sheet.state, sheet.planned_at = State.PLANNED, timezone.now()
    sheet.counts = made.counts
    sheet.trouble, sheet.asks_reason, sheet.is_correction = made.trouble, made.asks_reason, made.is_correction
    sheet.save()


@contextmanager
def _only_looking():
    """What is laid and tried inside is gone afterwards."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def choose(sheet: SheetImport, chosen: Mapping[int, Mapping[str, str]], rest: str = "") -> int:
    """Whose value wins, by row and field; `rest`: everywhere else. Returns how many conflicts are left. Raises Refused."""
    _refuse_done(sheet)
    with transaction.atomic():
        rows = (
            sheet.rows.select_for_update()
            .exclude(said__conflicts=[])
            .filter(said__has_key="conflicts")
            .order_by("number")
        )
        for row in rows if rest else rows.filter(number__in=chosen):
            given = chosen.get(row.number, {})
            now = {name: given.get(name) or rest or row.chosen.get(name, "") for name in row.said["conflicts"]}
            if wrong := set(now.values()) - {FILE, REGISTRY, ""}:
                raise Refused(
                    [
                        Fault(
                            "",
                            coded(
                                "not_a_choice",
                                _("“%s” is not allowed; choose the file’s value or the registry’s.") % min(wrong),
                            ),
                        )
                    ]
                )
            row.chosen = {name: whose for name, whose in now.items() if whose}
            is_open = len(row.chosen) < len(row.said["conflicts"])
            row.state = SheetRow.State.CONFLICT if is_open else _decided(row)
            row.save(update_fields=["chosen", "state"])
        left = sheet.rows.filter(state=SheetRow.State.CONFLICT).count()
        _count_anew(sheet)
    return left


def _decided(row: SheetRow) -> str:
    """What becomes of a row whose conflicts are decided."""
    is_changed = row.said["names"] or FILE in row.chosen.values()
    return SheetRow.State.CHANGED if is_changed else SheetRow.State.SAME


def _count_anew(sheet: SheetImport) -> None:
    counted = {state: sheet.rows.filter(state=state).count() for state in SheetRow.State.values}
    sheet.counts = {state: number for state, number in counted.items() if number}
    sheet.asks_reason = sheet.asks_reason or bool(counted["changed"] and kinds()[sheet.kind].asks_reason)
    sheet.save(update_fields=["counts", "asks_reason"])


# ---- taking over ---------------------------------------------------------------------------------------


def check(sheet: SheetImport, by: Author, only_possible: bool) -> None:
    """Whether this may be taken over as it was planned. Raises Refused."""
    if sheet.state != State.PLANNED:
        raise Refused(_("Look first at what this file would change."))
    if not going(sheet):
        raise Refused(_("There is nothing in the file to take over."))
    if sheet.trouble:
        raise Refused(sheet.trouble)
    left = sum(sheet.counts.get(state, 0) for state in OPEN)
    if left and not only_possible:
        raise Refused(left_sentence(left))
    require_reason(sheet.asks_reason, by)


def going(sheet: SheetImport) -> int:
    """How many rows would be written."""
    return sheet.counts.get("added", 0) + sheet.counts.get("changed", 0)


def left_sentence(left: int) -> str:
    text = ngettext(
        "%d row is refused or in conflict. Correct it, or take over only the others.",
        "%d rows are refused or in conflict. Correct them, or take over only the others.",
        left,
    )
    return text % left


@again_after_deadlock
@transaction.atomic
def take_over(
    id: UUID | str, *, by: Author, only_possible: bool = False, progress: Callable = lambda done, total: None
) -> SheetImport:
    """As one change. Of two clicks one acts, and the other gets its change. Raises MovedOn, Refused; then nothing was done."""
    find(id, by.reader)
    sheet = SheetImport.objects.select_for_update().get(id=id)
    if sheet.state == State.DONE:
        return sheet
    check(sheet, by, only_possible)
    before = {row.number: (row.record_id, row.version, row.state) for row in planning.records_of(sheet)}
    made = planning.plan(sheet, by.reader, hold=True, progress=progress)
    _refuse_moved(before, made)
    require_reason(made.asks_reason, by)
    sheet.change_id = _written(sheet, made, by)
    sheet.state = State.DONE
    sheet.save(update_fields=["state", "change_id"])
    return sheet


def _refuse_moved(before: Mapping[int, tuple], made: planning.Plan) -> None:
    """Raises MovedOn where a row is not what it was when it was looked at."""
    moved = 0
    for one in made.rows:
        record = one.present
        now = (record and record.id, record and record.version, str(one.state))
        moved += now != before.get(one.number)
    if moved:
        raise MovedOn(moved)


def _written(sheet: SheetImport, made: planning.Plan, by: Author) -> int | None:
    nature = Change.Nature.CORRECTION if made.is_correction else ""
    reason = by.reason or _("from the file “%s”") % sheet.file_name
    try:
        with change(
            actor_id=by.reader.user_id, actor_name=by.name, door=Change.Door.IMPORT, reason=reason, nature=nature
        ) as this:
            rewriting.write([kinds()[sheet.kind]])
    except IntegrityError as error:
        raise Refused(explain(error)) from error
    return this.pk if this.left_a_trace else None
