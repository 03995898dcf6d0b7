"""What the registry holds now where an update proposes a value: beside it on the page, and compared when it is decided."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from funding.models import FundingLine
from records.kinds import kinds
from records.rights import Reader

from .ledger import to_date
from .models import ProjectUpdate, Proposal
from .rows import one_day, to_json
from .sections import BY_NAME, MONEY, About


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
    found = {}
    for one in proposals:
        section, row = BY_NAME[one.section], rows.get(one.record_id)
        sums: dict = {}
        for value in one.values.all():
            if section is MONEY and row is not None:
                until = one_day(value.value["to_date"]) or about.until
                if until not in sums:
                    sums[until] = to_date([row], update, until)
                amount = sums[until][row.id, value.field]
                found[value.id] = Now(amount, str(amount), row)
            elif row is not None:
                declared = section.field(value.field)
                held = getattr(row, row._meta.get_field(value.field).attname)
                found[value.id] = Now(to_json(declared, held), str(row.version), row)
            else:
                found[value.id] = Now()
    return found


def _rows(proposals: Iterable[Proposal]) -> dict[UUID, object]:
    """The records that are proposed to be changed, a query for each kind."""
    by_model: dict[type, set] = {}
    for one in proposals:
        if one.record_id:
            model = FundingLine if one.section == MONEY.name else kinds()[one.kind].model
            by_model.setdefault(model, set()).add(one.record_id)
    return {row.id: row for model, ids in by_model.items() for row in model.objects.filter(id__in=ids)}
