"""How money is shown and taken."""

from datetime import date

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from programs.kinds import IN_PROGRAM
from programs.models import Project
from records.kinds import AsOf, Counter, Dated, Field, Filter, Kind, Related, Type

from .models import ExchangeRate, FundingAmount, FundingLine, LedgerEntry, PayerKind
from .rollups import figures_of_lines


def _by_year(values, reader):
    """Lines with an amount or an entry for one of these years; `null`: year not stated. Raises ValueError for what is no year."""
    years = {int(v) for v in values if v != "null"}
    if not all(0 < year <= 9999 for year in years):
        raise ValueError
    of_year = Q(fiscal_year__in=years) | (Q(fiscal_year=None) if "null" in values else Q())
    amounts = FundingAmount.objects.visible_to(reader).filter(of_year, line=OuterRef("id"))
    by_date = Q(fiscal_year=None, posted_on_first__year__in=years)
    entries = LedgerEntry.objects.visible_to(reader).filter(Q(fiscal_year__in=years) | by_date, line=OuterRef("id"))
    return Q(Exists(amounts)) | Q(Exists(entries))


def _within(ids, reader):
    """Lines of these projects and of everything below them."""
    below = RawSQL(
        "WITH RECURSIVE below (id) AS (SELECT unnest(%s::uuid[]) UNION"
        " SELECT p.id FROM below b JOIN programs_project p ON p.parent_id = b.id) SELECT id FROM below",
        [list(ids)],
    )
    return Q(project__in=below)


def _stated_by(day):
    """A line counts from the first day on which one of its amounts can have been decided, or always if it has none."""
    amounts = FundingAmount.objects.filter(line=OuterRef("id"), is_retired=False)
    by_then = amounts.filter(Q(decided_on_first=None) | Q(decided_on_first__lte=day))
    return Q(Exists(by_then)) | ~Q(Exists(amounts))


def add_amounts(lines, reader, as_of):
    """Set the measures of each line over its years, of what the reader may see: its latest amounts, entries, and what is undivided."""
    amounts = FundingAmount.objects.filter(line__in=[line.id for line in lines]).visible_to(reader)
    amounts = FUNDING_AMOUNT.counting_on(amounts, as_of or date.max)
    for line in lines:
        line.planned = line.committed = None
    by_id = {line.id: line for line in lines}
    for amount in amounts:
        line = by_id[amount.line_id]
        for measure in ("planned", "committed"):
            value = getattr(amount, measure)
            if value is not None:
                setattr(line, measure, (getattr(line, measure) or 0) + value)
    figures = figures_of_lines(reader, list(by_id), as_of)
    for line in lines:
        for measure in ("received", "spent", "undivided"):
            setattr(line, measure, figures.get(line.id, {}).get(measure))


FUNDING_LINE = Kind(
    name="funding_line",
    plural="funding-lines",
    model=FundingLine,
    fields=(
        "name_ko", "name_en", "aliases", "program", "project", "payer", "unnamed_payer_kind", "recipient", "form",
        "currency", "state", "category", "envelope", "agreement", "starts_on", "ends_on", "note_ko", "note_en",
    ),
    virtual=(
        Field("payer_kind", Type.CHOICE, _("source of money"), tuple(PayerKind.choices), is_written=False),
        Field("abroad", Type.BOOLEAN, _("payer abroad"), is_written=False),
        Field("planned", Type.MONEY, _("planned amount"), is_written=False, is_asked=False),
        Field("committed", Type.MONEY, _("committed amount"), is_written=False, is_asked=False),
        Field("received", Type.MONEY, _("received"), is_written=False, is_asked=False),
        Field("spent", Type.MONEY, _("spent"), is_written=False, is_asked=False),
        Field("undivided", Type.MONEY, _("undivided"), is_written=False, is_asked=False),
    ),
    attach=add_amounts,
    columns=("name", "program", "project", "payer", "payer_kind", "form", "planned", "committed", "currency", "state"),
    label=("name",),
    order="program",
    orders={"ends_on": F("ends_on_last")},
    search=("name_ko", "name_en", "aliases", "category"),
    filters=(
        Filter("fiscal_year", _("fiscal year"), _by_year),
        Filter("within", _("project and its parts"), _within, Type.REF, Project),
    ),
    facts=("program", "payer", "payer_kind", "form", "planned", "committed", "spent"),
    related=(
        Related(
            "funding_amount", "line",
            ("fiscal_year", "planned", "committed", "currency", "decided_on", "revision", "note_ko", "note_en"),
            sort="fiscal_year", is_typed=True,
        ),
        Related(
            "funding_line", "envelope", ("name", "project", "payer", "recipient", "planned", "committed", "state"),
            title=_("splits"), alike=("currency", "form", "state", "category", "unnamed_payer_kind"),
        ),
        Related("ledger_entry", "line", ("posted_on", "movement", "amount", "currency", "fiscal_year", "corrects", "outside_key")),
    ),
    dated=(Dated("period", "starts_on", "ends_on", planned={"state": ("planned",)}),),
    owners=("program", "project", "payer", "recipient"),
    as_of=lambda rows, day: rows.filter(_stated_by(day)),
    sums="funding.effects.sums_of_lines",
    in_sql="funding.reporting.OF_LINES",
    asks_reason=True,
    in_menu=True,
)  # fmt: skip

FUNDING_AMOUNT = Kind(
    name="funding_amount",
    plural="funding-amounts",
    model=FundingAmount,
    fields=("line", "fiscal_year", "decided_on", "planned", "committed", "revision", "note_ko", "note_en"),
    virtual=(Field("currency", Type.TEXT, _("currency"), is_written=False),),
    columns=("line", "fiscal_year", "planned", "committed", "currency", "decided_on"),
    label=("line", "fiscal_year"),
    order="line",
    filters=(IN_PROGRAM,),
    facts=("line", "fiscal_year", "planned", "committed", "decided_on", "revision"),
    as_of=AsOf("decided_on", key=("line", "fiscal_year"), is_succeeded=True),
    asks_reason=True,
    money=("planned", "committed"),
    in_sql="funding.reporting.OF_PARTS",
    part_of="line",
)

# What of an entry `t` no counter-entry has taken back.
LEFT_OF_ENTRY = "t.amount + coalesce((SELECT sum(c.amount) FROM funding_ledgerentry c WHERE c.corrects_id = t.id), 0)"
LEDGER_ENTRY = Kind(
    name="ledger_entry",
    plural="ledger-entries",
    model=LedgerEntry,
    fields=(
        "line", "movement", "posted_on", "fiscal_year", "amount", "corrects", "outside_key", "note_ko", "note_en",
    ),
    virtual=(Field("currency", Type.TEXT, _("currency"), is_written=False),),
    columns=("line", "movement", "posted_on", "fiscal_year", "amount", "currency", "corrects", "outside_key"),
    label=("movement", "posted_on"),
    order="line",
    filters=(IN_PROGRAM,),
    facts=("line", "movement", "posted_on", "amount", "corrects"),
    related=(Related("ledger_entry", "corrects", ("posted_on", "movement", "amount", "currency"),
        title=_("counter-entries"), alike=("movement", "posted_on", "fiscal_year")),),
    as_of=AsOf("posted_on"),
    money=("amount",),
    adds={"amount": ("currency", "movement")},
    in_sql="funding.reporting.OF_PARTS",
    part_of="line",
    counter=Counter(
        "corrects_id",
        {
            "amount": f"-({LEFT_OF_ENTRY})",
            "posted_on": "to_char(now() AT TIME ZONE 'Asia/Seoul', 'YYYY-MM-DD')",
            "fiscal_year": "coalesce(t.fiscal_year, extract(year FROM t.posted_on_first))::smallint",
            "outside_key": "''",
            "note_ko": "''",
            "note_en": "''",
        },
        is_needed=f"({LEFT_OF_ENTRY}) <> 0",
        sentence=_("A ledger entry stays as it is. Correct it by a counter-entry that names it."),
    ),
    known_by=("line", "movement", "outside_key"),
)  # fmt: skip

EXCHANGE_RATE = Kind(
    name="exchange_rate",
    plural="exchange-rates",
    model=ExchangeRate,
    fields=("currency", "in_currency", "dated_on", "rate", "note_ko", "note_en"),
    columns=("currency", "in_currency", "dated_on", "rate"),
    label=("currency", "in_currency", "dated_on"),
    order="-dated_on",
    facts=("currency", "in_currency", "dated_on", "rate"),
    as_of=AsOf("dated_on", key=("currency", "in_currency")),
    asks_reason=True,
)
