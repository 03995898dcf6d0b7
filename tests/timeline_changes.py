"""What may happen to dated facts: by command, undoing, merging or bare SQL. Each commits, or is refused; for the state machine."""

from datetime import date

from labs.models import Institution, Lab
from people.models import Researcher
from programs.models import Agreement, Course, Event, Milestone, Output, Participation, Phase, Program, Project, Role
from records import commands, merging
from records.kinds import kind_of
from records.merging import Merge
from records.models import Change, Relation
from records.undoing import undo
from reports.models import Extension, Obligation, ProjectUpdate, ReportDue
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, sql
from tests.money_changes import Nothing, officer, one

DATES = (
    None, "2022", "2024-07", "2024-07-28", "../2023", "2024/..", "2025~", "2024-11/2025-02", "2026-12-01", "2027?",
)  # fmt: skip
DATED = (Program, Project, Phase, Milestone, Agreement, Event, Course, Output, Participation, Role, Lab)
UNDERTAKEN = (Program, Project)
CHANGES: list = []


def may_happen(change):
    """One change of the registry, or several, each committed. `n` picks the record, `m` what becomes of it."""
    CHANGES.append(change)
    return change


def edit(row, **values) -> None:
    commands.edit(kind_of(type(row)), row.id, values, version=row.version, by=officer())


def place(n: int) -> Program | Project:
    return one(UNDERTAKEN[n % 2], n // 2)


@may_happen
def date_anew(n, m):
    """A date, or two, of a record of any kind."""
    row = one(DATED[n % len(DATED)], m)
    dated = kind_of(type(row)).dated[m % len(kind_of(type(row)).dated)]
    edit(row, **{dated.starts: DATES[(n + m) % 10], **({dated.ends: DATES[(n + 3 * m) % 10]} if dated.ends else {})})


@may_happen
def date_a_milestone(n, m):
    goal, state = one(Milestone, n), ("open", "done", "open", "dropped")[m % 4]
    done = DATES[n % 10] if state == "done" else None
    edit(goal, due_on=DATES[m], planned_on=DATES[(m, n)[n % 2]], done_on=done, state=state)


@may_happen
def go_on(n, m):
    status = ("planned", "running", "suspended", "completed", "cancelled")[m % 5]
    edit(one((Program, Project, Phase, Event, Course)[n % 5], m), status=status)


@may_happen
def come_out(n, m):
    edit(one(Output, n), state=("expected", "out")[m % 2], published_on=DATES[m])


@may_happen
def open_a_lab(n, m):
    edit(one(Lab, n), opened_on=DATES[m] if n % 2 else None, opening_planned_on=DATES[n % 10])


@may_happen
def add_below(n, m):
    scope, kind = place(n), ("phase", "milestone", "agreement", "event", "course", "output")[m % 6]
    cast.UNDER[kind](scope, "one more", visibility=max(scope.visibility, n % 3))


@may_happen
def add_a_project(n, m):
    within = place(n)
    cast.project(within, starts_on=DATES[n % 10], status=("planned", "running")[m % 2], visibility=within.visibility)


@may_happen
def take_part(n, m):
    scope = place(n) if n % 3 else one((Agreement, Event, Lab)[m % 3], n)
    hidden = max(scope.visibility, m % 3)
    if n % 2:
        cast.participation(one(Institution, m), scope, part="lead", starts_on=DATES[m % 10], visibility=hidden)
    else:
        cast.role(one(Researcher, m), scope, starts_on=DATES[m % 10], visibility=hidden)


@may_happen
def part_anew(n, m):
    part = one((Participation, Role)[n % 2], m)
    taker = {"institution": one(Institution, n).id} if n % 2 == 0 else {"researcher": one(Researcher, n).id}
    edit(part, **taker, starts_on=DATES[m])


@may_happen
def belong_elsewhere(n, m):
    if m % 3 == 0:
        edit(one(Relation, n), visibility=(PUBLIC, SHARED, INTERNAL)[n % 3])
    else:
        cast.relation(place(n), one(Program, m), visibility=(PUBLIC, INTERNAL)[m % 2])


@may_happen
def hide(n, m):
    row = one(DATED[n % len(DATED)], m)
    edit(row, visibility=(PUBLIC, INTERNAL, SHARED)[(n + m) % (2 if isinstance(row, Lab) else 3)])


@may_happen
def hide_with_all_below(n, m):
    sql("UPDATE programs_project SET visibility = %s WHERE id = %s", m % 3, one(Project, n).id)


@may_happen
def retire(n, m):
    row = one(DATED[n % len(DATED)], m, is_retired=False)
    commands.apply([commands.Retire(kind_of(type(row)), row.id, row.version, True)], by=officer())


@may_happen
def restore(n, m):
    row = one(DATED[n % len(DATED)], m, is_retired=True)
    commands.restore(kind_of(type(row)), row.id, version=row.version, by=officer())


@may_happen
def undo_a_change(n, m):
    latest = Change.objects.order_by("-id").values_list("id", flat=True)[:12]
    undo(latest[n % len(latest)], by=officer(), only_possible=m % 2 == 0)


@may_happen
def merge_two(n, m):
    """Two institutions, people, projects, programs or goals turn out to be one."""
    model = (Institution, Project, Program, Researcher, Milestone)[m % 5]
    keep, other = one(model, n, is_retired=False), one(model, n + m + 1, is_retired=False)
    merge = Merge(kind_of(model), keep.id, keep.version, other.id, other.version)
    merging.carry_out(merge, by=officer())


@may_happen
def move_to_program(n, m):
    """A project with all that lies in it, as somebody at the database would do it."""
    project, program = one(Project, n), one(Program, m)
    sql(
        "WITH RECURSIVE below (id) AS (SELECT %s::uuid UNION SELECT p.id FROM below b JOIN programs_project p ON p.parent_id = b.id)"
        " UPDATE programs_project p SET program_id = %s, parent_id = CASE WHEN p.id <> %s THEN parent_id END FROM below b WHERE b.id = p.id",
        project.id, program.id, project.id,
    )  # fmt: skip


@may_happen
def move_what_lies_below(n, m):
    row = one((Phase, Milestone, Agreement, Event, Course, Output)[n % 6], m)
    edit(row, scope=place(n + m).id)


@may_happen
def oblige(n, m):
    scope = place(n)
    cast.obligation(scope, starts_on=("2025-01-01", "2026")[m % 2], visibility=max(scope.visibility, m % 3))


@may_happen
def oblige_anew(n, m):
    edit(one(Obligation, n), days_to_report=10 * m, ends_on=DATES[8] if n % 2 else None)


@may_happen
def report(n, m):
    due = one(ReportDue, n, is_reported=False)
    values = {"project_id": due.project_id, "institution_id": due.institution_id}
    period = {"period_starts_on": due.period_starts_on, "period_ends_on": due.period_ends_on}
    update = ProjectUpdate.objects.create(**values, **period)
    update.state, update.submitted_at = "submitted", Change.objects.latest("id").at
    update.save()


@may_happen
def put_off(n, m):
    due = one(ReportDue, n, milestone=None)
    row = {name: getattr(due, name) for name in ("obligation_id", "project_id", "institution_id", "period_starts_on")}
    Extension.objects.create(**row, until=date(2027, 1 + m, 1), reason="so")


BARE = (
    "UPDATE programs_project SET starts_on = '2023-05', ends_on = NULL WHERE status = 'running'",
    "UPDATE programs_milestone SET planned_on = due_on",
    "UPDATE programs_milestone SET planned_on = '2020-02-02', due_on = '2020/..' WHERE state = 'open'",
    "UPDATE programs_event SET ends_on = NULL",
    "UPDATE programs_participation SET is_retired = NOT is_retired WHERE starts_on IS NULL",
    "UPDATE programs_role SET visibility = 2 WHERE starts_on IS NULL",
    "UPDATE programs_project SET parent_id = NULL",
    "UPDATE programs_program SET visibility = 0; UPDATE programs_project SET visibility = 0",
    "UPDATE records_relation SET is_retired = NOT is_retired",
    "DELETE FROM records_relation WHERE is_retired",
    "DELETE FROM programs_output",
    "DELETE FROM programs_phase WHERE is_retired",
    "INSERT INTO programs_phase (scope_id, title_ko, title_en, aliases, number, status, starts_on, visibility, is_retired)"
    " SELECT id, '', 'loaded', '{}', '', 'planned', '2026/..', visibility, false FROM programs_project WHERE NOT is_retired",
)  # fmt: skip


@may_happen
def bare_sql(n, m):
    sql(BARE[(n + 10 * m) % len(BARE)])


@may_happen
def forget_the_figure(n, m):
    """What is kept is worked out again, whatever becomes of it."""
    if m:
        raise Nothing
    sql("DELETE FROM records_timelineentry; INSERT INTO records_stalemark (figure, scopes) VALUES ('timelines', NULL)")
