"""The calendar of what is due once more, row by row in plain Python: what the tests hold `calendar.py` to."""

import hashlib
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from programs.models import Agreement, Milestone, Participation, Program, Project
from records.models import Record

from ..models import Extension, Obligation, ProjectUpdate
from ..models.updates import REPORTED

DAY = timedelta(days=1)
FAR = date(2200, 1, 1)


@dataclass(frozen=True)
class Due:
    id: UUID
    obligation: UUID
    program: UUID
    project: UUID
    institution: UUID
    milestone: UUID | None
    period_starts_on: date
    period_ends_on: date
    rule_due_on: date
    due_on: date
    is_reported: bool


def calendar(until: date) -> set[Due]:
    """Everything that is due by the rules up to `until`."""
    return {due for obligation in Obligation.objects.filter(is_retired=False) for due in _of(obligation, until)}


def _of(obligation: Obligation, until: date) -> Iterator[Due]:
    place = Record.objects.get(id=obligation.scope_id)
    program = Program.objects.filter(id=place.within).first()
    if place.is_retired or program is None or program.is_retired or program.status == "cancelled":
        return
    agreement = Agreement.objects.filter(id=obligation.scope_id).first()
    end = obligation.ends_on_first or _exactly(agreement or program)
    for project in Project.objects.filter(program=program, is_retired=False).exclude(status="cancelled"):
        above = {p.id for p in _upwards(project)}
        if obligation.project_id and obligation.project_id not in above:
            continue
        if agreement and _is_project(agreement.scope_id) and agreement.scope_id not in above:
            continue
        for period_start, period_end, milestone in _periods(obligation, project, end, until):
            rule = period_end + timedelta(days=obligation.days_to_report)
            if rule > until or not _touches(project, period_start, period_end):
                continue
            for institution in _institutions(obligation, agreement, project, period_start, period_end):
                key = (obligation.id, project.id, institution, milestone or period_start)
                yield Due(
                    UUID(hashlib.md5(" ".join(map(str, key)).encode(), usedforsecurity=False).hexdigest()),
                    obligation.id, program.id, project.id, institution, milestone, period_start, period_end, rule,
                    _extended(*key) or rule,
                    _is_reported(project.id, institution, period_start, period_end),
                )  # fmt: skip


def _exactly(row) -> date | None:
    return row.ends_on_first if row.ends_on_first and row.ends_on_first == row.ends_on_last else None


def _is_project(id: UUID | None) -> bool:
    return Project.objects.filter(id=id).exists()


def _upwards(project: Project | None) -> Iterator[Project]:
    while project:
        yield project
        project = project.parent


def _touches(row, starts: date, ends: date) -> bool:
    return (row.starts_on_first is None or row.starts_on_first <= ends) and (
        row.ends_on_last is None or row.ends_on_last >= starts
    )


# ---- periods -----------------------------------------------------------------------------------------------


def _periods(obligation, project, end, until) -> Iterator[tuple[date, date, UUID | None]]:
    if obligation.rhythm == Obligation.Rhythm.ONCE:
        yield obligation.starts_on_first, obligation.ends_on_first, None
    elif obligation.rhythm == Obligation.Rhythm.MILESTONE:
        yield from _milestones(obligation, project, end)
    else:
        months = 12 if obligation.rhythm == Obligation.Rhythm.YEARLY else obligation.every_months
        n, starts = 0, obligation.starts_on_first
        while starts <= until and (end is None or starts <= end):
            following = months_later(obligation.starts_on_first, (n + 1) * months)
            yield starts, min(following - DAY, end or date.max), None
            n, starts = n + 1, following


def months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _milestones(obligation, project, end) -> Iterator[tuple[date, date, UUID]]:
    of = Milestone.objects.filter(is_retired=False, due_on_last__lt=FAR).exclude(state="dropped")
    starts, begun = obligation.starts_on_first, project.starts_on_first
    begun = None if begun == date.min else begun
    if obligation.milestone_id:
        places = (project.id, project.program_id)
        found = [(None, m) for m in of.filter(id=obligation.milestone_id, scope__in=places)]
    else:
        by_day = {m.due_on_last: m for m in of.filter(scope=project.id).order_by("-id")}  # of one day, the first by id
        rows = [by_day[day] for day in sorted(by_day)]
        found = list(zip([None, *rows], rows, strict=False))
    for before, milestone in found:
        due = milestone.due_on_last
        if (starts and due < starts) or (end and due > end):
            continue
        if before is None:
            first = starts or begun or due.replace(month=1, day=1)
        else:
            first = max(before.due_on_last + DAY, starts or date.min)
        yield min(first, due), due, milestone.id


# ---- from whom, until when after all -----------------------------------------------------------------------------


def _institutions(obligation, agreement, project, starts, ends) -> set[UUID]:
    taking_part = [
        part
        for part in Participation.objects.filter(scope=project.id, is_retired=False)
        if _touches(part, starts, ends)
    ]
    if obligation.institution_id:
        return {part.institution_id for part in taking_part} & {obligation.institution_id}
    if agreement:
        parties = Participation.objects.filter(scope=agreement.id, part="party", is_retired=False)
        return {part.institution_id for part in taking_part} & {party.institution_id for party in parties}
    return {part.institution_id for part in taking_part if part.part in obligation.parts}


def _now(row) -> UUID:
    return row.merged_into_id or row.id


def _extended(obligation: UUID, project: UUID, institution: UUID, which: UUID | date) -> date | None:
    granted = [
        one
        for one in Extension.objects.order_by("id")
        if (_now(one.obligation), _now(one.project), _now(one.institution)) == (obligation, project, institution)
        and (_now(one.milestone) if one.milestone else one.period_starts_on) == which
    ]
    return granted[-1].until if granted else None


def _is_reported(project: UUID, institution: UUID, starts: date, ends: date) -> bool:
    of_period = ProjectUpdate.objects.filter(project=project, period_starts_on=starts, period_ends_on=ends)
    return any(_now(one.institution) == institution for one in of_period.filter(state__in=REPORTED))
