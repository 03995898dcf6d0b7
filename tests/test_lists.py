"""One list for every kind: each filter answers, each order is whole from page to page, in a constant number of queries."""

import re
from types import SimpleNamespace
from urllib.parse import quote
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from records import facets, lists, sorting
from records.asking import CONTROLS, BadQuery, lookups_of, parameters
from records.kinds import Type, kinds
from records.rights import EVERYTHING
from records.shapes import column_of
from records.sorting import sortable
from records.together import first_pages
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, ask, every_row, page

pytestmark = pytest.mark.usefixtures("english")

NAMES = [
    "source", "researcher", "institution", "lab", "facility", "affiliation", "program", "project", "phase", "milestone",
    "agreement", "committee", "event", "course", "output", "exchange", "participation", "role", "headcount",
    "funding_line", "funding_amount", "ledger_entry", "exchange_rate", "obligation", "relation", "document", "citation",
    "disagreement",
]  # fmt: skip


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    """Thirty rows and more of every kind, many of them equal in everything but their id."""
    w = cast.small_world()
    for n in range(30):
        cast.one_of_each(w, INTERNAL if n == 7 else SHARED if n == 8 else PUBLIC, tag=f"{'a' if n % 2 else 'b'}{n}")
    for starts in ("2024", "2024-01", "2023~", "../2023", "2024-06-01/..", None):
        cast.project(w.alpha, starts_on=starts, number="2" if starts else "")
    cast.lab(w.kaist, floor_area=13000, floor_area_unit="ft2", opened_on="2024")
    cast.lab(w.kaist, floor_area="33.5", floor_area_unit="pyeong", aliases=["한 방", "b"])
    cast.amount(w.line, None, None, decided_on="2024-05")
    cast.amount(cast.line(w.alpha, currency="USD", payer=w.gist), 2024, 150, committed=99)
    w.officer = cast.user("officer")
    return w


# ---- filters -----------------------------------------------------------------------------------------------

TYPED = [
    "x", "null", "0", "-1", "1.5", "99999", "99999999999999999999999", "1e400", "-1e-400", "NaN", "Infinity", "true", "false",
    "2024", "2024-07", "2024-07-28/..", "2024-00", "0001-01-01T00:00:00", "9999-12-31T23:59:59-23:59", "2024-07-28T00:00:00Z",
    str(uuid4()), "alpha", "public", "running", "%_\\", "'\"", "한글", "a,b", ",", "\x00", "a" * 3000, "٣", "1_000",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_every_parameter_answers_whatever_is_typed(db, w, name):
    met = set()
    for parameter in [p for p in parameters(cast.kind(name), EVERYTHING) if p not in CONTROLS]:
        field, _, lookup = parameter.partition("__")
        alike = (getattr(cast.kind(name).all_fields.get(field), "type", field), lookup)
        for value in TYPED[::8] if alike in met else TYPED:
            met.add(alike)
            try:
                with transaction.atomic():
                    page(name, {parameter: value}, w.officer)
            except BadQuery as refused:
                assert [p.parameter for p in refused.problems] == [parameter], (parameter, value)
                assert str(refused)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_finds_the_rows_that_have_its_value(db, w, name):
    """Each value that a row shows is a question that finds the row."""
    for row in every_row(name, "", w.officer, limit=500)[:8]:
        for field in cast.kind(name).all_fields.values():
            question = shown_as_question(field, row)
            if question is not None and field.is_asked:
                for asked in (field.name, f"{field.name}__in"):
                    if asked in parameters(cast.kind(name), EVERYTHING) and "," not in question:
                        found = ask(name, by=w.officer, question=f"id={row.id}&{asked}={quote(question)}").page().rows
                        assert found == [row], (asked, question)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_finds_the_rows_that_state_nothing_in_it(db, w, name):
    rows = every_row(name, "", w.officer, limit=500)
    for field in cast.kind(name).all_fields.values():
        if "isnull" in lookups_of(field):
            is_empty = {row.id: getattr(row, column_of(field)) in (None, "", []) for row in rows}
            for asked in (True, False):
                found = every_row(name, f"{field.name}__isnull={str(asked).lower()}", w.officer, limit=500)
                assert {row.id for row in found} == {id for id, empty in is_empty.items() if empty is asked}, field.name


def shown_as_question(field, row) -> str | None:
    if field.type in (Type.REF, Type.RECORD):
        value = getattr(row, f"{field.name}_id")
    elif field.type is Type.LIST:
        value = next(iter(getattr(row, field.name)), None)
    elif field.name == "visibility":
        return {0: "public", 1: "shared", 2: "internal"}[row.visibility]
    elif field.type is Type.MONEY:
        value = getattr(row, field.name) and f"{getattr(row, field.name) / (1 if row.currency == 'KRW' else 100):.2f}"
    elif field.type is Type.BOOLEAN:
        value = {True: "true", False: "false"}.get(getattr(row, field.name))
    else:
        value = getattr(row, field.name, None)
    return None if value in (None, "") else str(value)


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("starts_on=2024", {"2024", "2024-01", "2024-06-01/.."}), ("starts_on=2024-01", {"2024", "2024-01"}),
        ("starts_on__gte=2024-06", {"2024", "2024-06-01/.."}), ("starts_on__lt=2024", {"2023~", "../2023"}),
        ("starts_on__lte=2024-03", {"2023~", "../2023", "2024", "2024-01"}), ("starts_on__gt=2024", {"2024-06-01/.."}),
        ("starts_on=2024&starts_on=2023", {"2024", "2024-01", "2024-06-01/..", "2023~", "../2023"}),
    ],
)  # fmt: skip
def test_a_date_that_is_partly_known_answers_where_it_may(db, w, question, titles):
    rows = every_row("project", f"number=2&{question}", limit=50)
    assert {row.starts_on for row in rows} == titles


@pytest.mark.parametrize(
    ("name", "question", "expected"),
    [
        ("institution", "slug=gist", {"gist"}), ("institution", "slug__in=gist,kaist", {"gist", "kaist"}),
        ("institution", "slug=gist&slug=kaist", {"gist", "kaist"}), ("institution", "kind=ministry", {"government"}),
        ("institution", "parent=gist", {"gist-ai"}), ("institution", "slug__contains=IST-a", {"gist-ai"}),
        ("institution", "program=beta", {"kaist"}), ("program", "institution=kaist", {"beta"}),
        ("project", "parent=two", {"three"}), ("project", "parent=one&parent=two", {"two", "three"}),
        ("project", "parent__in=one,two", {"two", "three"}),
    ],
)  # fmt: skip
def test_filters_find_what_they_say(db, w, name, question, expected):
    assert {row.slug for row in every_row(name, question, limit=50)} == expected


def test_amounts_are_asked_for_in_the_unit_in_which_they_are_shown(db, w):
    assert [row.currency for row in every_row("funding_amount", "planned=1.5", w.officer)] == ["USD"]
    assert [row.planned for row in every_row("funding_amount", "planned__gt=999", w.officer)] == [1000]
    assert [row.currency for row in every_row("funding_amount", "planned__lt=2", w.officer)] == ["USD"]
    assert not every_row("funding_amount", "planned=150", w.officer)


# ---- order -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_every_order_goes_through_all_rows_once_and_in_order(db, w, name):
    kind = cast.kind(name)
    for sort in sortable(kind, EVERYTHING):
        for question in (f"sort={sort}", f"sort=-{sort}"):
            whole = page(name, {"sort": question[5:], "limit": "1000"}, w.officer).rows
            paged = every_row(name, question, w.officer, limit=7)
            assert [row.id for row in paged] == [row.id for row in whole], question
            assert len({row.id for row in paged}) == ask(name, by=w.officer).count()
            assert is_in_order([row.sort_by for row in whole], descending="-" in question), question


def is_in_order(values: list, descending: bool) -> bool:
    """NULLs last either way. Texts stand in the database's own order."""
    stated = [value for value in values if value is not None]
    if values[: len(stated)] != stated:
        return False
    return isinstance(stated[0] if stated else "", str) or stated == sorted(stated, reverse=descending)


INDEXED = [
    ("project", "title"), ("project", "starts_on"), ("researcher", "name"), ("milestone", "due_on"), ("event", "starts_on"),
    ("output", "published_on"), ("source", "published_on"), ("headcount", "counted_on"), ("affiliation", "starts_on"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "field"), INDEXED)
@pytest.mark.parametrize("direction", ["", "-"])
def test_a_page_begins_in_the_index_where_the_last_one_ended(db, w, name, field, direction):
    """Each range of each page is read in the order of an index, from its first row on: nothing is sorted or passed over."""
    with CaptureQueriesContext(connection) as asked:
        rows = every_row(name, f"sort={direction}{field}", w.officer, limit=5)
    assert len(rows) > 10
    plans = [plan_of(query["sql"]) for query in asked.captured_queries if " ORDER BY " in query["sql"]]
    assert any("<" in plan or ">" in plan for plan in plans)
    for plan in plans:
        assert "Sort" not in plan and "Index Scan" in plan, plan
        assert " id " not in filters_of(plan) and "_first" not in filters_of(plan), plan


def plan_of(sql: str) -> str:
    """How the database reads it when it does not give up the index because the table is small."""
    with transaction.atomic(), connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        cursor.execute(f"EXPLAIN (COSTS off) {sql}")
        return "\n".join(line for (line,) in cursor)


def filters_of(plan: str) -> str:
    return " ".join(line for line in plan.splitlines() if "Filter:" in line).replace("(", " ").replace(")", " ")


@pytest.mark.parametrize("sort", ["starts_on", "-starts_on"])
def test_what_has_no_date_comes_last_both_ways(db, w, sort):
    is_undated = [row.starts_on is None for row in every_row("project", f"sort={sort}", limit=2)]
    assert is_undated == sorted(is_undated) and set(is_undated) == {False, True}


# ---- counts ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", ["", "sort=-starts_on", "status=running", "search=project", "institution=gist"])
def test_rows_are_counted_up_to_a_limit(db, w, monkeypatch, question):
    whole = len(every_row("project", question, w.officer, limit=100))
    assert ask("project", question, w.officer).count() == whole
    monkeypatch.setattr(lists, "COUNTED_TO", 3)
    monkeypatch.setattr(lists, "CAPPED_AT", 3)
    assert ask("project", question, w.officer).count() == min(whole, 4)


@pytest.mark.parametrize(
    ("counted_to", "question", "said"),
    [
        (500, "number=2", "5 of 37"), (5, "number=2", "5"), (4, "number=2", "5"), (4, "number=2&limit=2", "4 or more"),
        (4, "limit=2", "4 or more"),
        (500, "number=2&limit=2", "5 of 37"), (500, "number=3", "0 of 37"),
    ],
)  # fmt: skip
def test_a_page_says_how_many_rows_there_are_or_that_they_are_many(
    db, w, client, monkeypatch, counted_to, question, said
):
    for module, name in ((lists, "COUNTED_TO"), (lists, "CAPPED_AT"), (facets, "CAPPED_AT"), (facets, "MOST")):
        monkeypatch.setattr(module, name, counted_to)
    found = client.get(f"/en/projects/?{question}").content.decode()
    assert re.search(r'<span class="count">(.*?)</span>', found)[1] == said


def test_a_further_page_does_not_count_again(db, w, client):
    cursor = page("project", {"limit": "2"}).next_cursor
    with CaptureQueriesContext(connection) as asked:
        found = client.get(f"/en/projects/?limit=2&cursor={cursor}").content.decode()
    assert '<span class="count"></span>' in found
    assert not any("COUNT(" in query["sql"] for query in asked.captured_queries)


# ---- refusals ----------------------------------------------------------------------------------------------


def test_nothing_to_sort_by_is_refused_with_what_there_is(db):
    with pytest.raises(BadQuery, match="starts_on"):
        ask("project", "sort=colour")
    for sort in ("aliases", "--title", "-", "planned,committed"):
        with pytest.raises(BadQuery):
            ask("project", f"sort={sort}")


# ---- several lists in one statement ------------------------------------------------------------------------


def test_lists_asked_together_are_what_each_is_alone(db, w):
    asked = [ask(name, "limit=5", w.officer) for name in NAMES]
    for query, together in zip(asked, first_pages(asked), strict=True):
        alone = query.page()
        assert together.next_cursor == alone.next_cursor
        assert [vars(row) | {"_state": None} for row in together.rows] == [
            vars(row) | {"_state": None} for row in alone.rows
        ]


@pytest.mark.parametrize("name", NAMES)
def test_what_belongs_to_a_record_can_be_asked_together(name):
    for related in cast.kind(name).related:
        keys = sorting.sort_keys(kinds()[related.kind], related.sort, "", EVERYTHING)
        assert len(sorting.parts(keys)) == 1, "against the direction of its index, what has no value would come first"


# ---- a constant number of queries --------------------------------------------------------------------------


def queries(client, address) -> int:
    with CaptureQueriesContext(connection) as found:
        response = client.get(address)
    assert response.status_code == 200
    return len(found)


@pytest.mark.parametrize("name", NAMES)
def test_a_list_takes_as_many_queries_for_thirty_rows_as_for_three(db, w, client, name):
    client.force_login(w.officer)
    address = f"/api/v1/{cast.kind(name).plural}/"
    queries(client, address)
    few, many = (queries(client, f"{address}?limit={limit}") for limit in (3, 30))
    assert many <= few + 1 + (name in ("citation", "disagreement", "role", "headcount"))
    assert many <= 12


@pytest.mark.parametrize("name", NAMES)
def test_a_record_takes_a_handful_of_queries(db, w, client, name):
    client.force_login(w.officer)
    row = every_row(name, "limit=1", w.officer)[0]
    assert queries(client, f"/api/v1/{cast.kind(name).plural}/{row.id}/") <= 12


@pytest.mark.parametrize("name", ["project", "program", "institution"])
def test_the_fullest_page_takes_at_most_twenty_queries(db, w, client, name):
    """Before an officer, with rows of every kind that can belong to it, more of them than the page lists."""
    full = cast.project(w.alpha, parent=w.one)
    for n in range(2):
        for make in cast.UNDER.values():
            make(full, f"full {n}")
        cast.project(w.alpha, parent=full, starts_on="2024")
        cast.role(w.hong, full)
        cast.headcount(full, institution=w.unit)
        for at in (w.gist, w.kaist):
            cast.participation(at, full)
            cast.line(w.alpha, project=full, payer=w.gist, recipient=at)
    cast.line(w.alpha, recipient=w.gist)
    cast.work()
    client.force_login(w.officer)
    row = {"project": full, "program": w.alpha, "institution": w.gist}[name]
    address = f"/en/{cast.kind(name).plural}/{row.slug}/"
    queries(client, address)
    assert queries(client, address) <= 20


def test_every_kind_is_tested():
    assert set(NAMES) == set(kinds())
