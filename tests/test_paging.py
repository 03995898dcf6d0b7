"""Who follows the cursors to the end meets each record once, whatever others write meanwhile.

Promised: a record that answers the question throughout, and whose place in the order nobody changes, is met exactly once,
even where its other values are edited. What comes or goes meanwhile is met once or not at all. What is moved in the order
(its value that the list is sorted by is edited, or that of what it is sorted by leads to) may be met where it was, where it
is, at both, or at neither.
"""

import random
import threading
from collections import Counter

import pytest
from django.db import connection
from django.test import Client
from hypothesis import example, given
from hypothesis import strategies as st

from funding.models import FundingLine
from labs.models import Institution
from programs.models import Program, Project
from records.models import Visibility
from tests import cast

pytestmark = pytest.mark.django_db(transaction=True)
DAYS = [None, None, "2022", "2023-05", "2024", "2024~", "../2025"]
WRITERS = 3
MOST_PAGES = 400


class Registry:
    """Records that stay, and for each writer some of its own that it moves, retires, restores, deletes and adds to."""

    def __init__(self):
        self.program, self.other = cast.program("p"), cast.program("q")
        hidden = {"visibility": Visibility.INTERNAL}
        self.parents = [cast.project(self.program, f"parent-{n}") for n in range(4)]
        self.payers = [cast.institution(f"payer-{n}", kind, **(hidden if n == 3 else {})) for n, kind in enumerate(
            ("ministry", "company", "university", "agency"))]  # fmt: skip
        self.random = random.Random(7)
        self.stay = {"projects": [self.project() for _ in range(30)], "funding-lines": [self.line() for _ in range(30)]}

    def project(self, dice: random.Random | None = None) -> Project:
        return cast.project(self.program, **self.of_project(dice or self.random))

    def line(self, dice: random.Random | None = None) -> FundingLine:
        return cast.line(self.program, **self.of_line(dice or self.random))

    def of_project(self, dice: random.Random) -> dict:
        name = dice.choice(["가", "나", "A", "b", ""])
        return {
            "title_ko": name, "title_en": name or "x", "number": dice.choice(["", "1", "2", "10"]),
            "starts_on": dice.choice(DAYS), "parent": dice.choice([None, *self.parents]),
        }  # fmt: skip

    def of_line(self, dice: random.Random) -> dict:
        return {
            "name_en": dice.choice("abc"), "payer": dice.choice([None, *self.payers]), "form": dice.choice(["cash", "in_kind"]),
            "starts_on": dice.choice(DAYS),
        }  # fmt: skip


@pytest.fixture
def registry(db):
    return Registry()


class Writer(threading.Thread):
    """Writes, and commits, until it is told to stop."""

    def __init__(self, registry: Registry, seed: int, stop: threading.Event):
        super().__init__(daemon=True)
        self.registry, self.dice, self.stop = registry, random.Random(seed), stop
        self.moved, self.written, self.failed = set(), 0, None
        make = [registry.project, registry.line]
        self.own = [(one, make[n % 2](self.dice)) for n, one in enumerate([Project, FundingLine] * 6)]

    def run(self):
        try:
            while not self.stop.is_set():
                self.write()
                self.written += 1
                self.stop.wait(0.005)
        except Exception as error:  # seen by the test
            self.failed = error
        finally:
            for model, row in self.own:  # the next question begins with what stays
                model.objects.filter(pk=row.pk).delete()
            connection.close()

    def write(self) -> None:
        model, row = self.dice.choice(self.own)
        mine = model.objects.filter(pk=row.pk)
        match self.dice.randrange(6):
            case 0:
                values = self.registry.of_project(self.dice) if model is Project else self.registry.of_line(self.dice)
                self.moved.add(str(row.pk))
                mine.update(**values)
            case 1:
                mine.update(is_retired=True)
            case 2:
                mine.update(is_retired=False)
            case 3:
                mine.delete()
                self.own.remove((model, row))
                self.own.append((model, self._new(model)))
            case 4:
                self.own.append((model, self._new(model)))
            case 5:
                staying = self.dice.choice(self.registry.stay["projects" if model is Project else "funding-lines"])
                about = {"summary_en" if model is Project else "note_en": str(self.dice.random())}
                model.objects.filter(pk=staying.pk).update(**about)

    def _new(self, model):
        return (self.registry.project if model is Project else self.registry.line)(self.dice)


def pages(client: Client, plural: str, question: str, limit: int):
    """Every id that is met, page by page."""
    cursor = ""
    for _page in range(MOST_PAGES):
        answer = client.get(f"/api/v1/{plural}/?{question}&fields=id&limit={limit}&cursor={cursor}")
        assert answer.status_code == 200, answer.content
        yield from (row["id"] for row in answer.json()["results"])
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return
    raise AssertionError("there is no end to it")


SORTS = {
    "projects": ["", "title", "starts_on", "number", "parent", "program", "status", "visibility", "id"],
    "funding-lines": ["", "name", "payer", "payer_kind", "abroad", "starts_on", "ends_on", "form", "envelope"],
}  # fmt: skip
ASKED = st.sampled_from(
    [(plural, sort) for plural, sorts in SORTS.items() for one in sorts for sort in {one, one and f"-{one}"}]
)


@given(asked=ASKED, search=st.sampled_from(["", "", "search=x", "visibility=public"]), limit=st.integers(2, 17), seed=st.integers(0, 999),
       is_officer=st.booleans())  # fmt: skip
@example(asked=("projects", "-parent"), search="", limit=3, seed=1, is_officer=False)
@example(asked=("projects", "-starts_on"), search="", limit=4, seed=2, is_officer=True)
@example(asked=("funding-lines", "abroad"), search="", limit=5, seed=3, is_officer=False)
def test_each_record_that_stays_is_met_exactly_once_while_others_write(
    registry, client, officer, asked, search, limit, seed, is_officer
):
    plural, sort = asked
    question = f"sort={sort}&{search}"
    client.force_login(officer) if is_officer else client.logout()
    answering = set(pages(client, plural, question, 1000)) & {str(row.pk) for row in registry.stay[plural]}
    stop = threading.Event()
    writers = [Writer(registry, seed * WRITERS + n, stop) for n in range(WRITERS)]
    for writer in writers:
        writer.start()
    try:
        met = Counter(pages(client, plural, question, limit))
    finally:
        stop.set()
        for writer in writers:
            writer.join(30)
    assert not any(writer.failed or writer.is_alive() for writer in writers), [w.failed for w in writers]
    assert all(writer.written for writer in writers)
    assert {id: met[id] for id in answering} == dict.fromkeys(answering, 1)
    moved = set().union(*(writer.moved for writer in writers))
    assert not [id for id, times in met.items() if times > 1 and id not in moved]


def test_a_cursor_holds_the_language_only_where_the_order_does(registry, client):
    """Names stand in the order of the reader's language, so such a list is begun again in the other one."""
    for sort, status in (("starts_on", 200), ("-number", 200), ("title", 400), ("", 400)):
        first = client.get(f"/api/v1/projects/?limit=3&sort={sort}&lang=ko").json()
        then = client.get(f"/api/v1/projects/?limit=3&sort={sort}&lang=en&cursor={first['next_cursor']}")
        assert then.status_code == status, sort
        if status == 400:
            assert [error["code"] for error in then.json()["errors"]] == ["bad_cursor"]


def test_the_registry_of_these_tests_is_read_by_all_orders(registry):
    """What is sorted by is missing in some and equal in many, and leads to what one may not see."""
    assert Program.objects.count() == 2 and Institution.objects.filter(visibility=Visibility.INTERNAL).exists()
    for name, rows in registry.stay.items():
        assert {row.starts_on is None for row in rows} == {True, False}, name
    assert {row.parent is None for row in registry.stay["projects"]} == {True, False}
