"""Two moments compared: lists, records, totals; the form that looks at another moment; links that keep it."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from funding.models import FundingAmount, FundingLine
from programs.models import Program, Project
from records.comparing import compare_list
from records.lists import ListQuery
from records.shapes import shape_rows
from records.two_moments import Moment, Two
from tests import cast
from tests.cast import INTERNAL, PUBLIC, sql
from tests.test_changes import deleted, edit, now
from tests.test_history import undone


def instant():
    return sql("SELECT clock_timestamp()")[0][0]


def found(answer) -> dict[str, str]:
    """{label: what happened} of each row that differs."""
    return {row["label_en"]: f"{row['what']} {row['why']}" for row in answer.json()["results"]}


# ---- lists -------------------------------------------------------------------------------------------------


def test_a_list_says_what_came_what_went_and_what_changed(api, world):
    retired, gone = cast.project(world.beta, "retired"), cast.project(world.beta, "gone")
    then = now()
    cast.project(world.beta, "new")
    edit(retired, is_retired=True)
    deleted(gone)
    edit(world.one, number="7", title_ko="새 제목")
    answer = api(f"compare/projects/?known_at={then}")
    assert answer.json()["counts"] == {"added": 1, "gone": 2, "changed": 1}
    assert found(answer) == {
        "Project new": "added entered", "Project retired": "gone retired", "Project gone": "gone deleted",
        "Project one": "changed edited",
    }  # fmt: skip
    one = next(row for row in answer.json()["results"] if row["what"] == "changed")
    assert one["differences"] == [
        {"field": "title_ko", "before": "과제 one", "after": "새 제목"},
        {"field": "number", "before": "", "after": "7"},
    ]


def test_a_search_finds_at_each_moment_what_was_called_so_then(api, world):
    then = now()
    edit(world.one, title_en="Something else")
    answer = api(f"compare/projects/?search=Project+one&known_at={then}").json()
    assert answer["counts"] == {"added": 0, "gone": 1, "changed": 0}
    answer = api(f"compare/projects/?search=Something+else&known_at={then}").json()
    assert answer["counts"] == {"added": 1, "gone": 0, "changed": 0}


def test_what_changed_and_changed_back_does_not_differ(api, world):
    then = now()
    edit(world.one, number="7")
    edit(world.one, number="")
    assert api(f"compare/projects/?known_at={then}").json()["counts"] == {"added": 0, "gone": 0, "changed": 0}


def test_comparing_two_days_brings_no_more_than_a_page_out_of_the_database(world):
    for n in range(5):
        cast.project(world.beta, starts_on=f"2024-0{n + 1}")
    two = Two("as_of", Moment(as_of=date(2023, 12, 31)), Moment(as_of=date(2024, 12, 31)))
    query = ListQuery(kind=cast.kind("project"), reader=cast.reader(None))
    with CaptureQueriesContext(connection) as asked:
        page = compare_list(query, two, limit=2)
    assert page.counts == {"added": 5, "gone": 0, "changed": 0} and len(page.rows) == 2
    assert not any("array_agg" in one["sql"] for one in asked)
    rest = compare_list(query, two, limit=5, after=page.after)
    assert len(rest.rows) == 3 and not {row.id for row in rest.rows} & {row.id for row in page.rows}


def test_two_moments_of_the_past_are_compared_with_each_other(api, world):
    first = now()
    edit(world.one, number="7")
    second = now()
    edit(world.two, number="8")
    assert found(api(f"compare/projects/?known_at={first}&known_at_to={second}")) == {"Project one": "changed edited"}
    assert found(api(f"compare/projects/?known_at={second}")) == {"Project two": "changed edited"}


def test_a_list_is_compared_with_its_filters(api, world):
    then = now()
    edit(world.one, status="completed")
    edit(world.two, number="2")
    assert found(api(f"compare/projects/?known_at={then}&status=running")) == {
        "Project one": "gone no_longer_matches", "Project two": "changed edited",
    }  # fmt: skip
    assert found(api(f"compare/projects/?known_at={then}&status=completed")) == {"Project one": "added matches"}


def test_a_filter_that_asks_other_records_sees_what_they_were(api, world):
    then = now()
    cast.participation(world.kaist, world.one)
    assert found(api(f"compare/projects/?known_at={then}&institution=kaist")) == {"Project one": "added matches"}
    then = now()
    edit(world.kaist, name_ko="카이스트", name_en="KAIST")
    assert api(f"compare/projects/?known_at={then}&institution=kaist").json()["results"] == []


def test_a_long_comparison_comes_page_by_page(api, world):
    then = now()
    made = [cast.institution() for _n in range(120)]
    seen, cursor = [], ""
    while cursor is not None:
        body = api(f"compare/institutions/?known_at={then}&after={cursor}").json()
        seen, cursor = seen + [row["record"] for row in body["results"]], body["next_cursor"]
        assert body["counts"] == {"added": 120, "gone": 0, "changed": 0}
    assert sorted(seen) == seen and set(seen) == {str(row.id) for row in made}
    assert api(f"compare/institutions/?known_at={then}&only=gone").json()["results"] == []


def test_the_worlds_clock_is_compared_too(api, world):
    cast.project(world.beta, "old", starts_on="2020", ends_on="2021")
    cast.project(world.beta, "next", starts_on="2024-05")
    answer = api("compare/projects/?as_of=2021-06&as_of_to=2025&program=beta")
    assert found(answer) == {"Project old": "gone no_longer_matches", "Project next": "added matches"}
    cast.headcount(world.alpha, 35, counted_on="2024-10-28")
    cast.headcount(world.alpha, 45, counted_on="2025-08-31")
    body = api("compare/headcounts/?as_of=2024-12-31&as_of_to=2025-12-31").json()
    assert body["counts"] == {"added": 1, "gone": 1, "changed": 0}
    said = {
        (r["what"], *((d["before"], d["after"]) for d in r["differences"] if d["field"] == "number"))
        for r in body["results"]
    }
    assert said == {("gone", (35, None)), ("added", (None, 45))}


def test_the_other_clock_is_held_still(api, world):
    before = now()
    cast.project(world.beta, "next", starts_on="2024-05")
    held = api(f"compare/projects/?as_of=2023&as_of_to=2025&known_at={before}&program=beta")
    assert held.json()["results"] == []
    both = api(f"compare/projects/?known_at={before}&known_at_to={now()}&as_of=2023&program=beta")
    assert both.json()["results"] == []


# Random edits, and a plain comparison of two snapshots of everything.

EDITS = ("create", "title", "status", "move", "retire", "restore", "delete", "hide", "back")


def carry_out(way: str, which: int, beta) -> None:
    rows = list(Project.objects.order_by("id"))
    row = rows[which % len(rows)] if rows else None
    if way == "create" or row is None:
        cast.project(beta)
    elif way == "delete":
        Project.objects.filter(id=row.id).exclude(parts__isnull=False).delete()
    elif way == "back":
        Project.objects.filter(id=row.id).delete()
        row.save(force_insert=True)
    else:
        values = {
            "title": {"title_en": f"T{which}"}, "status": {"status": ("planned", "running", "completed")[which % 3]},
            "move": {"number": str(which)}, "retire": {"is_retired": True}, "restore": {"is_retired": False},
            "hide": {"visibility": INTERNAL if which % 2 else PUBLIC},
        }  # fmt: skip
        Project.objects.filter(id=row.id).update(**values[way])


def snapshot(query: ListQuery, moment: Moment) -> dict:
    with moment.looked_at():
        shaped = shape_rows(query.kind, list(query.rows()), query.reader)
    return {
        row["id"]: {k: v for k, v in row.items() if k not in ("version", "updated_at", "visibility")} for row in shaped
    }


@given(
    st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 5)), min_size=1, max_size=14),
    st.sampled_from(["", "status=running", "search=T1", "program=beta"]),
    st.booleans(),
    st.data(),
)
def test_a_comparison_is_the_plain_one_of_two_snapshots(db, edits, question, by_officer, data):
    with undone():
        beta, moments = cast.program("beta"), [instant()]
        for way, which in edits:
            carry_out(way, which, beta)
            moments.append(instant())
        a, b = sorted(data.draw(st.tuples(*[st.integers(0, len(moments) - 1)] * 2)))
        officer = cast.user("officer", name="asker") if by_officer else None
        query = cast.ask("project", question, officer)
        two = Two(
            "known_at", Moment(known_at=moments[a]), Moment(known_at=moments[b] if b < len(moments) - 1 else None)
        )
        left, right = (snapshot(query, moment) for moment in two)
        plain = dict.fromkeys(right.keys() - left.keys(), "added") | dict.fromkeys(left.keys() - right.keys(), "gone")
        plain |= {id: "changed" for id in left.keys() & right.keys() if left[id] != right[id]}
        compared = compare_list(query, two, limit=1000)
        assert {str(row.id): str(row.what) for row in compared.rows} == plain
        assert compared.total == len(plain) and compared.after is None
        for row in compared.rows:
            if row.what == "changed":
                told = {d.field.name: (d.before, d.after) for d in row.differences}
                was, is_now = left[str(row.id)], right[str(row.id)]
                assert told == {name: (was[name], is_now[name]) for name in was if was[name] != is_now[name]}


# ---- records -----------------------------------------------------------------------------------------------


def test_a_record_is_compared_with_what_belongs_to_it(api, world, officer):
    part = cast.participation(world.kaist, world.alpha)
    amount = FundingAmount.objects.get(line=world.line)
    then = now()
    edit(world.alpha, status="suspended")
    deleted(part)
    edit(amount, planned=2000)
    cast.role(world.rus, world.alpha)
    body = api(f"compare/programs/alpha/?known_at={then}", officer).json()
    assert body["record"]["differences"] == [{"field": "status", "before": "running", "after": "suspended"}]
    assert {p["kind"]: p["counts"] for p in body["parts"]} == {
        "participation": {"added": 0, "gone": 1, "changed": 0},
        "role": {"added": 1, "gone": 0, "changed": 0},
        "funding_amount": {"added": 0, "gone": 0, "changed": 1},
    }
    changed = next(p for p in body["parts"] if p["kind"] == "funding_amount")["results"][0]["differences"]
    assert changed == [{"field": "planned", "before": 1000, "after": 2000}]


def test_a_record_in_which_nothing_differs_says_so(api, client, world):
    then = now()
    assert api(f"compare/programs/alpha/?known_at={then}").json() == {"record": None, "parts": []}
    page = client.get(f"/en/compare/programs/alpha/?known_at={then}").content.decode()
    assert "Nothing differs in the record itself." in page


def test_a_deleted_record_is_compared_with_what_it_was(api, world):
    row = cast.institution("gone", name_en="Goner")
    then = now()
    deleted(row)
    body = api(f"compare/institutions/gone/?known_at={then}").json()
    assert (body["record"]["what"], body["record"]["why"], body["record"]["label_en"]) == ("gone", "deleted", "Goner")
    assert api("compare/institutions/gone/?known_at=2020").status_code == 404


# ---- totals ------------------------------------------------------------------------------------------------


def test_totals_are_compared_group_by_group_and_never_across_currencies(api, world):
    abroad = cast.line(world.alpha, currency="USD", payer=world.gist)
    cast.amount(abroad, 2025, 500)
    then = now()
    cast.amount(cast.line(world.alpha, payer=world.gist, form="cash"), 2025, 70)
    FundingAmount.objects.filter(line=world.line).update(planned=900)
    FundingAmount.objects.filter(line=abroad).update(planned=None)
    cast.work()
    rows = api(f"compare/totals/?known_at={then}&group_by=payer_kind&program=alpha").json()["results"]
    said = {(r["group"]["payer_kind"], r["currency"]): r for r in rows}
    assert said[("national", "KRW")]["difference"]["planned"] == -100
    assert said[("university", "KRW")]["left"] is None and said[("university", "KRW")]["difference"]["planned"] == 70
    usd = said[("university", "USD")]
    assert (usd["left"]["planned"], usd["right"]["planned"], usd["difference"]["planned"]) == (5.0, None, -5.0)
    assert {r["difference"]["committed"] for r in rows} == {None}


def test_totals_are_compared_as_of_two_days(api, world):
    FundingAmount.objects.filter(line=world.line).update(decided_on="2024-01")
    cast.amount(world.line, 2024, 1500, decided_on="2024-06")
    rows = api("compare/totals/?as_of=2024-02&as_of_to=2024-12&group_by=form").json()["results"]
    assert [(r["left"]["planned"], r["right"]["planned"], r["difference"]["planned"]) for r in rows] == [
        (1000, 1500, 500)
    ]


# ---- rights ------------------------------------------------------------------------------------------------


def test_todays_rights_hold_at_both_moments(api, client, world, officer):
    hidden, opened = cast.project(world.beta, "hidden"), cast.project(world.beta, "opened", visibility=INTERNAL)
    then = now()
    edit(hidden, visibility=INTERNAL, number="1")
    edit(opened, visibility=PUBLIC, number="2")
    assert found(api(f"compare/projects/?known_at={then}")) == {"Project opened": "changed edited"}
    assert set(found(api(f"compare/projects/?known_at={then}", officer))) == {"Project hidden", "Project opened"}
    assert api(f"compare/projects/hidden/?known_at={then}").status_code == 404
    client.logout()
    assert "Project hidden" not in client.get(f"/en/compare/projects/?known_at={then}").content.decode()


def test_private_fields_are_compared_for_their_owners_alone(api, world, officer):
    then = now()
    edit(world.role, effort_share=55)
    partner, stranger = cast.user("partner", world.gist), cast.user("partner", world.kaist)
    for by, sees in ((None, False), (stranger, False), (partner, True), (officer, True)):
        assert ("55" in str(api(f"compare/roles/{world.role.id}/?known_at={then}", by).json()["record"])) == sees
    assert api(f"compare/roles/?known_at={then}").json()["results"] == []


def test_a_hidden_reference_makes_no_difference(api, world, officer):
    secret, other = cast.institution(visibility=INTERNAL), cast.institution(visibility=INTERNAL)
    line = cast.line(world.alpha, payer=secret)
    then = now()
    FundingLine.objects.filter(id=line.id).update(payer=other)
    assert api(f"compare/funding-lines/?known_at={then}").json()["results"] == []
    assert len(api(f"compare/funding-lines/?known_at={then}", officer).json()["results"]) == 1


# ---- wrong questions ---------------------------------------------------------------------------------------

WRONG = [
    ("", "known_at"), ("known_at=soon", "known_at"), ("known_at=2024&known_at_to=2023", "known_at_to"),
    ("known_at_to=2024", "known_at"), ("as_of=2024&known_at=2024", ""), ("as_of=2024&as_of_to=2025&known_at_to=2024", ""),
    ("known_at=2999", "known_at"), ("as_of=2024&as_of_to=x", "as_of_to"), ("known_at=2024&colour=red", "colour"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "named"), WRONG)
@pytest.mark.parametrize("address", ["compare/projects/", "compare/programs/alpha/", "compare/totals/"])
def test_a_wrong_question_is_refused_with_a_sentence(api, world, address, asked, named):
    answer = api(f"{address}?{asked}")
    assert answer.status_code == 400
    errors = answer.json()["errors"]
    assert all(error["detail"] for error in errors) and (not named or named in {error["parameter"] for error in errors})


@pytest.mark.parametrize(("asked", "named"), WRONG[1:])
@pytest.mark.parametrize("address", ["compare/projects/", "compare/programs/alpha/", "compare/totals/"])
def test_a_page_says_at_the_field_what_is_wrong(client, world, address, asked, named):
    page = client.get(f"/ko/{address}?{asked}")
    assert page.status_code == 400
    text = page.content.decode()
    assert 'class="wrong"' in text or "colour" in text


def test_a_page_without_moments_asks_for_them(client, world):
    for address in ("compare/", "compare/projects/", "compare/programs/alpha/", "compare/totals/"):
        page = client.get(f"/ko/{address}")
        assert page.status_code == 200 and 'name="known_at"' in page.content.decode(), address
    assert (
        client.get("/ko/compare/?of=projects&known_at=2024").headers["Location"]
        == "/ko/compare/projects/?known_at=2024"
    )
    assert client.get("/ko/compare/?of=totals").headers["Location"].startswith("/ko/compare/totals/")
    assert client.get("/ko/compare/nothing/").status_code == 404


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_pages_of_a_comparison_open(client, world, language):
    gone = cast.project(world.alpha, "gone")
    then = now()
    edit(world.alpha, status="suspended", name_en="Other")
    edit(world.one, number="7")
    deleted(gone)
    for address in (
        f"projects/?known_at={then}", f"projects/?known_at={then}&only=gone", f"programs/alpha/?known_at={then}",
        f"totals/?known_at={then}&program=alpha&group_by=program", "totals/?as_of=2024&as_of_to=2025&unit=won",
        f"projects/?as_of=2024&as_of_to=2025&known_at={then}", f"funding-lines/?known_at={then}&program=alpha",
    ):  # fmt: skip
        assert client.get(f"/{language}/compare/{address}").status_code == 200, address


# ---- looking at another moment -----------------------------------------------------------------------------


def test_a_page_is_looked_at_at_moments_typed_as_koreans_write_them(client, world):
    page = client.get("/ko/programs/alpha/", {"as_of": "2024년 10월 28일"})
    assert page.status_code == 200 and "2024. 10. 28." in page.content.decode()
    page = client.get("/ko/projects/", {"known_at": "2024. 10. 28. 14:05"})
    assert page.status_code == 200 and "2024. 10. 28. 14:05" in page.content.decode()
    page = client.get("/en/", {"known_at": "2024. 10. 28. 24:05"})
    assert page.status_code == 400 and "An hour is" in page.content.decode()


@pytest.mark.parametrize("address", ["", "projects/?status=running", "programs/alpha/?unit=won"])
def test_a_bad_moment_is_said_at_its_field_and_all_else_is_kept(client, world, address):
    sep = "&" if "?" in address else "?"
    page = client.get(f"/ko/{address}{sep}as_of=soon&known_at=2020")
    text = page.content.decode()
    assert page.status_code == 400
    assert re.search(r'name="as_of" value="soon"[^>]*aria-invalid="true"', text) and 'id="w-as_of"' in text
    assert re.search(r'name="known_at" value="2020"', text)
    for name, value in re.findall(r"[?&](\w+)=(\w+)", address):
        assert f'<input type="hidden" name="{name}" value="{value}">' in text


def test_the_band_says_which_clocks_and_leads_back(client, world):
    then = now()
    text = client.get(f"/en/programs/alpha/?as_of=2024-10-28&known_at={then}&unit=won").content.decode()
    band = text.partition('<div class="past"')[2].partition("</div>")[0]
    assert "As of 2024-10-28" in band and "As known on" in band
    assert "Back to now" in band and 'href="?unit=won"' in band
    assert "/en/compare/programs/alpha/?" in band
    assert '<div class="past"' not in client.get("/en/programs/alpha/").content.decode()


def test_two_renamings_later_each_moment_has_its_name(api, world):
    first = now()
    Program.objects.filter(id=world.alpha.id).update(name_en="B")
    second = now()
    Program.objects.filter(id=world.alpha.id).update(name_en="C")
    body = api(f"compare/programs/alpha/?known_at={first}&known_at_to={second}").json()
    assert body["record"]["differences"] == [{"field": "name_en", "before": "Program alpha", "after": "B"}]
