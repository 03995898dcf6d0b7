"""From a record that was opened from a list, one goes on to the next and back to the previous, in the list's order."""

import re
from html import unescape

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from records.beside import beside, trail
from tests import cast
from tests.cast import INTERNAL, every_row, reader

pytestmark = pytest.mark.usefixtures("english")

QUESTIONS = ["", "sort=starts_on", "sort=-starts_on", "sort=number", "sort=-title", "search=project", "program=alpha&sort=status", "as_of=2024"]  # fmt: skip


def neighbours(row, asked, by=None):
    return beside(cast.kind("project"), row, QueryDict(trail(asked)[1:]), reader(by))


@pytest.fixture
def projects(world):
    for n, starts in enumerate(("2024", "2024-01", None, "2023~", None, "2024", "../2023")):
        cast.project(world.alpha, f"p{n}", starts_on=starts, number=str(n % 3))
    cast.project(world.alpha, "hidden", visibility=INTERNAL)
    return world


@pytest.mark.parametrize("asked", QUESTIONS)
def test_going_on_walks_the_list_in_its_order_and_back(projects, asked):
    rows = (
        every_row("project", asked)
        if "as_of" not in asked
        else cast.ask("project", asked, as_of=_end_of_2024()).page().rows
    )
    slugs = [row.slug for row in rows]
    ways = [neighbours(row, asked) for row in rows]
    shown = [[re.search(r"projects/([^/]+)/", url)[1] if url else None for url in (w.before, w.after)] for w in ways]
    assert shown == [
        [slugs[n - 1] if n else None, slugs[n + 1] if n + 1 < len(slugs) else None] for n in range(len(slugs))
    ]


def _end_of_2024():
    from datetime import date

    return date(2024, 12, 31)


def test_it_costs_two_queries_however_long_the_list(projects):
    row = every_row("project", "")[2]
    with CaptureQueriesContext(connection) as queries:
        neighbours(row, "sort=starts_on")
    assert len(queries) == 2


def test_a_record_that_is_not_in_the_list_or_a_list_that_cannot_be_read_has_no_neighbours(projects):
    row = projects.one
    for asked in ("status=planned", "nope=1", "sort=nope", "as_of=nope", "search=%00"):
        assert neighbours(row, asked) is None, asked


def test_the_pages_link_to_one_another(client, projects):
    page = client.get("/en/projects/?sort=-number&limit=3")
    first = unescape(re.search(r'href="(/en/projects/[^/"]+/\?list=[^"]*)"', page.content.decode())[1])
    assert "at=1" in first and "of=" in first
    record = client.get(first).content.decode()
    assert 'rel="prev"' not in record and "1 of" in record
    on = unescape(re.search(r'rel="next" href="([^"]+)"', record)[1])
    assert "at=2" in on and 'rel="prev"' in client.get(on).content.decode()
    following = unescape(re.search(r'rel="next" href="(\?[^"]+)"', page.content.decode())[1])
    assert "at=4" in unescape(re.search(r'href="(/en/projects/[^/"]+/\?list=[^"]*)"', client.get("/en/projects/" + following).content.decode())[1])  # fmt: skip


def test_a_page_that_was_opened_otherwise_has_no_such_links(client, projects):
    assert 'class="beside"' not in client.get("/en/projects/one/").content.decode()
    assert 'class="beside"' not in client.get("/en/projects/one/?list=nope%3D1").content.decode()
