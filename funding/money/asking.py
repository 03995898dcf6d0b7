"""Which money a page shows: read from an address, asked of `totals`, and written into the address of each figure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from programs.kinds import PROJECT
from records.asking import BadQuery, Problem, unknown_parameters
from records.finding import by_key
from records.moments import address
from records.problem_codes import coded
from records.record_page import RecordPage
from records.rights import Reader
from records.units import Unit, chosen

from ..asking import OF_INSTITUTIONS, PLAIN, read_scope
from ..asking import TAKES as OF_TOTALS
from ..models import FundingLine
from ..models.bounds import FISCAL_YEARS

NOT_STATED = "null"  # in an address
OWN_PROJECT = "own_project"  # of a project without what lies below it; not stated: of its program itself
RANGE = ("fiscal_year__gte", "fiscal_year__lte")
TAKES = (*OF_TOTALS, OWN_PROJECT, *RANGE)  # what says which money
MOST_LINES_OF_A_MOMENT = 50_000
PARAMETER_OF = {"project": OWN_PROJECT}  # of a dimension; of the others it is the dimension's name


@dataclass(frozen=True)
class Question:
    """Which money. `typed`: as an address says it; `scope`: `program`, `project` and `only`, as `totals` takes them."""

    typed: Mapping[str, str] = field(default_factory=dict)
    scope: Mapping = field(default_factory=dict)
    as_of: date | None = None
    is_past: bool = False
    unit: str | None = None  # that was chosen; None: the usual one

    @property
    def of(self) -> dict:
        """What `totals`, `lines_behind` and `lines_not_shown` are asked."""
        return {**self.scope, "as_of": self.as_of, "is_past": self.is_past}

    @property
    def only(self) -> Mapping:
        return self.scope.get("only", {})

    def lines_url(self, **group: str | None) -> str:
        """The page with the lines behind this money, or behind a group of it."""
        typed = {**self.typed, **group}
        if "fiscal_year" in group:
            typed = {name: text for name, text in typed.items() if name not in RANGE}
        return address("money_lines", **typed, unit=self.unit)

    def money_url(self) -> str:
        """The page of all money, with only this."""
        return address("money", **self.typed, unit=self.unit)


def read(params, reader: Reader, moment, takes: tuple[str, ...]) -> Question:
    """The question of an address; `moment` has `as_of` and `known_at`.

    BadQuery with all that is wrong, by name; Http404 for a record that does not exist for the reader.
    """
    problems = unknown_parameters(params, takes)
    years = _years(params, problems)
    scope = read_scope(params, reader, _find, problems)
    if problems:
        raise BadQuery(problems)
    only = dict(scope["only"])
    if own := params.get(OWN_PROJECT):
        only["project"] = [None if own == NOT_STATED else _project(own, reader)]
    if years is not None:
        only["fiscal_year"] = [year for year in only.get("fiscal_year", years) if year in years]
    if moment.as_of or moment.known_at:
        _must_be_narrow(scope)
    typed = {name: ",".join(texts) for name in TAKES if (texts := [text for text in params.getlist(name) if text])}
    return Question(
        typed,
        scope | {"only": only},
        moment.as_of,
        moment.known_at is not None,
        chosen_unit(chosen(params.get("unit"))),
    )


def _find(kind, key: str, reader: Reader):
    wanted = by_key(kind, key)
    return wanted and kind.model.objects.with_retired_visible_to(reader).filter(wanted).first()


def _project(key: str, reader: Reader) -> UUID:
    row = _find(PROJECT, key, reader)
    if row is None:
        raise Http404(key)
    return row.id


def _must_be_narrow(scope: Mapping) -> None:
    """Money of another moment is worked out when it is asked for, which for all of a large registry would take too long."""
    narrow = {*scope, *scope["only"]} & {"program", "project", *OF_INSTITUTIONS}
    if not narrow and FundingLine.objects.order_by().values("id")[MOST_LINES_OF_A_MOMENT:].exists():
        sentence = _(
            "The money of another moment is worked out for a program, a project, a payer or a recipient. Name one."
        )
        raise BadQuery([Problem("program", sentence)])


def _years(params, problems: list[Problem]) -> range | None:
    """The years of a range; money whose year is not stated is in none. None where no range is asked for."""
    ends = [params.get(name, "").strip() for name in RANGE]
    if not any(ends):
        return None
    for name, text in zip(RANGE, ends, strict=True):
        if text and not (text.isascii() and text.isdigit() and FISCAL_YEARS[0] <= int(text) <= FISCAL_YEARS[1]):
            said = {"text": text, "first": FISCAL_YEARS[0], "last": FISCAL_YEARS[1]}
            problems.append(
                Problem(name, _("“%(text)s” is not a year between %(first)d and %(last)d, such as 2025.") % said)
            )
    if problems:
        return None
    first, last = (int(text) if text else usual for text, usual in zip(ends, FISCAL_YEARS, strict=True))
    if first > last:
        said = {"first": first, "last": last}
        problems.append(
            Problem(RANGE[0], coded("wrong_order", _("The years from %(first)d to %(last)d run backwards.") % said))
        )
    return range(first, last + 1)


def of_record(name: str, page: RecordPage) -> Question:
    """The money of a record: of a program, of a project with everything below it, that an institution pays or receives."""
    id = page.row.id
    scope = {"only": {name: [id]}} if name in OF_INSTITUTIONS else {name: id, "only": {}}
    return Question({name: page.label.key}, scope, page.as_of, page.known_at is not None, chosen_unit(page.unit))


def chosen_unit(unit: Unit) -> str | None:
    """What an address says of the unit; None of the usual one."""
    return None if unit == chosen(None) else unit.name


def written(values) -> str:
    """Values of a dimension as an address says them."""
    plain = {value: word for word, value in PLAIN.items()}
    return ",".join(
        sorted({plain[value] if value is None or isinstance(value, bool) else str(value) for value in values})
    )
