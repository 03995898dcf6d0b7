"""What may happen to money: by command, import, undoing or bare SQL. Each commits, or is refused; for the state machine."""

import csv
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from funding.models import Category, FundingAmount, FundingLine, LedgerEntry
from labs.models import Institution
from programs.models import Program, Project
from records import commands, merging, package
from records.commands import Author, Create
from records.merging import Merge
from records.models import Change
from records.refusals import Refused
from records.rights import EVERYTHING
from records.steps import new_id
from records.undoing import undo
from tests.cast import INTERNAL, PUBLIC, kind, sql

NAMES = {
    FundingLine: "funding_line",
    FundingAmount: "funding_amount",
    LedgerEntry: "ledger_entry",
    Program: "program",
    Project: "project",
    Institution: "institution",
}
YEARS = (2024, 2025, 2026, None)
DAYS = (None, "2024-05", "2025", "2024-05-17~", "2025-06-01")
CHANGES: list = []


def may_happen(change):
    """One change of the registry, or several, each committed. `n` picks the record, `m` what becomes of it."""
    CHANGES.append(change)
    return change


class Nothing(Exception):
    """There is nothing that this could happen to."""


def one(model, n: int, **which):
    rows = list(model.objects.filter(**which).order_by("id"))
    if not rows:
        raise Nothing
    return rows[n % len(rows)]


def officer() -> Author:
    return Author(EVERYTHING, "officer", reason="so")


def edit(row, **values) -> None:
    commands.edit(kind(NAMES[type(row)]), row.id, values, version=row.version, by=officer())


def place(n: int) -> tuple[dict, int]:
    """Where a line may lie, and how hidden it is there."""
    places = [*Program.objects.order_by("id"), *Project.objects.order_by("id")]
    here = places[n % len(places)]
    if isinstance(here, Program):
        return {"program": here.id}, here.visibility
    return {"program": here.program_id, "project": here.id}, here.visibility


def amount_of(line, year, won, **more) -> Create:
    return Create(kind("funding_amount"), {"line": line, "fiscal_year": year, "planned": won} | more)


@may_happen
def add_line(n, m):
    where, hidden = place(n)
    payer = one(Institution, m, slug__in=["ministry", "company", "abroad"]) if m % 4 else None
    values = where | {
        "name_en": "line", "currency": ("KRW", "USD")[m == 3], "form": ("cash", "in_kind", "unstated")[n % 3],
        "payer": payer and payer.id, "unnamed_payer_kind": "" if payer else ("", "local")[n % 2],
        "recipient": one(Institution, n).id if m % 2 else None, "category": ("", *Category.values)[m % 5],
        "state": ("planned", "committed", "closed")[m % 3], "visibility": hidden,
    }  # fmt: skip
    id = new_id()
    more = {"committed": n * 90 if m % 3 else None, "visibility": hidden}
    steps = [Create(kind("funding_line"), values, id), amount_of(id, YEARS[n % 4], n * 100, **more)]
    commands.apply(steps[: 1 + (m > 0)], by=officer())


@may_happen
def revise(n, m):
    line = one(FundingLine, n)
    values = {"decided_on": DAYS[m % 5], "revision": ("", "raised", "cut", "corrected")[m % 4]}
    won = None if m == 7 else (n + m) * 70
    step = amount_of(line.id, YEARS[m % 4], won, committed=won, visibility=max(line.visibility, m % 3), **values)
    commands.apply([step], by=officer())


@may_happen
def edit_amount(n, m):
    edit(one(FundingAmount, n), planned=m * 130, committed=(m * 110, None)[m % 2])


@may_happen
def hide_amount(n, m):
    edit(one(FundingAmount, n), visibility=m % 3)


@may_happen
def hide_line(n, m):
    edit(one(FundingLine, n), visibility=m % 3)


@may_happen
def hide_entry(n, m):
    edit(one(LedgerEntry, n), visibility=m % 3)


@may_happen
def split(n, m):
    of = one(FundingLine, n, is_retired=False)
    projects = list(Project.objects.filter(program=of.program_id, visibility__lte=of.visibility).order_by("id"))
    at = projects[m % len(projects)].id if projects and m % 3 else of.project_id
    amount = of.amounts.filter(is_retired=False).first()
    won = amount and amount.planned and amount.planned * (m % 4 + 1) // 5
    values = {
        "name_en": "split", "program": of.program_id, "project": at, "currency": of.currency, "form": of.form,
        "envelope": of.id, "recipient": one(Institution, m).id, "visibility": of.visibility,
    }  # fmt: skip
    id, year = new_id(), YEARS[m % 4] if m > 4 else amount and amount.fiscal_year
    hidden = max(of.visibility, m % 3) if m > 5 else of.visibility
    steps = [Create(kind("funding_line"), values, id), amount_of(id, year, won, committed=won, visibility=hidden)]
    commands.apply(steps, by=officer())


@may_happen
def split_anew(n, m):
    """A split takes up another amount, is one of another envelope, or stands alone."""
    line = one(FundingLine, n, envelope__isnull=False)
    if m < 4:
        edit(one(FundingAmount, m, line=line), planned=m * 60)
    else:
        envelope = one(FundingLine, m, program=line.program_id, currency=line.currency, form=line.form)
        edit(line, envelope=None if m == 4 else envelope.id)


@may_happen
def cancel(n, m):
    edit(one(FundingLine, n), state=("cancelled", "committed", "cancelled", "closed")[m % 4])


@may_happen
def pay(n, m):
    payer = one(Institution, m)
    edit(one(FundingLine, n), payer=None if m == 3 else payer.id, unnamed_payer_kind="")


@may_happen
def move_line(n, m):
    where, hidden = place(m)
    edit(one(FundingLine, n), **{"project": None} | where, visibility=hidden)


@may_happen
def move_project(n, m):
    project = one(Project, n)
    parent = one(Project, m, program=project.program_id)
    edit(project, parent=None if m == 5 else parent.id, visibility=parent.visibility)


@may_happen
def move_to_program(n, m):
    """A project with all that lies in it, as somebody at the database would do it."""
    project, program = one(Project, n), one(Program, m)
    sql(
        "WITH RECURSIVE below (id) AS (SELECT %s::uuid UNION SELECT p.id FROM below b JOIN programs_project p ON p.parent_id = b.id),"
        " moved AS (UPDATE programs_project p SET program_id = %s, parent_id = CASE WHEN p.id <> %s THEN parent_id END"
        "   FROM below b WHERE b.id = p.id)"
        " UPDATE funding_fundingline l SET program_id = %s FROM below b WHERE b.id = l.project_id",
        project.id, program.id, project.id, program.id,
    )  # fmt: skip


@may_happen
def change_payer(n, m):
    kinds = ("ministry", "company", "fund", "university", "local_government")
    edit(one(Institution, n), kind=kinds[m % 5], country=("KR", "US", "")[m % 3])


@may_happen
def hide_payer(n, m):
    edit(one(Institution, n), visibility=(PUBLIC, INTERNAL)[m % 2])


@may_happen
def enter(n, m):
    line = one(FundingLine, n)
    values = {
        "line": line.id, "movement": LedgerEntry.Movement.values[m % 4], "amount": 10 + n * 37,
        "posted_on": ("2024-11", "2025-03-01", "2025", "2026-01-05")[m % 4], "fiscal_year": 2025 if m == 7 else None,
        "outside_key": f"key {n % 2}" if m % 3 == 0 else "", "visibility": max(line.visibility, n % 3),
    }  # fmt: skip
    commands.create(kind("ledger_entry"), values, by=officer())


@may_happen
def enter_against(n, m):
    entry = one(LedgerEntry, n)
    values = {
        "line": entry.line_id, "movement": entry.movement, "corrects": entry.id, "visibility": entry.visibility,
        "amount": -(entry.amount * (m + 1) // 6), "posted_on": "2026-02",
        "fiscal_year": entry.fiscal_year or entry.posted_on_first.year,
    }  # fmt: skip
    commands.create(kind("ledger_entry"), values, by=officer())


@may_happen
def retire(n, m):
    model = (FundingLine, FundingAmount, FundingLine, Project, Program)[m % 5]
    row = one(model, n, is_retired=False)
    commands.apply([commands.Retire(kind(NAMES[model]), row.id, row.version, m > 3)], by=officer())


@may_happen
def restore(n, m):
    for model in (Program, Project, FundingLine, FundingAmount):
        with suppress(Refused, Nothing):
            row = one(model, n, is_retired=True)
            commands.restore(kind(NAMES[model]), row.id, version=row.version, by=officer())


@may_happen
def undo_a_change(n, m):
    latest = Change.objects.order_by("-id").values_list("id", flat=True)[:12]
    undo(latest[n % len(latest)], by=officer(), only_possible=m % 2 == 0)


@may_happen
def load_a_package(n, m):
    """All that there is comes back with a changed amount, a further line, and what moved of it."""
    if m != 3:  # seldom: it takes long
        raise Nothing
    with TemporaryDirectory() as folder:
        package.dump(Path(folder))
        amounts, lines, entries = (Path(folder) / f"funding-{name}.csv" for name in ("amounts", "lines", "lines"))
        entries = Path(folder) / "ledger-entries.csv"
        changed, held, moved = map(_read, (amounts, lines, entries))
        if changed:
            changed[n % len(changed)]["planned"] = str(n * 500)
        more = held[n % len(held)] | {"id": str(uuid4()), "envelope": "", "is_retired": "false", "state": "planned"}
        held.append(more)
        of = {"line": more["id"], "visibility": "internal", "is_retired": "false"}
        changed.append(dict.fromkeys(_header(amounts), "") | of | {"id": str(uuid4()), "fiscal_year": "2025", "planned": "70"})  # fmt: skip
        moved.append(
            dict.fromkeys(_header(entries), "") | of
            | {"id": str(uuid4()), "movement": "received", "posted_on": "2025-07", "amount": "40"}
        )  # fmt: skip
        for path, rows in ((amounts, changed), (lines, held), (entries, moved)):
            _write(path, rows)
        package.load(Path(folder), actor_name="somebody", reason="so")


def _header(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").partition("\n")[0].split(",")


def _read(path: Path) -> list[dict]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _write(path: Path, rows: list[dict]) -> None:
    header = _header(path)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header)
        writer.writeheader()
        writer.writerows(rows)


BARE = (
    "UPDATE funding_fundingamount SET planned = planned - 7 WHERE fiscal_year IS NULL",
    "UPDATE funding_fundingamount SET is_retired = NOT is_retired WHERE decided_on IS NOT NULL",
    "UPDATE funding_fundingamount SET fiscal_year = 2027 WHERE fiscal_year = 2026",
    "UPDATE funding_fundingline SET state = 'cancelled' WHERE envelope_id IS NOT NULL",
    "UPDATE funding_fundingline SET state = 'committed', category = 'other' WHERE state <> 'committed'",
    "UPDATE programs_program SET visibility = 1 WHERE slug = 'beta'",
    "UPDATE programs_project SET parent_id = NULL",
    "UPDATE labs_institution SET country = 'US', kind = 'fund'",
    "DELETE FROM funding_fundingamount WHERE visibility = 2",
    "UPDATE programs_program SET visibility = 0; UPDATE programs_project SET visibility = 0;"
    " UPDATE funding_fundingline SET visibility = 0; UPDATE funding_fundingamount SET visibility = 0",
    "WITH gone AS (DELETE FROM funding_fundingamount a USING funding_fundingline l WHERE a.line_id = l.id AND l.is_retired)"
    " DELETE FROM funding_fundingline l WHERE l.is_retired",
    "INSERT INTO funding_fundingamount (line_id, fiscal_year, planned, decided_on, revision, note_ko, note_en, visibility, is_retired)"
    " SELECT id, 2028, 1, NULL, '', '', '', visibility, false FROM funding_fundingline ORDER BY id LIMIT 5",
)  # fmt: skip


LOADED = (
    "INSERT INTO funding_fundingline (program_id, project_id, visibility, name_ko, name_en, aliases, unnamed_payer_kind, form,"
    " currency, state, category, note_ko, note_en, is_retired)"
    " SELECT program, project, greatest(visibility, n), '', 'loaded', '{}', '', 'cash', 'KRW', 'planned', '', '', '', false FROM ("
    "  SELECT id AS program, NULL::uuid AS project, visibility FROM programs_program WHERE NOT is_retired"
    "  UNION ALL SELECT program_id, id, visibility FROM programs_project WHERE NOT is_retired) s, generate_series(0, %s) n",
    "INSERT INTO funding_fundingamount (line_id, visibility, fiscal_year, planned, revision, note_ko, note_en, is_retired)"
    " SELECT id, visibility, 2025, %s, '', '', '', false FROM funding_fundingline l WHERE name_en = 'loaded' AND NOT is_retired"
    " AND NOT EXISTS (SELECT FROM funding_fundingamount WHERE line_id = l.id)",
)


@may_happen
def load_many(n, m):
    """Lines everywhere and then an amount for each, in a statement each, past all commands."""
    for text, number in zip(LOADED, (n % 3, m * 10), strict=True):
        sql(text, number)


@may_happen
def bare_sql(n, m):
    sql(BARE[(n + 7 * m) % len(BARE)])


@may_happen
def more_bare_sql(n, m):
    bare_sql(n + m, n)


@may_happen
def merge_two(n, m):
    """Two payers, two projects or two programs turn out to be one."""
    model = (Institution, Project, Program)[m % 3]
    keep, other = one(model, n, is_retired=False), one(model, n + m + 1, is_retired=False)
    merge = Merge(kind(NAMES[model]), keep.id, keep.version, other.id, other.version)
    merging.carry_out(merge, by=officer())
