"""Money in the schema `reporting`: what lines say beside their fields, and what each of them counts for in a year."""

from django.utils.translation import gettext_lazy as _

from records.kinds import kinds
from records.labels import in_both
from records.reporting import Column, View, Worked
from records.reporting.called import called, table
from records.reporting.of_kinds import comment
from records.reporting.shapes import LANGUAGES, PUBLIC, in_major_unit, is_public, word

from .models import FundingLine, PayerKind, PayerPlace
from .models.lines import Category
from .rollups import NO_YEAR
from .rollups.facts import AMOUNTS, LATEST_FIRST, PAYER_KIND_SQL, PAYER_PLACE_SQL

STATED = "CASE WHEN sum(f.with_{0}) > 0 THEN sum(f.{0}) END AS {0}"
COUNTED = ("received", "spent", "undivided")


def _abroad(place: str) -> str:
    return f"CASE {place} WHEN '{PayerPlace.ABROAD}' THEN true WHEN '{PayerPlace.HOME}' THEN false END"


OF_LINES = Worked(
    {
        "payer_kind": PAYER_KIND_SQL,
        "abroad": _abroad(PAYER_PLACE_SQL),
        "planned": "stated.planned",
        "committed": "stated.committed",
        **{name: f"counted.{name}" for name in COUNTED},
    },
    f"""CROSS JOIN LATERAL (SELECT t.payer_id, t.unnamed_payer_kind) l
LEFT JOIN public.labs_institution p ON p.id = t.payer_id
LEFT JOIN LATERAL (
  SELECT sum(a.planned) AS planned, sum(a.committed) AS committed FROM (
    SELECT DISTINCT ON (a.fiscal_year) a.planned, a.committed FROM public.funding_fundingamount a
    WHERE a.line_id = t.id AND {is_public("a")} ORDER BY a.fiscal_year, {LATEST_FIRST}) a
) stated ON true
LEFT JOIN LATERAL (
  SELECT {", ".join(STATED.format(name) for name in COUNTED)} FROM public.funding_linefigure f
  WHERE f.line = t.id AND f.level = {PUBLIC}
) counted ON true""",
)
OF_PARTS = Worked({"currency": "l.currency"}, "LEFT JOIN public.funding_fundingline l ON l.id = t.line_id")

MEASURED = {
    "planned": _("planned amount"),
    "committed": _("committed amount"),
    "received": _("received"),
    "spent": _("spent"),
    "undivided": _("undivided"),
}
COUNTS = {
    "lines": _("number of lines, where years stay apart"),
    "unstated": _("number of lines without an amount, where years stay apart"),
    "lines_once": _("number of lines, where years are added"),
    "unstated_once": _("number of lines without an amount, where years are added"),
}
SEEN = {
    "line": "funding_line",
    "program": "program",
    "project": "project",
    "payer": "institution",
    "recipient": "institution",
}
LEADS = {
    "line": ("f.line", _("funding line")),
    "program": ("f.program", _("program")),
    "project": ("f.scope", _("project")),
    "payer": ("f.payer", _("payer")),
    "recipient": ("f.recipient", _("recipient")),
}
CHOSEN = {
    "payer_kind": (PayerKind, _("source of money")),
    "form": (FundingLine.Form, _("form")),
    "state": (FundingLine.State, _("state")),
    "category": (Category, _("category")),
}


def money() -> View:
    """What each funding line counts for in a fiscal year: rows that add up to what `/api/v1/rollups/` answers anybody."""
    return View(
        "money",
        in_both(
            _(
                "What each funding line counts for in a fiscal year, ready to be added up: an envelope counts less its splits."
                " Add within one currency only. What remains is the sum of committed less the sum of spent."
            )
        ),
        (
            *_references(),
            Column("fiscal_year", f"nullif(f.fiscal_year, {NO_YEAR})", comment(_("fiscal year; empty: not stated"))),
            *_choices(),
            Column("abroad", _abroad("f.payer_place"), comment(_("payer abroad; empty: not stated"))),
            Column("currency", "f.currency", comment(_("currency"))),
            *(
                Column(name, f"CASE WHEN f.with_{name} > 0 THEN {_major(name)} END", comment(MEASURED[name], "major"))
                for name in AMOUNTS
            ),
            *(Column(name, f"f.{name}", comment(label)) for name, label in COUNTS.items()),
        ),
        "\n".join(["public.funding_linefigure f", *_joins(), f"WHERE f.level = {PUBLIC} AND f.lines > 0"]),
    )


def _major(measure: str) -> str:
    return in_major_unit(f"f.{measure}", "f.currency")


def _references():
    for name, (_column, label) in LEADS.items():
        yield Column(name, f"{name}.id", comment(label, "id"))
        for c in LANGUAGES:
            text = called(kinds()[SEEN[name]], name, c)
            yield Column(f"{name}_{c}", f"CASE WHEN {name}.id IS NOT NULL THEN {text} END", comment(label, c))


def _joins():
    for name, (column, _label) in LEADS.items():
        seen = is_public(name, with_retired=True)
        yield f"LEFT JOIN {table(kinds()[SEEN[name]])} {name} ON {name}.id = {column} AND {seen}"


def _choices():
    for name, (choices, label) in CHOSEN.items():
        value = f"nullif(f.{name}, '')"
        yield Column(name, value, comment(label, "code"))
        for c in LANGUAGES:
            yield Column(f"{name}_{c}", word(dict(choices.choices), value, c), comment(label, c))
