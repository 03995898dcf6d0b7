"""What is asked of totals: the parameters of an address, for API and pages alike."""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from labs.kinds import INSTITUTION
from programs.kinds import PROGRAM, PROJECT
from records.asking import Problem, not_a_value, not_allowed
from records.kinds import Kind
from records.problem_codes import coded
from records.rights import Reader
from records.shape_asked import given

from .models import Category, FundingLine, PayerKind
from .rollups import DIMENSIONS

SCOPES = {"program": PROGRAM, "project": PROJECT}
OF_INSTITUTIONS = ("payer", "recipient")
WORDS = {
    "payer_kind": PayerKind.values,
    "form": FundingLine.Form.values,
    "state": FundingLine.State.values,
    "category": [*Category.values, "null"],
    "abroad": ["true", "false", "null"],
}
KEPT = ("fiscal_year", "payer_kind", "abroad", "form", "currency", "category", "state", *OF_INSTITUTIONS)
TAKES = (*SCOPES, *KEPT)
PLAIN = {"true": True, "false": False, "null": None}


def read_scope(asked, reader: Reader, find: Callable[[Kind, str, Reader], object], problems: list[Problem]) -> dict:
    """Which money: `program`, `project` and `only`, as Asked takes them. What is wrong is added to `problems`.

    Raises Http404 for a record that does not exist for the reader. `find` gives the record that a slug or an id names.
    """

    def ids(kind: Kind, texts: Sequence[str]) -> list[UUID | None]:
        return [None if text == "null" else _found(find, kind, text, reader) for text in texts]

    only = {name: values_of(name, asked.getlist(name), problems) for name in KEPT if asked.get(name)}
    if problems:
        return {}
    for name in OF_INSTITUTIONS:
        if name in only:
            only[name] = ids(INSTITUTION, only[name])
    scope = {name: ids(kind, [asked[name]])[0] for name, kind in SCOPES.items() if asked.get(name)}
    return {**scope, "only": only}


def _found(find: Callable, kind: Kind, text: str, reader: Reader) -> UUID:
    row = find(kind, text, reader)
    if row is None:
        raise Http404(text)
    return row.id


def group_by_of(asked, problems: list[Problem], allowed: Sequence[str] = DIMENSIONS) -> list[str]:
    """The dimensions to group by, three at most, in the order in which they are asked for."""
    return words_of(asked, "group_by", allowed, problems, most=3)


def words_of(asked, name: str, allowed: Sequence[str], problems: list[Problem], most: int = 99) -> list[str]:
    """The words of a comma list, each once."""
    words = given(asked, name)
    problems += [Problem(name, not_allowed(name, word, allowed)) for word in words if word not in allowed]
    if len(words) > most:
        problems.append(
            Problem(
                name, coded("too_many", _("“%(name)s” takes at most %(most)d values.") % {"name": name, "most": most})
            )
        )
    return words


def values_of(name: str, texts: Sequence[str], problems: list[Problem]) -> list:
    """Values of a dimension; None is what is not stated. Institutions stay as they are named."""
    values = [word for text in texts for word in text.split(",") if word]
    if name == "fiscal_year":
        wrong = [v for v in values if v != "null" and not (v.isascii() and v.isdigit() and len(v) == 4 and int(v))]
        values = [None if v == "null" else int(v) for v in values if v not in wrong]
    else:
        wrong = [v for v in values if v not in WORDS.get(name, values) or not v.isprintable()]
        if name in ("category", "abroad"):
            values = [PLAIN.get(v, v) for v in values]
    if wrong:
        problems.append(Problem(name, not_a_value(name, ", ".join(wrong))))
    return values
