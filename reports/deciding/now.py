"""What the registry holds now where an update proposes a value: beside it on the page, and compared when it is decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from funding.models import FundingLine
from records.kinds import kinds
from records.rights import Reader

from ..models import ProjectUpdate, Proposal, ProposedValue
from ..writing.ledger import to_date
from ..writing.rows import one_day, to_json
from ..writing.sections import BY_NAME, MONEY, About


@dataclass(frozen=True)
class Now:
    """`value`: as `ProposedValue.value` would hold it (of money: minor units). `token`: equal while the record is as it was. `row`: the record."""

    value: object = None
    token: str = ""
    row: object = None


def now_of(update: ProjectUpdate, proposals: Iterable[Proposal], reader: Reader) -> dict[int, Now]:
    """By id of the proposed value. Of a record that is to be made there is nothing yet."""
    about, proposals = About.of(update, reader), list(proposals)
    rows = _rows(proposals)
    sums = _sums(about, proposals, rows)
    found = {}
    for one in proposals:
        section, row = BY_NAME[one.section], rows.get(one.record_id)
        for value in one.values.all():
            if section is MONEY and row is not None:
                amount = sums[_until(about, value)][row.id, value.field]
                found[value.id] = Now(amount, str(amount), row)
            elif row is not None:
                declared = section.field(value.field)
                held = getattr(row, row._meta.get_field(value.field).attname)
                found[value.id] = Now(to_json(declared, held), str(row.version), row)
            else:
                found[value.id] = Now()
    return found


def _sums(about: About, proposals: Iterable[Proposal], rows) -> dict[date, dict]:
    """What the ledger says of the lines, by the day until which it is asked: a query for each day."""
    by_day: dict[date, dict] = {}
    for one in proposals:
        if one.section == MONEY.name and one.record_id in rows:
            for value in one.values.all():
                by_day.setdefault(_until(about, value), {})[one.record_id] = rows[one.record_id]
    return {until: to_date(lines.values(), about.update, until) for until, lines in by_day.items()}


def _until(about: About, value: ProposedValue) -> date:
    return one_day(value.value["to_date"]) or about.until


def _rows(proposals: Iterable[Proposal]) -> dict[UUID, object]:
    """The records that are proposed to be changed, a query for each kind."""
    by_model: dict[type, set] = {}
    for one in proposals:
        if one.record_id:
            model = FundingLine if one.section == MONEY.name else kinds()[one.kind].model
            by_model.setdefault(model, set()).add(one.record_id)
    return {row.id: row for model, ids in by_model.items() for row in model.objects.filter(id__in=ids)}
