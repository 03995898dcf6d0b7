"""What one may not see changes nothing in any answer: every address is asked before it is there and again when it is.

A name, an id, a count, a sum, the order of rows, a suggestion: whatever would tell of it makes the two answers differ.
"""

import difflib
import re
from types import SimpleNamespace

import pytest

from records.models import Visibility
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED
from tests.rights import sent, world
from tests.rights.table import cases
from tests.test_changes import edit

WORD = "zebu"  # in the name of everything there is to find
# Further questions, by address: what is looked for, counted, added up, sorted.
LOOKS = {
    "/api/v1/<kind>/": ("limit=1000", "format=csv", f"search={WORD}", "visibility=internal", "visibility=shared"),
    "/api/v1/rollups/": ("group_by=program", "group_by=project", "group_by=payer", "group_by=form,fiscal_year"),
    "/api/v1/search/": (f"q={WORD}", "q=project"),
    "/api/v1/suggest/": (f"q={WORD}", "q=project", "q=KAIST"),
    "/api/v1/<kind>/<pk>/history/": ("parts=yes",),
    "/api/v1/changes/": ("kind=project",),
    "/api/v1/compare/<pk>/": ("known_at=2020",),
    "/api/v1/compare/<pk>/<key>/": ("known_at=2020",),
    "/api/v1/compare/totals/": ("known_at=2020",),
    "/api/v1/timelines/": (
        "limit=1000",
        "institution=gist&limit=1000",
        "late=true",
        "within=alpha&sort=last",
        "ends_from=2020&kind=project",
    ),
    "/en/<kind>/": (f"search={WORD}", "visibility=internal"),
    "/en/<kind>/export/": ("as=json",),
    "/en/<kind>/<key>/history/": ("parts=yes",),
    "/en/compare/<kind>/": ("known_at=2020",),
    "/en/compare/<kind>/<key>/": ("known_at=2020",),
    "/en/<kind>/<key>/timeline/": ("open=", "zoom=month", "group=participation-scope", "known_at=2020"),
    "/en/timelines/": ("open=", "zoom=year", "group=agreements"),
    "/en/money/": ("group_by=project",),
    "/en/search/": (f"q={WORD}", "q=project"),
    "/en/suggest/": (f"q={WORD}",),
}
# What may differ: keys of forms, by which they act once; when a figure was worked out and a page drawn; when something in
# the registry changed last, of which nothing else is said (`data_at`, and the data version in headers and tags: there is one
# for all, or each would cost a look at what everybody may see); and of how many lines of funding a total does not speak,
# which readers who are signed in are told on purpose.
MAY_DIFFER = re.compile(
    rb'name="(?:csrfmiddlewaretoken|key|change-owner)" value="[^"]*"|"(?:computed|data)_at":"[^"]*"|(?:As of|worked out) [\d-]+ [\d:]+'
    rb'|"lines_not_shown":\d+|<p class="footnote">\d+ lines? (?:is|are) not shown to you.</p>'
)


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    return world.world((PUBLIC,), tag=WORD)


def questions(w):
    """The addresses of everything that is read about what everybody may see."""
    for case in cases(w):
        if case.method == "GET":
            yield case.address + sent.question(case.route, w)
            for look in LOOKS.get(case.route.address, ()):
                yield f"{case.address}?{look}"


def answers(w, who: str, addresses) -> dict[str, bytes]:
    """Those that are answered, with the answers."""
    asked = ((address, w.askers[who].ask("GET", address)) for address in addresses)
    return {address: plain(response.body) for address, response in asked if response.status_code == 200}


def plain(body: bytes) -> bytes:
    return MAY_DIFFER.sub(b"", body)


def hide(w, level: Visibility) -> None:
    """A row of every kind at this visibility, in what everybody sees and beside it."""
    name, seen = level.name.lower(), w.made[PUBLIC]
    made = cast.one_of_each(w, level, tag=f"{WORD}{name}")
    edit(made["project"], number="8")
    at = {"visibility": level}
    project, line = seen["project"], seen["funding_line"]
    for make in cast.UNDER.values():
        make(project, f"{WORD}{name} too", **at)
    cast.project(project, f"{WORD}-part-{name}", **at)
    cast.participation(seen["institution"], project, **at)
    cast.role(seen["researcher"], project, **at)
    cast.affiliation(seen["researcher"], seen["institution"], title_en=f"{WORD}{name}", **at)
    cast.headcount(project, 77, side="domestic", counted_on="2025", **at)
    cast.line(project, payer=seen["institution"], **at)
    cast.amount(line, 2031 + level, 7654321, **at)
    cast.entry(line, 1234567, **at)
    cast.citation(seen["source"], project, "starts_on", value_stated="May 1999", value="1999-05", **at)
    cast.disagreement(project, topic_en=f"{WORD}{name}", **at)
    cast.relation(project, made["event"], **at)
    cast.work()


@pytest.mark.parametrize(
    ("who", "hidden"),
    [
        ("anonymous", (SHARED, INTERNAL)),
        ("other", (SHARED, INTERNAL)),
        ("viewer", (INTERNAL,)),
        ("partner", (INTERNAL,)),
    ],
)
def test_what_one_may_not_see_changes_no_answer(db, w, who, hidden):
    before = answers(w, who, questions(w))
    for level in hidden:
        hide(w, level)
    after = answers(w, who, before)
    told = [
        f"{address}: {what}" for address in before if (what := difference(before[address], after.get(address, b"")))
    ]
    assert not told, "\n" + "\n".join(told)


def difference(before: bytes, after: bytes) -> str:
    """The first line, or part of a page or of JSON, that is not the same."""
    if before == after:
        return ""
    parts = [re.split(r"(?<=[>}\n])", body.decode(errors="replace")) for body in (before, after)]
    changed = [line for line in difflib.ndiff(*parts) if line[0] in "+-"]
    return " ".join(changed[:4])[:600]
