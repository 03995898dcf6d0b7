"""Pages with money: home, and what the pages of programs and projects have besides."""

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode
from uuid import UUID

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from labs.models import Institution
from programs.headcounts import Count, by_date, latest_researchers
from programs.models import Headcount, Participation, Program
from records.drawing import NARROW, WIDE, Sum, money_bars
from records.figures import ComputedAt, StaleMark
from records.kinds import kind_of
from records.labels import label_of
from records.models import Change, Record
from records.pages import Fact, RecordPage, refusal
from records.showing import Cell, label_cell, period_cell, text_in_two
from records.templatetags.registry import when
from records.units import UNITS, Unit, chosen, head, in_unit, with_unit
from records.versions import change_notes

from .models import FundingLine, PayerKind
from .rollups import totals

MOST_PROGRAMS = 100
LATEST_CHANGES = 8
ORDER = {kind: n for n, kind in enumerate(PayerKind.values)}
STATED_TOTALS = ("total_planned", "total_committed")


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
    money = _money_of_programs(request)
    people = latest_researchers(_headcounts([p.id for p in programs], request))
    leads = _leads([p.id for p in programs], request)
    lines = [_program_line(p, unit, money[p.id], people.get(p.id), leads[p.id]) for p in programs]
    latest = Change.objects.order_by("-at").values("id")[:LATEST_CHANGES]
    changed = Record.objects.with_retired_visible_to(request.reader).filter(change__in=latest)
    context = {"programs": lines, "changes": change_notes(changed, request.reader, most=LATEST_CHANGES)}
    return render(request, "home.html", context)


def _money_of_programs(request) -> dict[UUID, list[dict]]:
    found = defaultdict(list)
    by = ("program", "payer_kind")
    for row in totals(request.reader, group_by=by, as_of=request.as_of, is_past=bool(request.known_at)):
        found[row["program"]].append(row)
    return found


def _headcounts(scopes: list[UUID], request) -> list[Headcount]:
    """The counts that are the latest of their kind, today or on the asked day."""
    kind = kind_of(Headcount)
    rows = kind.rows().visible_to(request.reader).filter(scope__in=scopes)
    return list(kind.counting_on(rows, request.as_of or timezone.localdate()))


def _leads(programs: list[UUID], request) -> dict[UUID, list[Institution]]:
    found = defaultdict(list)
    parts = Participation.objects.visible_to(request.reader).filter(program__in=programs, project=None, part="lead")
    for part in parts.select_related("institution").order_by("id"):
        if part.institution.visibility <= request.reader.level:
            found[part.program_id].append(part.institution)
    return found


def _program_line(program, unit: Unit, money: list[dict], count: Count | None, leads) -> ProgramLine:
    label = label_of(kind_of(Program), program)
    facts = (
        Fact(_("period"), (period_cell(program.starts_on, program.ends_on),)),
        _money_fact(money, unit),
        _people_fact(count),
        Fact(_("lead"), tuple(label_cell(label_of(kind_of(Institution), row)) for row in leads)),
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
    beneath = " · ".join(
        f"{_payer(kind)} {in_unit(amount, currency, unit)}"
        for currency, of in sorted(by_currency.items())
        for kind, amount in _by_payer(of)
    )
    return Fact(_("money (planned)"), cells or (Cell(is_unstated=True),), beneath, notes)


def _by_payer(rows: list[dict]) -> list[tuple[str, int]]:
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row["payer_kind"]] += row["planned"]
    return sorted(sums.items(), key=lambda item: ORDER[item[0]])


def _payer(kind: str) -> str:
    return str(PayerKind(kind).label)


def _people_fact(count: Count | None, notes: tuple[int, ...] = ()) -> Fact:
    if count is None:
        return Fact(_("researchers"), (Cell(is_unstated=True),))
    sides = _("%(home)d domestic · %(abroad)d overseas") % {
        "home": count.domestic or 0,
        "abroad": count.overseas or 0,
    }
    day = when(count.counted_on)
    beneath = " · ".join(part for part in (sides if count.has_sides else "", day) if part)
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
    page.related = [found for found in page.related if found[1].name != "headcount"]
    return {
        "facts": [_people_fact(latest, notes) if fact == "people" else fact for fact in facts],
        "money": money,
        "people": [_people_row(page, count) for count in counts],
        "sections": sections,
    }


def _people_row(page: RecordPage, count: Count) -> dict:
    at = page.labels.get(count.institution)
    notes = sorted({n for id in count.ids for n in page.evidence.by_record.get(id, ())})
    return {
        "count": count,
        "what": str(Headcount.People(count.people).label),
        "at": label_cell(at) if at else None,
        "notes": tuple(notes),
        "url": reverse("record", args=["headcounts", count.ids[0]]),
    }


def _page_money_fact(page: RecordPage, money: dict) -> Fact:
    rows = [row for group in money["groups"] for row in group["totals"]] if money else []
    fact = _money_fact(rows, page.unit)
    lines = {n for row in page.rows("funding_line") for n in page.evidence.by_record.get(row.id, ())}
    return replace(fact, notes=tuple(sorted({*page.evidence.notes(*STATED_TOTALS), *lines})))


def _lead_fact(page: RecordPage) -> Fact:
    """Who leads, and who takes part besides."""
    parts = page.rows("participation")
    here = [part for part in parts if page.kind.name == "project" or part.project_id is None]
    names = defaultdict(list)
    for part in here:
        label = page.labels.get(part.institution_id)
        if label and label not in names[part.part]:
            names[part.part].append(label)
    leads = names["lead"] or names["joint"]
    others = [str(label) for label in names["joint"] if label not in leads]
    beneath = " · ".join(others[:4]) + (" …" if len(others) > 4 else "")
    notes = {n for part in here if part.part == "lead" for n in page.evidence.by_record.get(part.id, ())}
    title = _("lead") if names["lead"] else _("joint research")
    return Fact(title, tuple(label_cell(label) for label in leads[:3]), beneath, tuple(sorted(notes)))


LEADERS = ("director", "co_director", "pi", "subproject_lead", "co_pi")


def _leader_fact(page: RecordPage) -> Fact:
    roles = sorted((r for r in page.rows("role") if r.part in LEADERS), key=lambda r: LEADERS.index(r.part))
    cells = tuple(label_cell(page.labels[r.researcher_id]) for r in roles[:3] if r.researcher_id in page.labels)
    notes = {n for r in roles[:3] for n in page.evidence.by_record.get(r.id, ())}
    return Fact(_("responsible"), cells, notes=tuple(sorted(notes)))


def _lab(page: RecordPage) -> list[Fact]:
    return [page.fact("lab")] if page.row.lab_id in page.labels else []


# ---- money ---------------------------------------------------------------------------------------------


def money_section(page: RecordPage, scope: dict, filters: dict) -> dict:
    """Totals by payer kind and form, per currency, each with the lines behind it; {} where there is no line."""
    rows = totals(page.reader, **scope, group_by=("payer_kind", "form"), as_of=page.as_of, is_past=bool(page.known_at))
    by_currency = defaultdict(list)
    for row in sorted(rows, key=lambda row: (ORDER[row["payer_kind"]], row["form"])):
        by_currency[row["currency"]].append(row)
    stated = [said for name in STATED_TOTALS for said in page.evidence.by_attribute.get(name, ())]
    if not rows and not stated:
        return {}
    return {
        "unit": page.unit,
        "units": UNITS.values(),
        "groups": [_group(page, currency, of, filters) for currency, of in sorted(by_currency.items())],
        "stated": [_stated(said, by_currency, page.unit) for said in stated],
        "lines_url": _lines_url(filters),
        "computed_at": None if page.as_of or page.known_at else _computed_at(),
    }


def _computed_at() -> dict:
    """When the totals were last worked out, and whether a change waits to be counted."""
    at = ComputedAt.objects.filter(figure="rollups").values_list("at", flat=True).first()
    return {"at": at, "is_stale": StaleMark.objects.filter(figure="rollups").exists()}


def _lines_url(filters: dict) -> str:
    counted = ",".join(state for state in FundingLine.State.values if state != FundingLine.State.CANCELLED)
    return f"{reverse('list', args=['funding-lines'])}?{urlencode({**filters, 'state__in': counted})}"


def _group(page: RecordPage, currency: str, rows: list[dict], filters: dict) -> dict:
    """One currency: its rows, totals and bars."""
    here = {**filters, "currency": currency}
    shown = [_money_row(page, row, currency, here) for row in rows]
    planned = [row["planned"] for row in rows if row["planned"] is not None]
    committed = [row["committed"] for row in rows if row["committed"] is not None]
    sums = [Sum(r["label"], r["row"]["planned"], r["row"]["committed"], r["bar"], r["url"]) for r in shown]
    return {
        "currency": currency,
        "head": head(currency, page.unit),
        "rows": shown,
        "totals": rows,
        "planned": in_unit(sum(planned), currency, page.unit) if planned else "",
        "committed": in_unit(sum(committed), currency, page.unit) if committed else "",
        "url": _lines_url(here),
        "lines": sum(row["lines"] for row in rows),
        "unstated": sum(row["unstated"] for row in rows),
        "bars": [bars for width in (WIDE, NARROW) if (bars := money_bars(sums, width=width))],
        "has_committed": bool(committed),
    }


def _money_row(page: RecordPage, row: dict, currency: str, filters: dict) -> dict:
    kind, form = PayerKind(row["payer_kind"]), FundingLine.Form(row["form"])
    mine = [
        line
        for line in page.rows("funding_line")
        if (line.payer_kind, line.form, line.currency) == (kind, form, currency)
    ]
    payers = dict.fromkeys(page.labels[line.payer_id] for line in mine if line.payer_id in page.labels)
    notes = {n for line in mine for n in page.evidence.by_record.get(line.id, ())}
    planned, committed = (
        in_unit(row[m], currency, page.unit) if row[m] is not None else "" for m in ("planned", "committed")
    )
    words = [_payer(kind)] + ([str(form.label)] if form != FundingLine.Form.UNSTATED else [])
    return {
        "row": row,
        "kind": "" if kind == PayerKind.UNSTATED else str(kind.label),
        "form": "" if form == FundingLine.Form.UNSTATED else str(form.label),
        "payers": list(payers)[:5],
        "notes": tuple(sorted(notes)),
        "planned": planned,
        "committed": committed,
        "label": " · ".join(words),
        "bar": _bar_words(row, currency, page.unit),
        "url": _lines_url({**filters, "payer_kind": kind.value, "form": form.value}),
    }


def _bar_words(row: dict, currency: str, unit: Unit) -> str:
    if row["planned"] is None and row["committed"] is None:
        return _("not in the sources")
    if row["committed"]:
        words = _("%(committed)s of %(planned)s committed")
        planned = in_unit(row["planned"] or 0, currency, unit)
        return words % {"committed": in_unit(row["committed"], currency, unit), "planned": planned}
    return with_unit(row["planned"], currency, unit)


def _stated(said, by_currency: dict, unit: Unit) -> dict:
    """A total that a source states, beside what the lines add up to."""
    currency = said.citation.unit if len(said.citation.unit) == 3 else "KRW"
    measure = said.citation.attribute.removeprefix("total_")
    known = [row[measure] for row in by_currency.get(currency, []) if row[measure] is not None]
    try:
        amount = int(Decimal(said.citation.value))
    except InvalidOperation:
        amount = None
    return {
        "said": said,
        "amount": with_unit(amount, currency, unit) if amount is not None and currency == "KRW" else said.text,
        "own": with_unit(sum(known), currency, unit) if known else "",
        "is_equal": bool(known) and amount == sum(known) and currency == "KRW",
    }
