"""The numbers beside a filter's options: each is what the list says to which the option leads, for whoever asks."""

import re
from types import SimpleNamespace

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from records import facets, lists
from records.kinds import kinds
from records.listing import choosers, counted
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, ask

pytestmark = [pytest.mark.usefixtures("english"), pytest.mark.django_db]
READERS = ("anonymous", "partner", "viewer", "officer")


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    """A few rows of every kind at every level, and projects in several states."""
    w = cast.small_world()
    for n, level in enumerate((PUBLIC, SHARED, INTERNAL, PUBLIC)):
        cast.one_of_each(w, level, tag=f"t{n}")
    for n, status in enumerate(("planned", "running", "completed", "completed", "completed")):
        cast.project(w.alpha, status=status, visibility=INTERNAL if n == 3 else PUBLIC, starts_on=f"202{n}")
    cast.line(w.alpha, payer=w.kaist, form="in_kind", state="committed")
    w.cast = cast.cast(w)
    return w


def with_option(query, name: str, value: str) -> lists.ListQuery:
    """The list to which an option leads."""
    params = query.params.copy()
    params.setlist(name, [value])
    return lists.read(query.kind, params, query.reader, as_of=query.as_of)


def check(query, *, is_exact=True):
    """Every number beside an option is that of the list that it leads to, or at most that, and says so."""
    offered, whole = counted(query, choosers(query))
    for chooser in offered:
        for option in chooser.options:
            there = len(with_option(query, chooser.name, option.value).rows())
            if is_exact or (option.count and not option.count.is_more):
                assert option.count == lists.Count(there), (query.kind.name, chooser.name, option.value)
            elif option.count:
                assert option.count.number <= there, (query.kind.name, chooser.name, option.value)
    if whole and not whole.is_more:
        assert whole.number == len(query.rows())


@pytest.mark.parametrize("role", READERS)
def test_every_option_of_every_kind_says_how_many_rows_it_leads_to(w, role):
    for name in kinds():
        check(ask(name, by=w.cast[role]))


@given(data=st.data())
def test_so_it_is_with_any_filters_words_and_day(w, data):
    kind = data.draw(st.sampled_from([kind for kind in kinds().values() if choosers(ask(kind.name))]))
    params, by = QueryDict(mutable=True), w.cast[data.draw(st.sampled_from(READERS))]
    for chooser in choosers(ask(kind.name, by=by)):
        if data.draw(st.booleans()):
            params[chooser.name] = data.draw(st.sampled_from(chooser.options)).value
    if kind.search and data.draw(st.booleans()):
        params["search"] = data.draw(st.sampled_from(["t1", "project", "없음"]))
    check(ask(kind.name, params.urlencode(), by=by))


@pytest.mark.parametrize("question", ["", "status=running", "institution=gist", "status=completed&institution=gist", "search=project"])  # fmt: skip
@pytest.mark.parametrize("most", [1, 2, 5])
def test_in_a_large_list_numbers_are_exact_or_at_least(w, monkeypatch, question, most):
    for module, name in ((facets, "CAPPED_AT"), (lists, "CAPPED_AT"), (facets, "MOST"), (lists, "COUNTED_TO")):
        monkeypatch.setattr(module, name, most)
    for name in ("project", "funding_line") if "institution" not in question and not question.startswith("status") else ("project",):  # fmt: skip
        check(ask(name, question, by=w.cast["officer"]), is_exact=False)


def test_a_number_that_is_capped_says_so(w, monkeypatch):
    monkeypatch.setattr(facets, "CAPPED_AT", 2)
    offered, _whole = counted(query := ask("project"), choosers(query))
    words = {o.value: str(o.count) for chooser in offered if chooser.name == "status" for o in chooser.options}
    assert words["running"] == "2+" and words["planned"] == "1" and words["cancelled"] == "0"
    assert str(lists.Count(10_000, True)) == "10,000+"


def test_what_looks_at_each_row_is_not_counted_in_a_large_list(w, monkeypatch):
    def numbers():
        offered, _whole = counted(query := ask("project"), choosers(query))
        return {o.count for chooser in offered if chooser.name == "unsourced" for o in chooser.options}

    assert None not in numbers()
    monkeypatch.setattr(facets, "CAPPED_AT", 2)
    assert numbers() == {None}


def test_more_options_cost_no_more_statements(w, client):
    def asked(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    client.get("/en/projects/")
    before = asked("/en/projects/")
    for n in range(15):
        cast.program(f"many-{n}")
    assert asked("/en/projects/") == before <= 12


def test_the_page_shows_the_number_beside_each_option_and_on_further_pages_none(w, client):
    found = client.get("/en/projects/?limit=2").content.decode()
    assert '<option value="planned">planned (1)</option>' in found
    cursor = re.search(r"cursor=([\w-]+)", found)[1]
    assert '<option value="planned">planned</option>' in client.get(f"/en/projects/?limit=2&cursor={cursor}").content.decode()  # fmt: skip


def test_the_heading_says_the_same_number_as_the_option(w, client, monkeypatch):
    monkeypatch.setattr(lists, "COUNTED_TO", 1)
    monkeypatch.setattr(facets, "MOST", 1)
    found = client.get("/en/projects/?status=running&limit=1").content.decode()
    number = re.search(r'<option value="running" selected>running \((\d+)\)', found)[1]
    assert re.search(r'<span class="count">(\d+) of', found)[1] == number
