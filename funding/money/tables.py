"""Totals as tables: one for each currency, in it one part for each form, rows by group, and sums that are never of two forms.

Each amount is added from rows of `totals` and leads to the lines behind it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from django.utils.translation import gettext as _

from records.labels import Label
from records.money_bars import Bar, Group
from records.showing import NO_NOTES, Notes
from records.units import Unit, head, in_unit, with_unit

from ..models import FundingLine, PayerKind
from ..words import CHOICES, DIMENSION_WORDS, MEASURE_WORDS, NAMED, Word, form_word, word
from .asking import PARAMETER_OF, Question, written

DRAWN = ("planned", "committed", "received", "spent")
APART = ("form", "currency")  # never added up, so a part and a table of their own, whether or not they are asked for
MOST_ROWS = 300
MOST_BARS = 16  # of one dimension
ORDER = {kind: n for n, kind in enumerate(PayerKind.values)}


@dataclass(frozen=True)
class Head:
    """The head of a measure's column, which names the unit."""

    measure: str
    word: str
    unit: str

    def __str__(self):
        return f"{self.word} ({self.unit})" if self.unit else self.word


@dataclass(frozen=True)
class Amount:
    """One cell: its text ("" where nothing is stated), where it leads, whether lines are there that state no amount."""

    measure: str
    head: Head
    text: str
    url: str
    is_silent: bool = False
    is_less_than_nothing: bool = False

    @property
    def classes(self) -> str:
        return f"n {self.measure} less" if self.is_less_than_nothing else f"n {self.measure}"


@dataclass(frozen=True)
class Row:
    """`level`: "" a group, "sum" of the groups of a first word or of a source, "all" of a whole part."""

    words: tuple[Word, ...]
    amounts: tuple[Amount, ...]
    level: str = ""
    span: int = 1  # columns that its last word takes
    payers: tuple[Label, ...] = ()
    notes: Notes = NO_NOTES


@dataclass(frozen=True)
class Part:
    """What is of one form."""

    form: str
    word: Word
    rows: tuple[Row, ...]
    sums: tuple[Row, ...]
    total: Mapping[str, int | None]
    cut: int = 0  # rows that are left out

    @property
    def every_row(self) -> tuple[Row, ...]:
        return self.rows + self.sums


@dataclass(frozen=True)
class Table:
    """What is in one currency."""

    currency: str
    unit: str
    heads: tuple[str, ...]  # of the words
    measures: tuple[Head, ...]
    parts: tuple[Part, ...]
    drawn: tuple[Group, ...]
    raw: tuple[dict, ...] = ()
    is_short: bool = False  # by the last dimension alone

    @property
    def span(self) -> int:
        return len(self.heads) + len(self.measures)


@dataclass(frozen=True)
class Shown:
    """How a table is shown, and what its words need. `payers`: names and notes of the payers of a source.

    `most`: groups; where there are more, they are added up by the last dimension alone.
    """

    question: Question
    unit: Unit
    most: int | None = None
    labels: Mapping[UUID, Label] = field(default_factory=dict)
    payers: Callable[[str, str, tuple], tuple[tuple, Notes]] = lambda currency, form, source: ((), NO_NOTES)


def dimensions(by: Sequence[str]) -> list[str]:
    """What `totals` is asked to group by, for rows by `by`: also by form, and by whether the payer is abroad where by kind of payer."""
    place = ["abroad"] if "payer_kind" in by and "abroad" not in by else []
    return [*(d for d in by if d not in APART), *place, "form"]


def tables(rows: Sequence[dict], by: Sequence[str], shown: Shown) -> list[Table]:
    """The rows of `totals(group_by=dimensions(by))` as one table for each currency."""
    by = [dimension for dimension in by if dimension not in APART]
    by_currency = defaultdict(list)
    for row in rows:
        by_currency[row["currency"]].append(row)
    return [_table(currency, of, by, shown) for currency, of in sorted(by_currency.items())]


def added(rows: Iterable[dict]) -> dict[str, int | None]:
    """The sum of groups, measure by measure; None where none of them states an amount."""
    rows = list(rows)
    sums: dict[str, int | None] = {}
    for measure in ("planned", "committed", "received", "spent", "undivided"):
        known = [row[measure] for row in rows if row[measure] is not None]
        sums[measure] = sum(known) if known else None
    committed = sums["committed"]
    sums["remaining"] = None if committed is None else committed - (sums["spent"] or 0)
    return sums


def _table(currency: str, rows: list[dict], by: list[str], shown: Shown) -> Table:
    there = {name for name, amount in added(rows).items() if amount is not None} | {"planned"}
    measures = tuple(Head(m, str(MEASURE_WORDS[m]), head(currency, shown.unit)) for m in MEASURE_WORDS if m in there)
    by_form = defaultdict(list)
    for row in rows:
        by_form[row["form"]].append(row)
    make = _Maker(currency, by, measures, shown)
    is_short = shown.most is not None and sum(len(make.grouped(of, by)) for of in by_form.values()) > shown.most
    if is_short:
        make = _Maker(currency, by[-1:], measures, shown)
    parts = tuple(make.part(form, by_form[form]) for form in FundingLine.Form.values if form in by_form)
    return Table(
        currency=currency,
        unit=head(currency, shown.unit),
        heads=tuple(str(DIMENSION_WORDS[d]) for d in make.by) or (str(DIMENSION_WORDS["form"]),),
        measures=measures,
        parts=parts,
        drawn=make.drawn(by_form),
        raw=tuple(rows),
        is_short=is_short,
    )


@dataclass(frozen=True)
class _Maker:
    """Makes the parts of one table."""

    currency: str
    by: list[str]
    measures: tuple[Head, ...]
    shown: Shown

    def part(self, form: str, rows: list[dict]) -> Part:
        groups = self.grouped(rows, self.by)
        by_first = _by_first(groups) if self.by else {}
        shown, sums = [], []
        for first, of in by_first.items():
            every = [row for _key, rows in of for row in rows]
            shown += [self.row(form, self.by, key, rows) for key, rows in of]
            if len(of) > 1:
                shown.append(self.row(form, self.by[:1], (first,), every, level="sum", last=_("subtotal")))
        by_second = self.grouped(rows, self.by[1:2])
        if len(by_first) > 1 and len(by_second) > 1:
            sums += [self.row(form, self.by[1:2], key, of, "sum", first=_("total")) for key, of in by_second.items()]
        if len(groups) > 1 or not self.by:
            sums.append(self.row(form, (), (), rows, "all", first=_("total") if self.by else None))
        cut = max(len(shown) - MOST_ROWS, 0)
        shown = self.with_payers(form, shown[:MOST_ROWS], list(groups))
        return Part(form, form_word(form), tuple(shown), tuple(sums), added(rows), cut)

    def grouped(self, rows: list[dict], by: Sequence[str]) -> dict[tuple, list[dict]]:
        """By what the rows of the table are called, in their order."""
        found = defaultdict(list)
        for row in rows:
            found[tuple(self.key(row, dimension) for dimension in by)].append(row)
        return dict(sorted(found.items(), key=lambda item: [self.rank(d, k) for d, k in zip(by, item[0], strict=True)]))

    def key(self, row: dict, dimension: str):
        value = row[dimension]
        if dimension == "payer_kind" and "abroad" not in self.by:
            return (value, row["abroad"] is True)
        return value

    def rank(self, dimension: str, key) -> tuple:
        if dimension == "payer_kind":
            kind, is_abroad = key if isinstance(key, tuple) else (key, False)
            return (ORDER[kind], is_abroad)
        if key is None:
            return (1, "")
        if dimension in NAMED:
            return (0, str(self.shown.labels[key]), str(key))
        if dimension in CHOICES:
            return (0, CHOICES[dimension].values.index(key))
        return (0, key)

    def row(
        self, form: str, by: Sequence[str], key: tuple, rows: list[dict], level: str = "", first=None, last=None
    ) -> Row:
        words = [word(d, k, self.shown.labels) for d, k in zip(by, key, strict=True)]
        words = [*([Word(first)] if first else []), *words, *([Word(last)] if last else [])]
        words = words or [form_word(form)]
        amounts = self.amounts(rows, self.url(form, by, rows))
        return Row(tuple(words), tuple(amounts), level, max(len(self.by), 1) - len(words) + 1)

    def url(self, form: str, by: Sequence[str], rows: list[dict]) -> str:
        """The lines behind these rows: what they are called by, as an address says it."""
        group = {"currency": self.currency, "form": form}
        for dimension in by:
            group[PARAMETER_OF.get(dimension, dimension)] = written(row[dimension] for row in rows)
            if dimension == "payer_kind" and "abroad" not in self.by:
                group["abroad"] = written(row["abroad"] for row in rows)
        return self.shown.question.lines_url(**group)

    def amounts(self, rows: list[dict], url: str) -> Iterable[Amount]:
        sums = added(rows)
        is_silent = not any(amount is not None for amount in sums.values()) and any(row["unstated"] for row in rows)
        for one in self.measures:
            amount = sums[one.measure]
            text = "" if amount is None else in_unit(amount, self.currency, self.shown.unit)
            yield Amount(one.measure, one, text, url, is_silent and one.measure == "planned", (amount or 0) < 0)

    def with_payers(self, form: str, shown: list[Row], keys: list[tuple]) -> list[Row]:
        """The rows, with the names of the payers where a source stands for the first time."""
        if not self.by or self.by[-1] != "payer_kind" or "abroad" in self.by:
            return shown
        seen, found, keys = set(), [], iter(keys)
        for row in shown:
            source = next(keys)[-1] if not row.level else None
            payers, notes = (
                self.shown.payers(self.currency, form, source) if source and source not in seen else ((), NO_NOTES)
            )
            seen.add(source)
            found.append(replace(row, payers=payers, notes=notes))
        return found

    def drawn(self, by_form: Mapping[str, list[dict]]) -> tuple[Group, ...]:
        """Bars by the first word of which there are several, and not too many, or else by the last."""
        dimension = self.dimension_drawn([row for rows in by_form.values() for row in rows])
        found = []
        for form in (form for form in FundingLine.Form.values if form in by_form):
            for key, rows in self.grouped(by_form[form], [dimension] if dimension else []).items():
                words = [word(dimension, key[0], self.shown.labels).text] if dimension else []
                words += [form_word(form).text] if form != FundingLine.Form.UNSTATED or not words else []
                found.append(self.bars(" · ".join(words), added(rows)))
        return tuple(found)

    def dimension_drawn(self, rows: list[dict]) -> str:
        several = {d: n for d in self.by if (n := len({self.key(row, d) for row in rows})) > 1}
        fit = (d for d, n in several.items() if n <= MOST_BARS)
        return next(fit, self.by[-1] if self.by else "")

    def bars(self, label: str, sums: Mapping[str, int | None]) -> Group:
        bars = [
            Bar(
                measure,
                sums[measure],
                f"{MEASURE_WORDS[measure]} {with_unit(sums[measure], self.currency, self.shown.unit)}",
            )
            for measure in DRAWN
            if sums[measure] is not None
        ]
        return Group(label, tuple(bars) or (Bar("", None, _("not in the sources")),))


def _by_first(groups: Mapping[tuple, list[dict]]) -> dict:
    found = defaultdict(list)
    for key, rows in groups.items():
        found[key[0] if key else None].append((key, rows))
    return found
