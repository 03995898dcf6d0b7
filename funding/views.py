"""Pages with money: home, and what the pages of programs and projects have besides."""

from collections import defaultdict
from dataclasses import dataclass, replace
from uuid import UUID

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from labs.models import Institution
from programs.headcounts import Count, by_date, latest_researchers
from programs.models import Headcount, Participation, Program
from records.changes import change_notes
from records.kinds import kind_of
from records.labels import Label, label_of
from records.models import Change, Record
from records.moments import address
from records.pages import refusal
from records.record_page import Fact, RecordPage
from records.showing import Cell, label_cell, period_cell, text_in_two
from records.templatetags.registry import when
from records.units import Unit, chosen, in_unit, with_unit

from .models import PayerKind
from .money_page import ORDER, STATED_TOTALS, money_section, payer_word
from .rollups import totals

MOST_PROGRAMS = 100
LATEST_CHANGES = 8


# ---- home --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProgramLine:
    """A program as home shows it."""

    name: Cell
    url: str
    status: Cell
    facts: tuple[Fact, ...]


def home(request):
    """The programs with their period, money and people, and the latest changes."""
    if problems := refusal(request):
        return problems
    kind, unit = kind_of(Program), chosen(request.GET.get("unit"))
    rows = kind.counting_on(kind.rows().visible_to(request.reader), request.as_of)
    programs = list(rows.order_by("starts_on_first", "slug")[:MOST_PROGRAMS])
    money = _money_of_programs(request, [p.id for p in programs])
    people = latest_researchers(_headcounts([p.id for p in programs], request))
    leads = _leads([p.id for p in programs], request)
    lines = [_program_line(p, unit, money[p.id], people.get(p.id), leads[p.id]) for p in programs]
    latest = Change.objects.order_by("-at").values("id")[:LATEST_CHANGES]
    changed = Record.objects.with_retired_visible_to(request.reader).filter(change__in=latest)
    context = {"programs": lines, "changes": change_notes(changed, request.reader, most=LATEST_CHANGES)}
    return render(request, "home.html", context)


def _money_of_programs(request, programs: list[UUID]) -> dict[UUID, list[dict]]:
    found = defaultdict(list)
    by = ("program", "payer_kind")
    of = {"program": programs}
    for row in totals(request.reader, group_by=by, only=of, as_of=request.as_of, is_past=bool(request.known_at)):
        found[row["program"]].append(row)
    return found


def _headcounts(scopes: list[UUID], request) -> list[Headcount]:
    """The counts that are the latest of their kind, today or on the asked day."""
    kind = kind_of(Headcount)
    rows = kind.rows().visible_to(request.reader).filter(scope__in=scopes)
    return list(kind.counting_on(rows, request.as_of or timezone.localdate()))


def _leads(programs: list[UUID], request) -> dict[UUID, list[tuple[str, Label]]]:
    """(part, label) of the institutions that lead, or that do the research together, for each program."""
    found = defaultdict(list)
    parts = Participation.objects.visible_to(request.reader).filter(
        scope__in=programs, part__in=BY_WEIGHT, institution__visibility__lte=request.reader.level
    )
    for part in parts.select_related("institution").order_by("id"):
        found[part.scope_id].append((part.part, label_of(kind_of(Institution), part.institution)))
    return found


def _program_line(program, unit: Unit, money: list[dict], count: Count | None, leads) -> ProgramLine:
    label = label_of(kind_of(Program), program)
    facts = (
        Fact(_("period"), (period_cell(program.starts_on, program.ends_on),)),
        _money_fact(money, unit),
        _people_fact(count),
        _institutions_fact(leads),
    )
    status = Cell(str(program.get_status_display()), chip=f"chip {program.status}")
    return ProgramLine(text_in_two(label.ko, label.en, with_other=True), label.url, status, facts)


# ---- facts ---------------------------------------------------------------------------------------------


def _money_fact(rows: list[dict], unit: Unit, notes: tuple[int, ...] = ()) -> Fact:
    """Planned money by currency, with its payers beneath; not stated where no line states an amount."""
    by_currency = defaultdict(list)
    for row in rows:
        if row["planned"] is not None:
            by_currency[row["currency"]].append(row)
    cells = tuple(
        Cell(with_unit(sum(row["planned"] for row in of), currency, unit))
        for currency, of in sorted(by_currency.items())
    )
    beneath = [
        _share(kind, amount, currency, unit) for currency, of in by_currency.items() for kind, amount in _by_payer(of)
    ]
    if {row["payer_kind"] for row in rows} == {PayerKind.UNSTATED} and cells:
        beneath = [_("payer not in the sources")]
    return Fact(_("money (planned)"), cells or (Cell(is_unstated=True),), " · ".join(beneath), notes)


def _share(kind: str, amount: int, currency: str, unit: Unit) -> str:
    payer = _("payer not in the sources") if kind == PayerKind.UNSTATED else payer_word(kind)
    return f"{payer} {in_unit(amount, currency, unit)}"


def _by_payer(rows: list[dict]) -> list[tuple[str, int]]:
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row["payer_kind"]] += row["planned"]
    return sorted(sums.items(), key=lambda item: ORDER[item[0]])


def _people_fact(count: Count | None, notes: tuple[int, ...] = ()) -> Fact:
    if count is None:
        return Fact(_("researchers"), (Cell(is_unstated=True),))
    sides = _("%(home)d domestic · %(abroad)d overseas") % {
        "home": count.domestic or 0,
        "abroad": count.overseas or 0,
    }
    day = when(count.counted_on)
    beneath = " · ".join(part for part in (day, sides if count.has_sides else "") if part)
    return Fact(_("researchers"), (Cell(_("%d people") % count.total),), beneath, notes)


# ---- the pages of programs and projects ---------------------------------------------------------------


def program_page(page: RecordPage) -> dict:
    """Money and people of a program, and its strip of facts."""
    money = money_section(page, {"program": page.row.id}, {"program": page.label.key})
    return _with_people(
        page,
        money,
        [page.fact("period"), _page_money_fact(page, money), "people", _lead_fact(page), *_lab(page)],
    )


def project_page(page: RecordPage) -> dict:
    """The same for a project with everything below it."""
    money = money_section(page, {"project": page.row.id}, {"within": page.label.key})
    facts = [page.fact("program"), page.fact("period"), _lead_fact(page), _leader_fact(page), "people"]
    if money:
        facts.append(_page_money_fact(page, money))
    return _with_people(page, money, facts)


def _with_people(page: RecordPage, money: dict, facts: list) -> dict:
    counts = by_date(page.rows("headcount"))
    latest = latest_researchers(page.rows("headcount")).get(page.row.id)
    notes = tuple(sorted({n for id in (latest.ids if latest else ()) for n in page.evidence.by_record.get(id, ())}))
    sections = (["parts/money.html"] if money else []) + (["parts/people.html"] if counts else [])
    page.untold |= {"headcount", "funding_line"}
    return {
        "facts": [fact for fact in _with_people_fact(facts, latest, notes) if fact.cells],
        "money": money,
        "people": [_people_row(page, count) for count in counts],
        "sections": sections,
    }


def _with_people_fact(facts: list, latest: Count | None, notes) -> list[Fact]:
    return [_people_fact(latest, notes) if fact == "people" else fact for fact in facts]


def _people_row(page: RecordPage, count: Count) -> dict:
    at = page.labels.get(count.institution)
    notes = sorted({n for id in count.ids for n in page.evidence.by_record.get(id, ())})
    return {
        "count": count,
        "what": str(Headcount.People(count.people).label),
        "at": label_cell(at) if at else None,
        "notes": tuple(notes),
        "url": address("record", "headcounts", count.ids[0]),
    }


def _page_money_fact(page: RecordPage, money: dict) -> Fact:
    rows = [row for group in money["groups"] for row in group["totals"]] if money else []
    fact = _money_fact(rows, page.unit)
    lines = {n for row in page.rows("funding_line") for n in page.evidence.by_record.get(row.id, ())}
    return replace(fact, notes=tuple(sorted({*page.evidence.notes(*STATED_TOTALS), *lines})))


def _lead_fact(page: RecordPage) -> Fact:
    """Who leads, and who does the research together, from the rows at hand."""
    here = [part for part in page.rows("participation") if part.institution_id in page.labels]
    parts = [(part.part, page.labels[part.institution_id]) for part in here]
    leads = {n for part in here if part.part == "lead" for n in page.evidence.by_record.get(part.id, ())}
    return _institutions_fact(parts, tuple(sorted(leads)))


BY_WEIGHT = ("lead", "joint", "host")


def _institutions_fact(parts: list[tuple[str, Label]], notes: tuple[int, ...] = ()) -> Fact:
    """The institutions with the weightiest part; the joint ones beneath those that lead."""
    by_part = {name: list(dict.fromkeys(label for part, label in parts if part == name)) for name in BY_WEIGHT}
    first = next((name for name in BY_WEIGHT if by_part[name]), "lead")
    shown = by_part[first][:2]
    joint = [label for label in (*by_part[first][2:], *by_part["joint"]) if label not in shown]
    others = list(dict.fromkeys(str(label) for label in joint))
    beneath = " · ".join(others[:3]) + (" …" if len(others) > 3 else "")
    title = str(Participation.Part(first).label)
    return Fact(title, tuple(label_cell(label) for label in shown), beneath, notes)


LEADERS = ("director", "co_director", "pi", "subproject_lead", "co_pi")


def _leader_fact(page: RecordPage) -> Fact:
    roles = sorted((r for r in page.rows("role") if r.part in LEADERS), key=lambda r: LEADERS.index(r.part))
    cells = tuple(label_cell(page.labels[r.researcher_id]) for r in roles[:3] if r.researcher_id in page.labels)
    notes = {n for r in roles[:3] for n in page.evidence.by_record.get(r.id, ())}
    return Fact(_("responsible"), cells, notes=tuple(sorted(notes)))


def _lab(page: RecordPage) -> list[Fact]:
    return [page.fact("lab")] if page.row.lab_id in page.labels else []
