"""What a list adds up to: what its own rows add up to by hand, for everybody, whatever is asked."""

from collections import defaultdict
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from records import aggregates
from records.aggregates import groups_of, measures_of
from records.asking import BadQuery
from records.dates import parse
from records.kinds import Type, kinds
from records.shapes import shape_rows
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, ask, every_row, kind, reader

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    """Rows of every kind at every level, references that not everybody sees, dates of every exactness, three currencies."""
    w = cast.small_world()
    for n in range(8):
        cast.one_of_each(w, (PUBLIC, SHARED, INTERNAL)[n % 3], tag=f"t{n}")
    w.secret = cast.institution("secret", visibility=INTERNAL)
    for n, starts in enumerate(("2024", "2024-03", "2023-12/2024-01", "../2024", "2024-06-01/..", "2024?", None)):
        cast.project(w.alpha, starts_on=starts, status=("running", "planned")[n % 2], topics=["ai", "bio"])
    for currency in ("KRW", "USD", "BHD"):
        line = cast.line(w.alpha, currency=currency, payer=w.secret, category="equipment")
        cast.amount(line, 2024, 150, committed=99)
        for n, movement in enumerate(("received", "spent", "spent", "returned")):
            cast.entry(line, 1205 + n, movement, fiscal_year=(2024, None)[n % 2], visibility=(PUBLIC, INTERNAL)[n % 2])
    for number in (3, None, 5):
        cast.Exchange.objects.create(scope_id=w.alpha.id, status="planned", number=number, sender=w.gist)
    w.people = cast.cast(w)
    return w


def groups(kind_name: str, question: str, by=None, *, minor=False, **more) -> list[dict]:
    asked = aggregates.read(kind(kind_name), QueryDict(question), reader(by), **more)
    return aggregates.shape(asked, aggregates.answer(asked).rows, minor=minor)


def refused(kind_name: str, question: str, by=None) -> dict[str, str]:
    with pytest.raises(BadQuery) as bad:
        groups(kind_name, question, by)
    return {problem.parameter: problem.message for problem in bad.value.problems}


# ---- against the rows themselves ---------------------------------------------------------------------------


def by_hand(kind_name: str, by: tuple, measures, question: str, person) -> dict[tuple, tuple]:
    """The same from the rows of the list, as the API shows them."""
    rows = shape_rows(kind(kind_name), every_row(kind_name, question, person, limit=1000), reader(person), minor=True)
    found = defaultdict(list)
    for row in rows:
        found[tuple(value_of(group, row) for group in by)].append(row)
    return {key: tuple(measured(measure, these) for measure in measures) for key, these in found.items()}


def value_of(group, row: dict):
    value = row[group.field.name]
    if group.part:
        day = parse(value) if value else None
        return day.first.year if day and day.first.year == day.last.year else None
    return None if value == "" else value


def measured(measure, rows: list[dict]):
    if measure.field is None:
        return len(rows)
    stated = [row[measure.field.name] for row in rows if row[measure.field.name] is not None]
    if measure.function == "count":
        return len(stated)
    if not stated:
        return None
    if measure.function == "avg":
        return pytest.approx(sum(stated) / len(stated), abs=0.51 if measure.is_money else 1e-4)
    return {"sum": sum, "min": min, "max": max}[measure.function](stated)


@st.composite
def questions(draw):
    kind_name = draw(st.sampled_from(list(kinds())))
    words = list(groups_of(kind(kind_name)))
    by = draw(st.lists(st.sampled_from(words), max_size=3, unique=True))
    measures = draw(st.lists(st.sampled_from(list(measures_of(kind(kind_name)))), max_size=3, unique=True))
    only = draw(st.sampled_from(["", "visibility=public", "visibility=shared&visibility=internal"]))
    return kind_name, by, measures or ["count"], only


@given(asked=questions(), who=st.sampled_from(cast.ROLES))
def test_groups_are_what_the_rows_of_the_list_add_up_to(db, w, asked, who):
    kind_name, by, measures, only = asked
    question = f"group_by={','.join(by)}&measure={','.join(measures)}&{only}"
    read = aggregates.read(kind(kind_name), QueryDict(question), reader(w.people[who]))
    rows = aggregates.shape(read, aggregates.answer(read).rows, minor=True)
    found = {tuple(row[g.name] for g in read.by): tuple(row[m] for m in measures) for row in rows}
    expected = by_hand(kind_name, read.by, read.measures, only, w.people[who])
    if not read.by:
        expected = expected or {(): tuple(measured(measure, []) for measure in read.measures)}
    assert len(found) == len(rows)
    assert found == expected


@given(asked=questions(), who=st.sampled_from(["anonymous", "partner", "officer"]))
def test_groups_add_up_to_what_is_answered_without_them(db, w, asked, who):
    kind_name, by, measures, only = asked
    sums = [m for m in measures if m.split("__")[0] in ("count", "sum")] or ["count"]
    asking = f"measure={','.join(sums)}&{only}"
    whole = groups(kind_name, asking, w.people[who], minor=True)
    parts = groups(kind_name, f"group_by={','.join(by)}&{asking}", w.people[who], minor=True)
    unlike = [name for name in (whole[0] if whole else {}) if name not in sums]
    assert added(parts, unlike, sums) == added(whole, unlike, sums)


def added(rows: list[dict], by: list[str], sums: list[str]) -> dict[tuple, list]:
    found = defaultdict(lambda: [0] * len(sums))
    for row in rows:
        key = tuple(row[name] for name in by)
        found[key] = [total + (row[name] or 0) for total, name in zip(found[key], sums, strict=True)]
    return {
        key: totals for key, totals in found.items() if any(totals)
    }  # of no row there is no group, and a total is 0


def test_a_group_costs_one_statement(db, w):
    with CaptureQueriesContext(connection) as queries:
        groups("ledger_entry", "group_by=movement,posted_on__year,line&measure=count,sum__amount", w.people["viewer"])
    assert len(queries) == 1


# ---- what is in which group --------------------------------------------------------------------------------


def test_a_year_is_known_where_all_days_that_the_date_can_mean_lie_in_it(db, w):
    counted = {g["starts_on__year"]: g["count"] for g in groups("project", "group_by=starts_on__year&topics=ai")}
    assert counted == {2024: 3, None: 4}  # 2024, 2024-03, 2024?; the others may lie elsewhere, or nobody says


def test_what_the_reader_may_not_see_is_in_the_group_of_what_has_none(db, w):
    by_payer = "group_by=payer&measure=count&category=equipment"
    assert groups("funding_line", by_payer) == [{"payer": None, "count": 3}]
    assert groups("funding_line", by_payer, w.people["officer"]) == [{"payer": str(w.secret.id), "count": 3}]


def test_a_choice_that_nobody_made_is_null(db, w):
    assert {g["category"] for g in groups("funding_line", "group_by=category")} == {None, "equipment"}


def test_two_currencies_and_two_movements_are_never_added(db, w):
    found = groups("ledger_entry", "measure=sum__amount&movement=spent&fiscal_year__isnull=true", w.people["officer"])
    assert found == [
        {"currency": "BHD", "movement": "spent", "sum__amount": 1.206},
        {"currency": "KRW", "movement": "spent", "sum__amount": 1206 + 8 * 5},
        {"currency": "USD", "movement": "spent", "sum__amount": 12.06},
    ]
    asked = "group_by=currency&measure=max__planned&fiscal_year=2024"
    assert {g["currency"] for g in groups("funding_amount", asked)} == {"KRW", "USD", "BHD"}


def test_an_amount_beyond_all_numbers_of_json_is_still_told(db, w):
    line = cast.line(w.beta)
    cast.LedgerEntry.objects.bulk_create(
        cast.LedgerEntry(line=line, movement="spent", amount=10**15 - 1, posted_on="2031", fiscal_year=2031)
        for _n in range(3)
    )
    asked = f"measure=sum__amount&line={line.id}"
    assert groups("ledger_entry", asked)[0]["sum__amount"] == 3 * (10**15 - 1)


# ---- the list's own question -------------------------------------------------------------------------------


def test_filters_words_days_and_views_of_the_list_narrow_its_groups(db, w, officer):
    assert groups("institution", "group_by=kind&search=kaist") == [{"kind": "university", "count": 1}]
    assert groups("program", "measure=count&slug=beta") == [{"count": 1}]
    day = timezone.datetime(2021, 1, 1).date()
    listed = [
        row
        for row in every_row("project", "", officer)
        if row in ask("project", "limit=1000", officer, as_of=day).page().rows
    ]
    assert groups("project", "measure=count", officer, as_of=day) == [{"count": len(listed)}]
    from records.saved import SavedView

    view = SavedView.objects.create(owner_id=officer.id, name="v", kind="project", query="topics=ai&sort=-title")
    assert groups("project", f"measure=count&view={view.id}", officer) == [{"count": 7}]


def test_groups_stand_in_the_order_that_is_asked_for(db, w):
    first = groups("project", "group_by=status&sort=-count")
    assert [g["count"] for g in first] == sorted([g["count"] for g in first], reverse=True)
    years = [g["starts_on__year"] for g in groups("project", "group_by=starts_on__year&sort=-starts_on__year")]
    assert years == [*sorted(filter(None, years), reverse=True), None]


def test_the_first_groups_say_how_many_there_are(api, w):
    answer = api("projects/?group_by=status,starts_on__year&sort=-count&limit=1").json()
    assert len(answer["results"]) == 1
    assert answer["groups"] == len(api("projects/?group_by=status,starts_on__year").json()["results"]) > 1


def test_more_groups_than_an_answer_holds_are_refused(db, w, monkeypatch):
    monkeypatch.setattr(aggregates, "MOST_GROUPS", 2)
    assert "at most 2" in refused("project", "group_by=starts_on__year,status")["group_by"]
    assert len(groups("project", "group_by=starts_on__year,status&limit=2")) == 2


# ---- what cannot be asked ----------------------------------------------------------------------------------


def test_private_fields_are_no_groups_and_no_measures(db, w):
    for name, by in kinds().items():
        private = {f.name for f in by.all_fields.values() if f.is_private}
        assert not private & {group.field.name for group in groups_of(by).values()}, name
        assert not private & {measure.field.name for measure in measures_of(by).values() if measure.field}, name
    for measure in ("effort_share", "sum__effort_share", "count__effort_share", "max__effort_share"):
        assert "is not a value" in refused("role", f"measure={measure}", w.people["officer"])["measure"]


def test_every_number_that_is_added_up_is_a_number_of_its_kind():
    for name, by in kinds().items():
        for field, unlike in by.adds.items():
            assert by.all_fields[field].type in (Type.INTEGER, Type.DECIMAL, Type.MONEY), name
            assert set(unlike) <= set(groups_of(by)), name


def test_a_wrong_word_names_the_nearest_and_all_is_said_at_once(db, w):
    said = refused("project", "group_by=statsu,topics&measure=cuont&limit=0&cursor=x&visibilty=public&sort=x")
    assert set(said) == {"group_by", "measure", "limit", "cursor", "visibilty"}
    assert "Did you mean “count”?" in said["measure"]
    assert "Did you mean “status”?" in refused("project", "group_by=statsu")["group_by"]
    assert "several" in refused("project", "group_by=topics")["group_by"]
    assert "at most 3" in refused("project", "group_by=status,program,parent,visibility")["group_by"]
    assert "Did you mean “-count”?" in refused("project", "group_by=status&sort=-conut")["sort"]


def test_amounts_that_splits_would_count_twice_lead_to_the_totals(db, w):
    for kind_name, field in (("funding_amount", "planned"), ("funding_line", "committed")):
        assert "/api/v1/rollups/" in refused(kind_name, f"measure=sum__{field}")["measure"]


def test_rates_and_years_are_not_added(db, w):
    for kind_name, field in (("exchange_rate", "rate"), ("ledger_entry", "fiscal_year"), ("lab", "floor_area")):
        assert "measure" in refused(kind_name, f"measure=sum__{field}")


# ---- the door ----------------------------------------------------------------------------------------------


def test_a_flat_answer_has_names_beside_references(api, w):
    row = api("projects/?group_by=program,status&flat=1&slug=one").json()["results"][0]
    assert row == {
        "program": str(w.alpha.id),
        "program_label": w.alpha.name_en,
        "status": "running",
        "status_label": "running",
        "count": 1,
    }
    hidden = api("funding-lines/?group_by=payer&flat=1&category=equipment").json()["results"][0]
    assert hidden == {"payer": None, "payer_label": None, "count": 3}


def test_the_past_is_added_up_as_it_was(api, w):
    before, counted = timezone.now(), "programs/?measure=count&slug=newest"
    cast.program("newest")
    then = {"known_at": before.isoformat()}
    assert api(counted).json()["results"] == [{"count": 1}]
    assert api(f"{counted}&{urlencode(then)}").json()["results"] == [{"count": 0}]


def test_minor_units_are_whole_numbers(api, w):
    asked = "ledger-entries/?measure=sum__amount,avg__amount&movement=received&currency=USD"
    assert api(asked).json()["results"][0]["sum__amount"] == 12.05
    assert api(f"{asked}&money=minor").json()["results"][0]["sum__amount"] == 1205


def test_groups_say_as_of_when_they_are_and_are_not_sent_twice(api, w):
    answer = api("projects/?group_by=status")
    assert set(answer.json()) == {"results", "groups", "next_cursor", "data_at", "is_stale"}
    assert api("projects/?group_by=status", **{"if-none-match": answer["ETag"]}).status_code == 304
    assert api("projects/?group_by=program", **{"if-none-match": answer["ETag"]}).status_code == 200


def test_a_name_that_leads_to_nothing_is_refused_as_in_the_list(api, w):
    assert api("projects/?group_by=status&program=nobody").json()["errors"][0]["parameter"] == "program"


def test_groups_come_as_json_alone(api, w):
    assert api("projects/?group_by=status&format=csv").json()["errors"][0]["parameter"] == "format"


def test_totals_of_money_name_the_nearest_word_too(api, w):
    errors = api("rollups/?group_by=payer_kid,fiscal_yaer&measure=plannd").json()["errors"]
    assert [error["detail"].rpartition("Did you mean ")[2] for error in errors] == [
        "“payer_kind”?",
        "“fiscal_year”?",
        "“planned”?",
    ]
    assert {error["code"] for error in errors} == {"not_a_choice"}
