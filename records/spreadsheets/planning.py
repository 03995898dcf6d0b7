"""What taking over all rows of a file would do, laid beside the table and checked there by its own constraints, as bulk edits are.

Changes nothing; taking over works it out once more and then writes what is laid.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext as _

from .. import rewriting, staging
from ..beneath import columns_above, hold_above
from ..jobs import AT_ONCE
from ..kinds import Kind, Type, kinds
from ..rights import Reader
from ..row_faults import fields_of
from ..sentences import sentence
from ..steps import copied, filled_in
from .considering import Considered, State, considered, value_of
from .models import SheetImport, SheetRow
from .values import standing_twice

AT_A_TIME = 2000  # rows that are read together


@dataclass
class Plan:
    """What became of all rows; laid in the transaction until that ends, so that `rewriting.write` can take them over."""

    rows: list[Considered]
    counts: dict[str, int] = field(default_factory=dict)
    asks_reason: bool = False
    is_correction: bool = False
    trouble: str = ""


def plan(
    sheet: SheetImport, reader: Reader, *, hold: bool = False, progress: Callable = lambda done, total: None
) -> Plan:
    """What taking over would do, in a transaction of the caller. With `hold` nobody changes these records until it ends."""
    kind = kinds()[sheet.kind]
    rows = list(records_of(sheet).order_by("number"))
    if hold:
        _hold(kind, rows)
    found: list[Considered] = []
    for begin in range(0, len(rows), AT_A_TIME):
        found += considered(sheet, rows[begin : begin + AT_A_TIME], reader)
        progress(len(found), len(rows))
    _refuse_twice(sheet, found)
    laid = _laid(kind, found, hold)
    _refuse_by_table(kind, sheet, laid)
    made = Plan(found, dict(Counter(one.state for one in found)))
    going = [one for one in found if one.state in (State.ADDED, State.CHANGED)]
    made.is_correction = kind.is_succeeded and any(_overwrites(kind, one) for one in going)
    made.asks_reason = bool(going) and (kind.asks_reason or made.is_correction)
    if not hold and _has_to_be_tried(kind, going):
        made.trouble = rewriting.tried([kind])
    return made


def records_of(sheet: SheetImport):
    """The rows below the headers."""
    return sheet.rows.filter(number__gt=sheet.header_row)


def _hold(kind: Kind, rows: Sequence[SheetRow]) -> None:
    ids = [row.record_id for row in rows if row.record_id]
    rewriting.hold(kind, "SELECT unnest(%(ids)s::uuid[])", {"ids": ids})


def _refuse_twice(sheet: SheetImport, found: Iterable[Considered]) -> None:
    """A record that several rows would change: which of them is meant, nobody knows."""
    place = next((n for n, name in enumerate(sheet.columns) if name == "id"), None)
    named = [(one.present.id, one.read) for one in found if one.present is not None and not one.is_known]
    for reads in standing_twice(named).values():
        numbers = ", ".join(str(read.row.number) for read in reads)
        for read in reads:
            read.refuse(place, _("Several rows are the same record: %s. Keep one of them.") % numbers)


def _laid(kind: Kind, found: Sequence[Considered], hold: bool) -> dict[UUID, Considered]:
    """Those that would be written, as they would be, in the table beside that of the kind; by their ids."""
    going = [one for one in found if one.state in (State.ADDED, State.CHANGED)]
    new = iter(_new_ids(sum(one.present is None for one in going)))
    after = {one.number: as_it_would_be(kind, one, new) for one in going}
    rewriting.begin()
    if hold:
        hold_above({id for row in after.values() for c in columns_above(kind) if (id := getattr(row, c))})
    columns = [kind.model._meta.get_field(name).attname for name in kind.written_fields]
    staging.lay(kind, ((number, [getattr(row, name) for name in columns]) for number, row in after.items()))
    rewriting.note([kind])
    return {after[one.number].id: one for one in going}


def _new_ids(number: int) -> list[UUID]:
    return [id for (id,) in rewriting.rows("SELECT new_id() FROM generate_series(1, %(n)s)", {"n": number})]


def as_it_would_be(kind: Kind, one: Considered, new: Iterable[UUID] = ()):
    """The record with the values that would be set."""
    if one.present is None:
        row = filled_in(kind, kind.model(), one.read.values)
        row.id = next(iter(new), None)
        row.is_retired = False
    else:
        row = filled_in(kind, copied(kind, one.present, keep_id=True), one.changed)
    for virtual in kind.virtual:  # what a row alone does not hold: the currency of an amount
        row.__dict__.setdefault(virtual.name, getattr(one.present, virtual.name, None))
    if kind.money:
        row.currency = one.read.currency
    return row


def _refuse_by_table(kind: Kind, sheet: SheetImport, laid: dict[UUID, Considered]) -> None:
    """What the table itself would refuse, and what would not hold without the rest."""
    places = {name: n for n, name in reversed(list(enumerate(sheet.columns))) if name}
    at = [(sentence(c.name), name) for c in kind.model._meta.constraints for name in fields_of(kind, c)]
    for fault in rewriting.leave_out(list(rewriting.faults([kind])), [kind]):
        name = fault.field or next((name for text, name in at if text == fault.message and name in places), "")
        laid[fault.id].read.refuse(places.get(name), fault.message)


def _overwrites(kind: Kind, one: Considered) -> bool:
    """Whether a value that stood there is replaced, rather than a gap filled."""
    return one.present is not None and any(
        value_of(kind, one.present, name) not in (None, "", []) for name in one.changed
    )


def _has_to_be_tried(kind: Kind, going: Sequence[Considered]) -> bool:
    """Of many rows only where something is set that rows have to do with each other by: references, amounts."""
    if len(going) <= AT_ONCE:
        return bool(going)
    together = {name for name, f in kind.typed_fields.items() if f.type in (Type.REF, Type.RECORD, Type.MONEY)}
    return any(one.present is None or together & set(one.changed) for one in going)


def note(made: Plan) -> None:
    """Keep what became of each row, for the pages and for the decision."""

    def said(one: Considered) -> dict:
        """`names`: fields that would be set whatever is chosen in the conflicts."""
        names = sorted(set(one.changed) - set(one.contested))
        return {"faults": one.read.faults, "names": names, "conflicts": one.contested}

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE planned (id bigint, state text, record uuid, version bigint, said jsonb)"
        )
        with cursor.copy("COPY planned FROM STDIN") as copy:
            for one in made.rows:
                record = one.present
                known = (record.id, record.version) if record is not None else (None, None)
                copy.write_row((one.read.row.id, str(one.state), *known, json.dumps(said(one))))
        cursor.execute(
            "UPDATE records_sheetrow r SET state = p.state, record_id = p.record, version = p.version, said = p.said"
            " FROM planned p WHERE p.id = r.id"
        )
        cursor.execute("DROP TABLE planned")
