"""The schema `reporting`: flat views that say what the API says to anybody, for tools that ask the database itself."""

import re
from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.translation import override

from funding.rollups import DIMENSIONS, totals
from records.dates import parse
from records.kinds import Type, kinds
from records.labels import label_of, labels_for
from records.reporting.making import views
from records.reporting.of_kinds import SAME
from records.rights import ANYONE
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED

pytestmark = pytest.mark.django_db
KINDS = sorted(kinds())
OPEN_DAYS = ("0001-01-01", "9999-12-31")


@pytest.fixture(scope="module")
def everything(sample):
    """The sample registry, beside it a row of every kind at each visibility, and money from and for whom nobody may know."""
    world = a_world_of_its_own()
    for level in (PUBLIC, SHARED, INTERNAL):
        cast.one_of_each(world, level)
    hidden = cast.institution("secret-payer", kind="company", country="US", name_ko="숨은 기관", visibility=INTERNAL)
    line = cast.line(
        world.three, payer=hidden, recipient=hidden, currency="USD", category="personnel", state="committed"
    )
    cast.amount(line, 2025, 123456, committed=100001)
    cast.amount(line, None, 77)
    cast.amount(line, 2025, 999999, decided_on="2026-01", visibility=INTERNAL)
    cast.entry(line, 4321, movement="received")
    envelope = cast.line(world.one, payer=world.gist, currency="KWD", state="committed", form="cash")
    cast.amount(envelope, 2026, 5000, committed=4000)
    cast.amount(cast.split(envelope, project=world.two), 2026, 1500, committed=1200)
    cast.citation(world.paper, cast.headcount(world.one, 4), "theme_77", value_stated="a very long value " * 9)
    retired = cast.institution("closed-payer", country="KR")
    cast.amount(cast.line(world.two, payer=retired, name_en="", name_ko="", state="cancelled"), 2024, 8)
    cast.sql("UPDATE labs_institution SET is_retired = true WHERE id = %s", retired.id)
    cast.project(world.alpha, "open-ended", starts_on="../2024", ends_on="2030/..", topics=["a", "b; c"])
    cast.work()
    return world


def a_world_of_its_own() -> SimpleNamespace:
    """As much of the small world as `one_of_each` needs, with names that the sample does not have."""
    w = SimpleNamespace(gist=cast.institution("here", country="KR"), hong=cast.researcher("홍길동", name_ko="홍길동"))
    w.lab = cast.lab(w.gist, "here-lab", opened_on="2022-03")
    w.alpha = cast.program("alpha", starts_on="2022-07", ends_on="2028", lab=w.lab)
    w.one = cast.project(w.alpha, "one", starts_on="2022-07")
    w.two = cast.project(w.one, "two")
    w.three = cast.project(w.two, "three")
    w.role = cast.role(w.hong, w.one, effort_share=30)
    w.paper = cast.source("A paper", published_on="2024-10-28")
    return w


def select(sql: str, *parameters) -> list[dict]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]


def answered(api, plural: str) -> dict[str, dict]:
    """What the API says to anybody, page after page, by id."""
    found, cursor = {}, ""
    while cursor is not None:
        page = api(f"{plural}/?limit=1000&cursor={cursor}").json()
        found |= {row["id"]: row for row in page["results"]}
        cursor = page["next_cursor"]
    return found


# ---- what the views say ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_view_says_what_the_api_says_to_anybody(everything, api, name):
    kind = kinds()[name]
    said = answered(api, kind.plural)
    seen = {str(row["id"]): row for row in select(f"SELECT * FROM reporting.{kind.plural.replace('-', '_')}")}
    assert said and seen.keys() == said.keys()
    for id, row in said.items():
        for field in kind.all_fields.values():
            if field.name in SAME:
                assert row[field.name] in ("public", False, None)
            elif field.is_private:
                assert field.name not in seen[id]
            else:
                assert as_answered(field, seen[id][field.name]) == row[field.name], field.name


def as_answered(field, value):
    """A value of a view in the form that the API gives it."""
    match value:
        case None:
            return None
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Decimal():
            return float(value)
        case str() if field.type is Type.LIST:
            return value and ["a", "b; c"] if value == "a; b; c" else value.split("; ") if value else []
        case bool() | int() | str():
            return value
    return str(value)


@pytest.mark.parametrize("name", KINDS)
def test_labels_stand_beside_what_leads_to_others(everything, name):
    kind = kinds()[name]
    rows = list(kind.rows().visible_to(ANYONE))
    called = {language: in_language(language, kind, rows) for language in ("ko", "en")}
    seen = {row["id"]: row for row in select(f"SELECT * FROM reporting.{kind.plural.replace('-', '_')}")}
    for row in rows:
        for language, (labels, own) in called.items():
            for ref in kind.refs:
                if ref.name not in SAME:
                    label = labels.get(getattr(row, f"{ref.name}_id"))
                    assert seen[row.id][f"{ref.name}_{language}"] == in_words(label, language)
                    assert label is None or ref.type is Type.REF or seen[row.id][f"{ref.name}_kind"] == label.kind
            if not kind.is_named:
                assert seen[row.id][f"label_{language}"] == in_words(own[row.id], language)


def in_language(language: str, kind, rows) -> tuple[dict, dict]:
    """What the rows refer to is called, and what they are called themselves; what has no name after its kind in this language."""
    with override(language):
        labels = labels_for(kind, rows, ANYONE)
        return labels, {row.id: label_of(kind, row, labels) for row in rows}


def in_words(label, language: str) -> str | None:
    """In this language, or in the other."""
    if label is None:
        return None
    return (label.ko or label.en) if language == "ko" else (label.en or label.ko)


def test_choices_countries_and_what_sources_speak_of_are_in_words(everything):
    (project,) = select(
        "SELECT status, status_ko, status_en FROM reporting.projects WHERE slug = 'frontier-lab-ai-fundamentals'"
    )
    assert project == {"status": "planned", "status_ko": "계획", "status_en": "planned"}
    (kaist,) = select("SELECT country_ko, country_en FROM reporting.institutions WHERE slug = 'mit'")
    assert kaist == {"country_ko": "미국", "country_en": "United States"}
    (said,) = select("SELECT attribute_ko, attribute_en FROM reporting.citations WHERE attribute = 'theme_77'")
    assert said["attribute_en"] == "theme 77" and said["attribute_ko"].endswith(" 77")


def test_dates_stand_beside_the_days_that_they_can_mean(everything):
    for row in select("SELECT starts_on AS d, starts_on_first AS f, starts_on_last AS l FROM reporting.projects"):
        expected = [str(day) for day in (parse(row["d"]).first, parse(row["d"]).last)] if row["d"] else [None, None]
        shown = [day and str(day) for day in (row["f"], row["l"])]
        assert shown == [None if day in OPEN_DAYS else day for day in expected]


def test_money_is_exact_in_the_major_unit(everything):
    (row,) = select(
        "SELECT planned, committed FROM reporting.funding_amounts WHERE currency = 'USD' AND fiscal_year = 2025"
    )
    assert row == {"planned": Decimal("1234.56"), "committed": Decimal("1000.01")}
    found = select("SELECT planned FROM reporting.funding_amounts WHERE currency = 'KWD' ORDER BY 1")
    assert [str(row["planned"]) for row in found] == ["1.500", "5.000"]


def test_every_record_is_called_in_one_table(everything):
    found = {row["id"]: row for row in select("SELECT * FROM reporting.records")}
    for kind in kinds().values():
        for row in select(f"SELECT * FROM reporting.{kind.plural.replace('-', '_')}"):
            one = found.pop(row["id"])
            assert one["kind"] == kind.name and one["version"] == row["version"]
            assert one["label_ko"] and one["label_en"]
            if not kind.is_named:
                assert (one["label_ko"], one["label_en"]) == (row["label_ko"], row["label_en"])
    assert not found


def test_a_timeline_says_what_the_api_says_to_anybody(everything, api):
    said, cursor = [], ""
    while cursor is not None:
        page = api(f"timelines/?limit=1000&cursor={cursor}").json()
        said, cursor = said + page["results"], page["next_cursor"]
    seen = {(str(row["record"]), row["fact"]): row for row in select("SELECT * FROM reporting.timeline_entries")}
    assert len(said) == len(seen)
    for entry in said:
        row = seen[entry["record"], entry["fact"]]
        assert row["label_ko"] == entry["label_ko"] or entry["label_en"]
        for name in ("kind", "starts_on", "ends_on", "is_planned", "is_open"):
            assert row[name] == entry[name]
        for name in ("first", "starts_last", "ends_first", "last"):
            assert row[name] is None if entry[name] in (None, *OPEN_DAYS) else str(row[name]) == entry[name]
    within = select("SELECT DISTINCT program_en FROM reporting.timeline_entries WHERE record = %s", everything.one.id)
    assert within == [] or within == [{"program_en": everything.alpha.name_en}]


def test_it_says_as_of_when_its_figures_are(everything):
    found = {row["figure"]: row for row in select("SELECT * FROM reporting.freshness")}
    assert found.keys() == {"rollups", "timelines"}
    assert not any(row["is_stale"] for row in found.values())
    cast.amount(cast.line(everything.one), 2025, 1)
    assert select("SELECT is_stale FROM reporting.freshness WHERE figure = 'rollups'") == [{"is_stale": True}]


# ---- sums --------------------------------------------------------------------------------------------------

MAJOR = {"KRW": 1, "USD": 100, "KWD": 1000}
GROUPS = [
    (),
    *((one,) for one in DIMENSIONS),
    *combinations(("fiscal_year", "payer_kind", "form", "program", "project"), 3),
]


@pytest.mark.parametrize("group_by", GROUPS, ids=", ".join)
def test_sums_of_the_view_are_the_totals_of_anybody(everything, group_by):
    by = [name for name in group_by if name != "currency"] + ["currency"]
    once = "" if "fiscal_year" in by else "_once"
    measures = ("planned", "committed", "received", "spent", "undivided")
    seen = select(
        f"SELECT {', '.join(by)}, {', '.join(f'sum({m}) AS {m}' for m in measures)},"
        " CASE WHEN count(committed) > 0 THEN sum(committed) - coalesce(sum(spent), 0) END AS remaining,"
        f" sum(lines{once}) AS lines, sum(unstated{once}) AS unstated FROM reporting.money GROUP BY {', '.join(by)}"
    )
    said = totals(ANYONE, group_by=group_by)
    for row in said:
        for measure in (*measures, "remaining"):
            if row[measure] is not None:
                row[measure] = Decimal(row[measure]) / MAJOR[row["currency"]]
    assert said and as_text(seen) == as_text(said)


def as_text(rows: list[dict]) -> list[str]:
    def plain(value):
        return format(value.normalize(), "f") if isinstance(value, Decimal) else str(value)

    return sorted(str({name: plain(value) for name, value in sorted(row.items())}) for row in rows)


SAME_IN_BOTH = ("SHA-256 / SHA-256", "ORCID / ORCID", "DOI / DOI", "ROR / ROR", "URL / URL")


# ---- comments ----------------------------------------------------------------------------------------------


def test_every_kind_has_its_view_and_more_are_there_for_money_timelines_and_names(everything):
    found = {row["viewname"] for row in select("SELECT viewname FROM pg_views WHERE schemaname = 'reporting'")}
    of_kinds = {kind.plural.replace("-", "_") for kind in kinds().values()}
    assert found == of_kinds | {"money", "timeline_entries", "records", "freshness"} == set(views())


def test_every_view_and_every_column_is_explained_in_korean_and_english(everything):
    said = select(
        "SELECT c.relname || coalesce('.' || a.attname, '') AS of, d.description AS said FROM pg_class c"
        " CROSS JOIN LATERAL (SELECT 0 AS attnum, NULL AS attname UNION ALL SELECT attnum, attname FROM pg_attribute"
        "   WHERE attrelid = c.oid AND attnum > 0) a"
        " LEFT JOIN pg_description d ON d.objoid = c.oid AND d.objsubid = a.attnum AND d.classoid = 'pg_class'::regclass"
        " WHERE c.relnamespace = 'reporting'::regnamespace"
    )
    assert len(said) > 500
    in_both = re.compile(r"(?s).*[가-힣].* / .*[A-Za-z].*")
    assert [row for row in said if not in_both.fullmatch(row["said"] or "") and row["said"] not in SAME_IN_BOTH] == []


# ---- what is hidden ----------------------------------------------------------------------------------------


def test_what_is_hidden_leaves_no_trace(everything):
    def all_that_is_seen():
        return {
            name: sorted(map(str, select(f'SELECT * FROM reporting."{name}"')))
            for name in views()
            if name != "freshness"
        }

    before = all_that_is_seen()
    world = everything
    for level in (SHARED, INTERNAL):
        cast.one_of_each(world, level, tag=f"zebu {level}")
        line = cast.line(world.one, payer=world.gist, visibility=level)
        cast.amount(line, 2025, 7_654_321, visibility=level)
        cast.entry(line, 1234, visibility=level)
    public = select("SELECT id FROM reporting.funding_lines WHERE currency = 'USD'")[0]["id"]
    cast.sql(
        "INSERT INTO funding_fundingamount (line_id, fiscal_year, planned, visibility, is_retired, revision, note_ko, note_en)"
        " VALUES (%s, 2031, 5, 2, false, '', '', '')", public,
    )  # fmt: skip
    cast.work()
    assert all_that_is_seen() == before


def test_a_payer_whom_nobody_may_know_is_not_named(everything):
    (line,) = select("SELECT * FROM reporting.funding_lines WHERE currency = 'USD'")
    assert [line[name] for name in ("payer", "payer_ko", "recipient", "recipient_en")] == [None] * 4
    texts = [str(select(f'SELECT * FROM reporting."{name}"')) for name in views()]
    assert not any("secret-payer" in text.lower() or "숨은 기관" in text for text in texts)


# ---- what a question costs ---------------------------------------------------------------------------------


def plan_of(sql: str, *parameters) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of so few rows no index would be asked
        cursor.execute(f"EXPLAIN (COSTS off) {sql}", parameters)
        return "\n".join(line for (line,) in cursor)


def test_a_filter_finds_its_rows_by_their_index_as_the_asking_account_is_not_trusted(everything):
    plan = plan_of("SELECT title_ko, program_ko FROM reporting.projects WHERE program = %s", everything.alpha.id)
    assert re.search(r"Index Cond: \(program_id = '", plan)
    plan = plan_of("SELECT part_en FROM reporting.roles WHERE scope = %s", everything.one.id)
    assert re.search(r"Index Cond: \(scope_id = '", plan)


def test_what_nobody_asks_for_is_not_joined(everything):
    plan = plan_of("SELECT part_en, count(*) FROM reporting.roles GROUP BY 1")
    assert "programs_role" in plan and "people_researcher" not in plan and "records_record" not in plan
    assert "labs_institution" not in plan_of("SELECT fiscal_year, sum(planned) FROM reporting.money GROUP BY 1")


# ---- kept right --------------------------------------------------------------------------------------------


def test_migrating_again_leaves_the_views_as_they_are(everything):
    oids = "SELECT oid FROM pg_class WHERE relnamespace = 'reporting'::regnamespace ORDER BY 1"
    before = select(oids)
    call_command("migrate", verbosity=0)
    assert select(oids) == before


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_language_of_who_migrates_does_not_matter(language):
    from records.reporting.making import statements

    with override(language):
        statements.cache_clear()
        views.cache_clear()
        made = statements()
    with override("ko"):
        statements.cache_clear()
        views.cache_clear()
        assert statements() == made
