"""Pages with money: home, and what the pages of programs, projects and institutions have besides."""

from collections import defaultdict
from dataclasses import dataclass, replace
from uuid import UUID

from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from labs.models import Institution
from labs.rules import can_keep_tokens
from programs.headcounts import Count, by_date, latest_researchers
from programs.models import Headcount, Participation, Program
from records.changes import change_notes
from records.kinds import kind_of
from records.labels import Label, label_of
from records.models import Change, Record
from records.moments import address
from records.pages import refusal
from records.record_page import Fact, RecordPage, both
from records.showing import NO_NOTES, Cell, Notes, label_cell, period_cell, text_in_two
from records.templatetags.registry import when
from records.units import Unit, chosen, in_unit, with_unit

from .models import FundingLine, PayerKind
from .money.asking import Question, chosen_unit, of_record
from .money.section import section_of_institution, section_of_program, section_of_project
from .money.stated import STATED_TOTALS
from .money.tables import ORDER
from .needs import all_needs
from .rollups import totals
from .words import form_word, source_word

MOST_PROGRAMS = 100
LATEST_CHANGES = 8
MEASURES_STATED = ("planned", "committed")


# ---- home --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProgramLine:
    """A program as home shows it."""

    name: Cell
    url: str
    status: Cell
    facts: tuple[Fact, ...]


@require_safe
def home(request):
    """What needs the reader; the programs with their period, money and people, and the latest changes."""
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
    is_now = not (request.known_at or request.as_of)
    own = all_needs(request) if request.reader.is_signed_in and is_now else []
    context = {"needs": own, "programs": lines, "changes": change_notes(changed, request.reader, most=LATEST_CHANGES)}
    return render(request, "home.html", context)


def _money_of_programs(request, programs: list[UUID]) -> dict[UUID, list[dict]]:
    found = defaultdict(list)
    by = ("program", "payer_kind", "form")
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
        _money_fact(money, unit, Question({"program": program.slug}, unit=chosen_unit(unit))),
        _people_fact(count),
        _institutions_fact(leads),
    )
    status = Cell(str(program.get_status_display()), chip=f"chip {program.status}")
    return ProgramLine(text_in_two(label.ko, label.en, with_other=True), label.url, status, facts)


# ---- facts ---------------------------------------------------------------------------------------------


def _money_fact(rows: list[dict], unit: Unit, question: Question) -> Fact:
    """Planned money by currency and form, a way to its lines, with its payers beneath; not stated where no line states any."""
    apart = defaultdict(list)
    for row in rows:
        if row["planned"] is not None:
            apart[row["currency"], FORMS.index(row["form"])].append(row)
    says_form = len({form for _currency, form in apart}) > 1
    cells = []
    for (currency, at), of in sorted(apart.items()):
        text = _in_form(sum(row["planned"] for row in of), currency, FORMS[at] if says_form else "", unit)
        cells.append(Cell(text, href=question.lines_url(currency=currency, form=FORMS[at])))
    beneath = [_share(kind, amount, of[0], unit) for of, kind, amount in _shares(apart)]
    if {row["payer_kind"] for row in rows} == {PayerKind.UNSTATED} and cells:
        beneath = [_("payer not in the sources")]
    return Fact(_("money (planned)"), tuple(cells) or (Cell(is_unstated=True),), " · ".join(beneath))


FORMS = FundingLine.Form.values


def _in_form(amount: int, currency: str, form: str, unit: Unit) -> str:
    """Cash and in kind are not added, so each says which it is where there are both."""
    return (
        f"{with_unit(amount, currency, unit)} ({form_word(form).text})" if form else with_unit(amount, currency, unit)
    )


def _share(kind: str, amount: int, row: dict, unit: Unit) -> str:
    payer = _("payer not in the sources") if kind == PayerKind.UNSTATED else source_word(kind).text
    return f"{payer} {in_unit(amount, row['currency'], unit)}"


def _shares(apart: dict[tuple, list[dict]]):
    """(rows, payer kind, planned) of each currency and form."""
    for _key, of in sorted(apart.items()):
        sums: dict[str, int] = defaultdict(int)
        for row in of:
            sums[row["payer_kind"]] += row["planned"]
        for kind, amount in sorted(sums.items(), key=lambda item: ORDER[item[0]]):
            yield of, kind, amount


def _people_fact(count: Count | None, notes: Notes = NO_NOTES) -> Fact:
    if count is None:
        return Fact(_("researchers"), (Cell(is_unstated=True),))
    sides = _("%(home)d domestic · %(abroad)d overseas") % {
        "home": count.domestic or 0,
        "abroad": count.overseas or 0,
    }
    day = when(count.counted_on)
    beneath = " · ".join(part for part in (day, sides if count.has_sides else "") if part)
    return Fact(_("researchers"), (Cell(_("%d people") % count.total),), beneath, notes)


# ---- the pages of programs, projects and institutions ---------------------------------------------------------------


def program_page(page: RecordPage) -> dict:
    """Money and people of a program, and its strip of facts."""
    money = section_of_program(page)
    return _with_people(
        page,
        money,
        [page.fact("period"), _page_money_fact(page, money), "people", _lead_fact(page), *_lab(page)],
    )


def project_page(page: RecordPage) -> dict:
    """The same for a project with everything below it."""
    money = section_of_project(page)
    facts = [page.fact("program"), page.fact("period"), _lead_fact(page), _leader_fact(page), "people"]
    if money:
        facts.append(_page_money_fact(page, money))
    return _with_people(page, money, facts)


def institution_page(page: RecordPage) -> dict:
    """What an institution pays and receives; for those who keep its tokens the way to them."""
    money = section_of_institution(page)
    keeps_tokens = can_keep_tokens(page.reader, page.row.id) and not page.known_at
    sections = (["parts/money.html"] if money else []) + (["parts/tokens.html"] if keeps_tokens else [])
    return {"money": money, "sections": sections}


def _with_people(page: RecordPage, money: dict, facts: list) -> dict:
    counts = by_date(page.rows("headcount"))
    latest = latest_researchers(page.rows("headcount")).get(page.row.id)
    notes = page.evidence.about(latest.ids if latest else (), "number")
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
    return {
        "count": count,
        "what": str(Headcount.People(count.people).label),
        "at": label_cell(at) if at else None,
        "notes": page.evidence.about(count.ids, "number"),
        "url": address("record", "headcounts", count.ids[0]),
    }


def _page_money_fact(page: RecordPage, money: dict) -> Fact:
    fact = _money_fact(money["rows"] if money else [], page.unit, of_record(page.kind.name, page))
    notes = page.evidence.about([row.id for row in page.rows("funding_line")], *MEASURES_STATED)
    return replace(fact, notes=both(page.evidence.of(page.kind, page.row, *STATED_TOTALS), notes))


def _lead_fact(page: RecordPage) -> Fact:
    """Who leads, and who does the research together, from the rows at hand."""
    here = [part for part in page.rows("participation") if part.institution_id in page.labels]
    parts = [(part.part, page.labels[part.institution_id]) for part in here]
    leads = page.evidence.about([part.id for part in here if part.part == "lead"], "institution", "part")
    return _institutions_fact(parts, leads)


BY_WEIGHT = ("lead", "joint", "host")


def _institutions_fact(parts: list[tuple[str, Label]], notes: Notes = NO_NOTES) -> Fact:
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
    return Fact(_("responsible"), cells, notes=page.evidence.about([r.id for r in roles[:3]], "researcher", "part"))


def _lab(page: RecordPage) -> list[Fact]:
    return [page.fact("lab")] if page.row.lab_id in page.labels else []
