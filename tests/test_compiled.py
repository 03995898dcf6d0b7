"""A compiled question finds what the same question finds otherwise: the same rows, as shaped, and the same next page."""

from types import SimpleNamespace

import orjson
import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from records import compiled
from records.asking import LOOKUPS, BadQuery
from records.kinds import Type, kinds
from records.shape_asked import whole
from records.shapes import shaped
from records.sorting import sortable
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, ask
from tests.test_lists import shown_as_question

NAMES = [name for name in kinds() if name != "funding_line"]


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    w = cast.small_world()
    for n in range(8):
        cast.one_of_each(w, INTERNAL if n == 7 else SHARED if n == 6 else PUBLIC, tag=f"{'a' if n % 2 else 'b'}{n}")
    for starts in ("2024", "2024-01", "2023~", "../2023", "2024-06-01/..", None):
        cast.project(w.alpha, starts_on=starts, topics=["로봇", "한 방"] if starts else [])
    w.people = {"anyone": None, "partner": cast.user("partner", w.gist), "officer": cast.user("officer")}
    return w


@pytest.fixture(autouse=True)
def prepared(db):
    """As on the web (config/wsgi.py)."""
    connection.ensure_connection()
    connection.connection.prepare_threshold = 10**9
    yield
    connection.connection.prepare_threshold = None


def both_ways(name: str, question: str, by) -> tuple[str | None, bool]:
    """The cursor of the next page, and whether the question was compiled."""
    query = ask(name, question, by)
    shape = whole(query.kind)
    quick, page = compiled.page_as_json(query, shape), query.page()
    if quick is not None:
        found = [shaped(shape, [row], query.reader, None)[0] for row in page.rows]
        assert [orjson.loads(row) for row in quick.rows] == orjson.loads(
            orjson.dumps(found, default=str, option=orjson.OPT_UTC_Z)
        ), question
        assert quick.next_cursor == page.next_cursor, question
    return page.next_cursor, quick is not None


@given(data=st.data())
def test_any_question_is_answered_as_it_is_otherwise(db, w, data):
    name = data.draw(st.sampled_from(NAMES))
    kind, by = cast.kind(name), w.people[data.draw(st.sampled_from(list(w.people)))]
    rows = list(kind.rows()[:40])
    pairs = [
        (f"{field.name}__{lookup}" if lookup else field.name, value)
        for row in data.draw(st.lists(st.sampled_from(rows), min_size=1, max_size=3))
        for field in kind.all_fields.values()
        if field.is_asked and not field.is_private and field.name != "is_retired"
        for lookup in LOOKUPS[field.type]
        for value in (["true", "false"] if lookup == "isnull" else [shown_as_question(field, row)])
        if value is not None and not set(value) & set("&+#%;,")
    ]
    asked = data.draw(st.lists(st.sampled_from(pairs), max_size=3)) if pairs else []
    sort = data.draw(st.sampled_from(["", *sortable(kind, cast.reader(by))]))
    question = "&".join(
        [f"{k}={v}" for k, v in asked] + [f"sort={data.draw(st.sampled_from(['', '-']))}{sort}"] * bool(sort)
    )
    limit, cursor = data.draw(st.sampled_from([1, 3, 50])), ""
    for _page in range(6):
        try:
            cursor, _ = both_ways(name, f"{question}&limit={limit}" + (f"&cursor={cursor}" if cursor else ""), by)
        except BadQuery:
            return
        if not cursor:
            return


COMPILED = [
    ("project", "status={}&topics={}&sort=-starts_on", [("running", "로봇"), ("completed", "한 방"), ("running", "'\"%")]),
    ("project", "starts_on__gte={}&sort=title", [("2023",), ("2024-06",), ("1900",)]),
    ("project", "program={}&number={}", [("alpha", "1"), ("beta", "2"), ("alpha", "2")]),
    ("project", "status={}&status={}&ends_on__isnull=true", [("running", "planned"), ("planned", "completed")]),
    ("institution", "country={}", [("KR",), ("",), ("x",)]),
    ("output", "updated_at__gte={}&sort=-updated_at", [("2020-01-01T00:00:00Z",), ("2999-01-01T00:00:00%2B09:00",)]),
    ("funding_amount", "fiscal_year={}&sort=fiscal_year", [("2024",), ("2030",), ("31999",), ("99999999999",)]),
]  # fmt: skip


@pytest.mark.parametrize("who", ["anyone", "partner", "officer"])
@pytest.mark.parametrize(("name", "form", "values"), COMPILED)
def test_questions_of_one_form_share_their_sql_and_keep_their_values(db, w, name, form, values, who):
    compiled._forms.clear()
    known = 0
    for n, these in enumerate([*values, *values]):
        cursor, was_compiled = both_ways(name, form.format(*these) + "&limit=2", w.people[who])
        assert was_compiled or any(value.isdigit() and int(value) > 31_000 for value in these), these
        if cursor:
            assert both_ways(name, form.format(*these) + f"&limit=2&cursor={cursor}", w.people[who])[1]
        known = len(compiled._forms) if n < len(values) else known
        assert len(compiled._forms) == known


def test_forms_are_told_apart_by_rights(db, w):
    compiled._forms.clear()
    pages = [compiled.page_as_json(ask("project", "", by), whole(cast.kind("project"))) for by in w.people.values()]
    assert len(compiled._forms) == 3 and len({len(page.rows) for page in pages}) == 3


def test_not_more_forms_are_kept_than_fit(db, w, monkeypatch):
    monkeypatch.setattr(compiled, "MOST_FORMS", 3)
    compiled._forms.clear()
    for limit in range(1, 9):
        assert both_ways("project", f"limit={limit}", None)[1]
    assert len(compiled._forms) == 3


def test_what_is_searched_attached_or_of_another_day_is_left_to_lists(db, w):
    assert not both_ways("project", "search=alpha", None)[1]
    assert not both_ways("funding_line", "", None)[1]
    assert compiled.page_as_json(ask("project", "", as_of="2024-01-01"), whole(cast.kind("project"))) is None
    assert {f.type for f in cast.kind("project").all_fields.values()} >= {Type.REF, Type.DATE, Type.LIST}
