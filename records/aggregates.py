"""What the rows of a list add up to: counts, sums and bounds by group, in one statement made from the list's own question.

    group_by=program,status,starts_on__year     up to three; what has no value is a group of its own, null
    measure=count,sum__amount,max__amount       count where nothing is asked for

Every row of the list is in exactly one group, so groups add up to what is answered without `group_by`. What the reader may
not see is null, as in the list. Unlike numbers are never added: what tells them apart (the currency; of a facility its kind)
joins the groups by itself. Which numbers can be added up at all, a kind declares (`Kind.adds`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection
from django.db.models import Case, F, Value, When
from django.db.models.functions import ExtractYear, NullIf
from django.utils.translation import gettext as _

from . import lists
from .asking import CONTROLS, BadQuery, Problem, not_allowed, shown_reference
from .kinds import Field, Kind, Type
from .lists import ListQuery
from .money import to_major
from .rights import Reader
from .shape_asked import given
from .shapes import VISIBILITY

PARAMETERS = ("group_by", "measure")
MOST_GROUPED_BY = 3
MOST_GROUPS = 10_000  # of one answer
FUNCTIONS = ("count", "sum", "min", "max", "avg")
CODES = ("country", "currency", "in_currency", "time_zone", "attribute", "content_type", "unit")  # texts of few values
ROUNDED_TO = 4  # decimal places of an average
NOT_BESIDE = (
    "columns",
    "fields",
    "omit",
    "include",
    "count",
    "cursor",
)  # these say how rows are shown, and groups are none
EXACT = 2**63  # JSON writers take no larger whole number


@dataclass(frozen=True)
class Group:
    """One value that rows are grouped by; `part` of it: the year of a date."""

    name: str
    field: Field
    part: str = ""


@dataclass(frozen=True)
class Measure:
    """`count` of rows, or a function of a number: `count` of those that state it, `sum`, `min`, `max`, `avg`."""

    name: str
    function: str = "count"
    field: Field | None = None

    @property
    def is_money(self) -> bool:
        return self.function != "count" and self.field.type is Type.MONEY


@dataclass(frozen=True)
class Question:
    """`groups` as asked; `joined` are those that join by themselves. `limit`: so many of the first; None: all."""

    query: ListQuery
    groups: tuple[Group, ...] = ()
    joined: tuple[Group, ...] = ()
    measures: tuple[Measure, ...] = ()
    sort: str = ""
    limit: int | None = None

    @property
    def by(self) -> tuple[Group, ...]:
        return self.groups + self.joined


@dataclass(frozen=True)
class Answer:
    """`rows`: dicts of groups and measures. `groups`: how many groups there are, also where fewer are shown."""

    rows: list[dict]
    groups: int


# ---- what can be asked ---------------------------------------------------------------------------------


def groups_of(kind: Kind) -> dict[str, Group]:
    """What a list of this kind can be grouped by, by the name in the address. Private fields never, lists neither:
    a record with two topics would count twice."""
    found = [_group_of(f) for f in kind.all_fields.values() if f.is_asked and not f.is_private]
    return {group.name: group for group in found if group}


def _group_of(field: Field) -> Group | None:
    if field.type is Type.DATE:
        return Group(f"{field.name}__year", field, "year")
    is_plain = field.type in (Type.CHOICE, Type.REF, Type.RECORD, Type.BOOLEAN, Type.INTEGER)
    return Group(field.name, field) if is_plain or (field.type is Type.TEXT and field.name in CODES) else None


def measures_of(kind: Kind) -> dict[str, Measure]:
    """What can be measured, by the name in the address."""
    found = [Measure("count")]
    for field in kind.all_fields.values():
        if field.is_asked and not field.is_private:
            found += [Measure(f"{name}__{field.name}", name, field) for name in _functions(kind, field)]
    return {measure.name: measure for measure in found}


def _functions(kind: Kind, field: Field) -> Iterable[str]:
    """Rates, years and what has units of its own are not added up; of decimals that are not, not even bounds are told."""
    if field.type not in (Type.INTEGER, Type.DECIMAL, Type.MONEY):
        return ()
    if field.name in kind.adds:
        return FUNCTIONS
    return ("count",) if field.type is Type.DECIMAL else ("count", "min", "max")


# ---- reading the question ------------------------------------------------------------------------------


def is_asked(params) -> bool:
    return any(given(params, name) for name in PARAMETERS)


def read(kind: Kind, params, reader: Reader, *, as_of: date | None = None, problems=(), controls=CONTROLS) -> Question:
    """From the query of an address, for which `is_asked`. Raises BadQuery with everything that is wrong.

    `problems`: what was found to be wrong before. `controls`: what the list takes besides filters.
    """
    problems = list(problems)
    text = _("“%(name)s” cannot stand beside “group_by” and “measure”.")
    problems += [Problem(name, text % {"name": name}, "not_allowed_here") for name in NOT_BESIDE if name in params]
    groups = [groups_of(kind).get(word) or _no_group(kind, word, problems) for word in given(params, "group_by")]
    measures = [measures_of(kind).get(word) or _no_measure(kind, word, problems) for word in given(params, "measure")]
    if len(groups) > MOST_GROUPED_BY:
        said = _("“%(name)s” takes at most %(most)d values.") % {"name": "group_by", "most": MOST_GROUPED_BY}
        problems.append(Problem("group_by", said, "too_many"))
    groups, measures = list(filter(None, groups)), list(filter(None, measures)) or [Measure("count")]
    joined = _joined(kind, groups, measures)
    sort = params.get("sort", "")
    names = [one.name for one in (*groups, *joined, *measures)]
    sortable = [*names, *(f"-{name}" for name in names)]
    if sort and sort not in sortable and not problems:
        problems.append(Problem("sort", not_allowed("sort", sort, sortable)))
    limit = _limit(params.get("limit", ""), problems)
    query = _query(kind, params, reader, as_of, problems, controls)
    if problems:
        raise BadQuery(problems)
    return Question(query, tuple(groups), tuple(joined), tuple(measures), sort, limit)


def _query(kind: Kind, params, reader: Reader, as_of, problems: list[Problem], controls) -> ListQuery | None:
    """The question of the list, without what is said here in other words."""
    rest = params.copy()
    for name in (*PARAMETERS, "sort", "limit", "flat", *NOT_BESIDE):
        rest.pop(name, None)
    try:
        return lists.read(kind, rest, reader, as_of=as_of, controls=controls)
    except BadQuery as bad:
        problems += bad.problems


def _joined(kind: Kind, groups: list[Group], measures: list[Measure]) -> list[Group]:
    """What tells unlike numbers apart, where it is not asked for anyway."""
    names = [
        name
        for measure in measures
        if measure.function != "count"
        for name in (*kind.adds.get(measure.field.name, ()), *(("currency",) if measure.is_money else ()))
    ]
    known = groups_of(kind)
    return [known[name] for name in dict.fromkeys(names) if known[name] not in groups]


def _no_group(kind: Kind, word: str, problems: list[Problem]) -> None:
    field = kind.all_fields.get(word)
    if field and field.type is Type.LIST:
        text = _(
            "A record can have several “%s”; groups would count it several times. Ask for one value by its filter."
        )
        problems.append(Problem("group_by", text % word, "not_allowed_here"))
    else:
        problems.append(Problem("group_by", not_allowed("group_by", word, groups_of(kind))))


def _no_measure(kind: Kind, word: str, problems: list[Problem]) -> None:
    function, _sep, name = word.partition("__")
    field = kind.all_fields.get(name)
    if function in FUNCTIONS and field and not field.is_private and field.type is Type.MONEY:
        text = _("“%s” is not added up here, where a split would count with its envelope. Ask /api/v1/rollups/.")
        problems.append(Problem("measure", text % name, "not_allowed_here"))
    else:
        problems.append(Problem("measure", not_allowed("measure", word, measures_of(kind))))


def _limit(text: str, problems: list[Problem]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdigit() and len(text) < 6 and 1 <= int(text) <= MOST_GROUPS:
        return int(text)
    problems.append(Problem("limit", _("“limit” is a number from 1 to %d.") % MOST_GROUPS, "out_of_range"))
    return None


# ---- answering -----------------------------------------------------------------------------------------


def answer(question: Question) -> Answer:
    """The groups in minor units. Raises BadQuery where there are too many for one answer."""
    sql, params = _rows(question)
    by, most = question.by, question.limit or MOST_GROUPS
    columns = [f"g{n}" for n in range(len(by))]
    measured = [_sql_of(measure, n) for n, measure in enumerate(question.measures)]
    whole = "count(*) OVER ()" if by else "1"
    grouped = f" GROUP BY {', '.join(columns)}" if by else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join([*columns, *measured, whole])} FROM ({sql}) r{grouped}{_order(question)} LIMIT {most + 1:d}",
            params,
        )
        found = cursor.fetchall()
    groups = found[0][-1] if found else 0
    if question.limit is None and groups > MOST_GROUPS:
        text = _("These are %(many)d groups; an answer has at most %(most)d. Group by less, narrow the list, or ask for the first ones by “sort” and “limit”.")  # fmt: skip
        said = text % {"many": groups, "most": MOST_GROUPS}
        raise BadQuery([Problem("group_by", said, "too_many")])
    names = [one.name for one in (*by, *question.measures)]
    return Answer([dict(zip(names, row, strict=False)) for row in found[:most]], groups)


def _rows(question: Question) -> tuple[str, tuple]:
    """Each row of the list with what it is grouped by and measured for, and nothing else."""
    query, asked = question.query, {}
    for n, group in enumerate(question.by):
        asked[f"g{n}"] = _expression(query.kind, group, query.reader)
    for n, measure in enumerate(question.measures):
        if measure.field:
            asked[f"m{n}"] = F(measure.field.name)
    rows = query.rows().order_by().annotate(**asked).values(*(asked or ["id"]))
    compiler = rows.query.get_compiler(rows.db, elide_empty=False)  # a question that nothing answers is asked too
    return compiler.as_sql()


def _expression(kind: Kind, group: Group, reader: Reader):
    name = group.field.name
    if group.part == "year":  # where its days lie in more years than one, the year is not known
        first, last = ExtractYear(f"{name}_first"), ExtractYear(f"{name}_last")
        return Case(When(**{f"{name}_first__year": last}, then=first))
    if group.field.type in (Type.REF, Type.RECORD):
        return shown_reference(kind, group.field, reader)
    is_text = group.field.type in (Type.CHOICE, Type.TEXT) and name != "visibility"
    return NullIf(F(name), Value("")) if is_text else F(name)


def _sql_of(measure: Measure, n: int) -> str:
    column = f"m{n}" if measure.field else "*"
    if measure.function != "avg":
        return f"{measure.function}({column})"
    return f"round(avg({column}), {0 if measure.is_money else ROUNDED_TO})"


def _order(question: Question) -> str:
    """As asked, else by groups; what has none comes last. Groups decide between equals, so that no two answers differ."""
    by = {group.name: f"{n + 1}" for n, group in enumerate(question.by)}
    places = by | {measure.name: f"{len(by) + n + 1}" for n, measure in enumerate(question.measures)}
    first = question.sort.removeprefix("-")
    keys = [f"{places[first]} {'DESC' if question.sort.startswith('-') else 'ASC'} NULLS LAST"] if first else []
    keys += [f"{place} NULLS LAST" for name, place in by.items() if name != first]
    return f" ORDER BY {', '.join(keys)}" if keys else ""


# ---- as the API shows it -------------------------------------------------------------------------------


def shape(question: Question, rows: Sequence[dict], *, minor: bool = False) -> list[dict]:
    """Plain values; money in the major unit of its group's currency, or in whole minor units."""
    return [
        {group.name: _group_value(group, row[group.name]) for group in question.by}
        | {measure.name: _measured(measure, row, minor) for measure in question.measures}
        for row in rows
    ]


def _group_value(group: Group, value):
    if value is None:
        return None
    if group.field.type in (Type.REF, Type.RECORD):
        return str(value)
    return VISIBILITY[value] if group.field.name == "visibility" else int(value) if group.part else value


def _measured(measure: Measure, row: dict, minor: bool):
    value = row[measure.name]
    if isinstance(value, Decimal):
        value = int(value) if value == value.to_integral_value() and abs(value) < EXACT else float(value)
    if value is None or not measure.is_money or minor:
        return value
    return to_major(value, row["currency"])
