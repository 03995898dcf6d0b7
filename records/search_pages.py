"""The page that the find box leads to: what was found everywhere, and the way to the list of each kind with the same words."""

from collections.abc import Sequence

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .asking import Problem, limit_of, not_allowed, unknown_parameters
from .everywhere import COUNTED_TO, LIMIT, MOST, Answer, search, searched_kinds
from .kinds import Kind
from .moments import address
from .pages import refusal

TAKES = ("q", "kind", "limit", "as_of", "lang", "format")


@require_safe
def search_page(request):
    """`q` among the records of all kinds, or of those named by `kind`. The past is searched list by list."""
    problems: list[Problem] = []
    asked = read_question(request.GET, problems, also=("known_at",))
    if refused := refusal(request, [problem.message for problem in problems]):
        return refused
    text, kinds = asked["text"], asked["kinds"]
    is_past = request.known_at is not None
    answer = Answer([], [], []) if is_past else search(**asked, reader=request.reader, as_of=request.as_of)
    context = {
        "q": text,
        "answer": answer,
        "counted_to": COUNTED_TO,
        "is_past": is_past,
        "one_kind": kinds[0] if len(kinds) == 1 else None,
        "places": _places(answer, text),
        "choices": _choices(answer, kinds, text),
        "lists": [(kind.label_many, address("list", kind.plural, search=text)) for kind in kinds],
        "examples": _examples(),
    }
    return render(request, "records/search.html", context)


def _places(answer: Answer, text: str) -> list[dict]:
    """The list of each kind in which something was found, with the same words."""
    return [{"found": one, "url": address("list", one.kind.plural, search=text)} for one in answer.kinds]


def _choices(answer: Answer, chosen: Sequence[Kind], text: str) -> list[dict]:
    """The kinds that the page can be narrowed to: those in which something was found, or is being looked for."""
    is_all = len(chosen) == len(searched_kinds())
    found = {hit.label.kind for hit in (*answer.hits, *answer.similar)} | {one.kind.name for one in answer.kinds}
    shown = [kind for kind in searched_kinds() if kind.name in found or (not is_all and kind in chosen)]
    choices = [{"name": _("everything"), "url": address("search", q=text), "is_on": is_all}]
    choices += [
        {
            "name": kind.label_many,
            "url": address("search", q=text, kind=kind.name),
            "is_on": not is_all and kind in chosen,
        }
        for kind in shown
    ]
    return choices if len(choices) > 1 else []


def _examples() -> list[tuple[str, str]]:
    """What one may write, and what that finds."""
    return [
        ("로봇", _("words in either language, also inside longer ones; spaces do not matter")),
        ("kim minjun", _("Korean names in Latin letters, as people spell them, in either order")),
        ("ㅋㅇㅅㅌ", _("initial consonants of a name")),
        ("0000-0002-1825-0097", _("a number: ORCID, ROR, an id, or the address of a record")),
    ]


# ---- the question --------------------------------------------------------------------------------------


def read_question(params, problems: list[Problem], also: Sequence[str] = ()) -> dict:
    """What `search` takes, from an address; what is wrong goes to `problems`."""
    problems += unknown_parameters(params, (*TAKES, *also))
    return {
        "text": params.get("q", "").strip(),
        "kinds": _kinds(params.getlist("kind"), problems),
        "limit": limit_of(params.get("limit", ""), problems, usual=LIMIT, most=MOST),
    }


def _kinds(names: Sequence[str], problems: list[Problem]) -> list[Kind]:
    """The kinds of these names; all that are searched where none is named."""
    names = [name for text in names for name in text.split(",") if name]
    searched = {kind.name: kind for kind in searched_kinds()}
    unknown = [name for name in names if name not in searched]
    if unknown:
        problems.append(Problem("kind", not_allowed("kind", ", ".join(unknown), searched)))
    return [kind for name, kind in searched.items() if name in names] or list(searched.values())
