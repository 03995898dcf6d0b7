"""Money that a partner reports: received and spent *to date*, and the entry that makes the ledger say so.

A partner states what a line came to until a day; accepting posts the difference. Of a line that the institution itself
receives, or that is the project's own and names no recipient, the statement is about the whole line. Of any other line
(of the program, shared by several) it is about what this institution reported of this project.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from funding.kinds import LEDGER_ENTRY
from funding.models import FundingLine, LedgerEntry
from records.rights import Reader
from records.steps import Create, new_id

from ..models import ProjectUpdate, ProposedValue

Movement = LedgerEntry.Movement
MOVEMENTS = {  # what a partner states → what raises it, and what lowers it
    "received": (Movement.RECEIVED, Movement.RETURNED),
    "spent": (Movement.SPENT, Movement.RECOVERED),
}
LABELS = {"received": _("received to date"), "spent": _("spent to date")}
MOST_LINES = 50


def lines_for(update: ProjectUpdate, reader: Reader) -> list[FundingLine]:
    """The lines on which this update may report: of the project, of those above it, and of the program as a whole."""
    scopes, project = [], update.project
    while project is not None:
        scopes.append(project.id)
        project = project.parent
    of_here = Q(project__in=scopes) | Q(program=update.project.program_id, project=None)
    own = Q(recipient=None) | Q(recipient=update.reporter) | Q(payer=update.reporter)
    own |= Q(recipient__in=reader.institutions) | Q(payer__in=reader.institutions)
    lines = FundingLine.objects.visible_to(reader).filter(of_here & own).exclude(state=FundingLine.State.CANCELLED)
    return list(lines.order_by("id")[:MOST_LINES])


def is_about_whole_line(line: FundingLine, update: ProjectUpdate) -> bool:
    if line.recipient_id:
        return line.recipient_id == update.reporter
    return line.project_id == update.project_id


def to_date(
    lines: Iterable[FundingLine], update: ProjectUpdate, until: date | None = None
) -> dict[tuple[UUID, str], int]:
    """By line and "received" or "spent": what the ledger says until that day (None: all of it), in minor units.

    Of a line that several share: what this institution's reports on this project have posted.
    """
    lines = list(lines)
    whole = [line.id for line in lines if is_about_whole_line(line, update)]
    entries = LedgerEntry.objects.filter(line__in=[line.id for line in lines], is_retired=False)
    own = ProposedValue.objects.filter(
        written__isnull=False,
        proposal__section="money",
        proposal__update__project=update.project_id,
        proposal__update__institution=update.institution_id,
    ).values("written")
    counted = Q(line__in=whole) | Q(id__in=own) | Q(corrects__in=own)
    entries = entries.filter(counted)
    if until:
        entries = entries.filter(posted_on_first__lte=until)
    sums = dict.fromkeys(((line.id, name) for line in lines for name in MOVEMENTS), 0)
    for line, movement, amount in entries.values_list("line", "movement").annotate(sum=Sum("amount")):
        for name, (raises, lowers) in MOVEMENTS.items():
            if movement in (raises, lowers):
                sums[line, name] += amount if movement == raises else -amount
    return sums


def entry_for(line: FundingLine, name: str, stated: int, known: int, until: date, key: str) -> Create | None:
    """The entry that makes the ledger say what was stated; None where it says so already."""
    difference = stated - known
    if not difference:
        return None
    movement = MOVEMENTS[name][0 if difference > 0 else 1]
    values = {
        "line": line.id,
        "movement": movement,
        "posted_on": until.isoformat(),
        "amount": abs(difference),
        "outside_key": key,
        "visibility": line.visibility,
    }
    return Create(LEDGER_ENTRY, values, id=new_id())
