"""What needs whoever looks stands on the first page, and each number opens to what it counts."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.models import User
from records.history import change
from records.jobs import Job
from records.models import Change
from tests import cast
from tests.cast import INTERNAL, SHARED

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def home(client, by=None, address="/en/"):
    client.force_login(by) if by else client.logout()
    return client.get(address)


def need(page, name: str):
    return next(one for one in page.context["needs"] if one.name == name)


def in_days(n: int) -> str:
    return (timezone.localdate() + timedelta(days=n)).isoformat()


def came_before(user, ago=timedelta(days=1)) -> None:
    User.objects.filter(pk=user.pk).update(seen_at=timezone.now() - ago)


def test_nobody_in_particular_sees_programs_and_changes_as_before(world, client):
    page = home(client)
    assert page.context["needs"] == []
    assert "Program alpha" in page.content.decode() and "Latest changes" in page.content.decode()


def test_an_officer_sees_open_disagreements_the_major_ones_first(world, client, officer):
    cast.disagreement(world.alpha, severity="minor", topic_en="small")
    cast.disagreement(world.alpha, severity="major", topic_en="large")
    cast.disagreement(world.alpha, state="decided", reason_en="so", topic_en="old")
    found = need(home(client, officer), "disagreements")
    assert (found.number, [item.text for item in found.items]) == ("2", ["large", "small"])
    assert [(words, n) for words, n, _url in found.parts] == [("major", 1), ("minor", 1)]
    for url, n in [(found.url, 2), *((url, n) for _words, n, url in found.parts)]:
        assert len(client.get(url).context["cases"]) == n


def test_money_that_ends_soon_is_there_the_soonest_first(world, client, officer):
    for name, end, state in (
        ("b", 40, "planned"),
        ("a", 3, "committed"),
        ("far", 91, "planned"),
        ("over", -1, "planned"),
        ("done", 5, "closed"),
    ):
        cast.line(world.alpha, name_en=name, ends_on=in_days(end), state=state)
    lines = need(home(client, officer), "lines")
    assert ([item.text for item in lines.items], lines.number) == (["a", "b"], "2")
    assert len(client.get(lines.url).context["lines"]) == 2


def test_what_is_late_and_what_ends_soon_is_counted_and_each_number_opens_to_its_list(world, client, officer):
    cast.UNDER["agreement"](world.alpha, "treaty", ends_on=in_days(90))
    cast.UNDER["agreement"](world.alpha, "far", ends_on=in_days(91))
    cast.UNDER["milestone"](world.alpha, "review", due_on=in_days(-2))
    cast.project(world.alpha, "hidden", ends_on=in_days(-3), visibility=INTERNAL)
    cast.work()
    page = home(client, officer)
    late, ending = need(page, "late-dates"), need(page, "ending-dates")
    assert [item.mark for item in late.items] == ["late by 3 days", "late by 2 days"]
    assert [item.text for item in ending.items] == ["treaty"]
    assert [(words, n) for words, n, _url in late.parts] == [("projects", 1), ("milestones", 1)]
    for url, n in [(late.url, 2), (ending.url, 1), *((url, n) for _words, n, url in late.parts)]:
        assert len(client.get(url).context["listed"].rows) == n


def test_partners_see_what_is_late_at_their_own_institution(world, client):
    cast.UNDER["milestone"](world.alpha, "theirs", due_on=in_days(-2))
    cast.UNDER["milestone"](world.beta, "others'", due_on=in_days(-2))
    cast.project(world.alpha, "own", title_en="Own", ends_on=in_days(-2))
    cast.participation(world.gist, cast.project(world.beta, "at-gist", title_en="At GIST", ends_on=in_days(-1)))
    cast.work()
    page = home(client, cast.user("partner", world.gist))
    late = need(page, "late-dates-gist")
    assert late.title == "Gist · late by their dates"
    assert [item.text for item in late.items] == ["At GIST"]
    assert len(client.get(late.url).context["listed"].rows) == int(late.number)
    assert "late-dates" not in [one.name for one in home(client, cast.user("viewer")).context["needs"]]


def test_a_report_that_is_late_says_for_which_project(world, client, officer):
    cast.participation(world.gist, world.one, part="lead")
    cast.obligation(world.alpha, title_en="Half a year", rhythm="once", starts_on="2024-01-01", ends_on="2024-06-30")
    cast.work()
    client.force_login(officer)
    page = client.get("/en/").text
    assert "Half a year" in page and "Project one" in page


def test_changes_by_others_since_the_last_visit_are_counted_and_listed(world, client, officer):
    came_before(officer)
    other = cast.user("officer", name="colleague")
    for by in (other, officer, other):
        with change(by=by, reason="news"):
            cast.project(world.alpha)
    found = need(home(client, officer), "changes")
    theirs = Change.objects.filter(actor_id=other.pk)
    assert [item.mark for item in found.items if item.mark != "registry"] == ["colleague"] * 2
    listed = client.get(found.url).context["changes"]
    assert int(found.number) == len(listed) and {c.pk for c, _n in listed} >= {c.pk for c in theirs}
    assert officer.pk not in {c.actor_id for c, _n in listed}


def test_a_change_of_very_many_says_at_least_how_many(world, client, officer, monkeypatch):
    monkeypatch.setattr("records.changes.COUNTED_TO", 3)
    came_before(officer)
    with change(by=cast.user("officer", name="colleague"), reason="news"):
        for _n in range(6):
            cast.source()
    (item,) = [item for item in need(home(client, officer), "changes").items if item.mark == "colleague"]
    assert item.text == "source 3+"


def test_a_visit_lasts_and_the_next_one_begins_where_it_ended(world, client, officer):
    came_before(officer)
    first = need(home(client, officer), "changes").title
    assert need(home(client, officer), "changes").title == first
    User.objects.filter(pk=officer.pk).update(seen_at=timezone.now() - timedelta(minutes=20))
    assert need(home(client, officer), "changes").title == first
    User.objects.filter(pk=officer.pk).update(seen_at=timezone.now() - timedelta(hours=2))
    assert need(home(client, officer), "changes").title != first


def test_looking_again_writes_nothing(world, client, officer):
    home(client, officer)
    with CaptureQueriesContext(connection) as asked:
        home(client, officer)
    assert [
        q["sql"] for q in asked if q["sql"].startswith("UPDATE") and "people_user" in q["sql"] and "seen_at" in q["sql"]
    ] == []


def test_who_has_seen_the_changes_says_so(world, client, officer):
    came_before(officer)
    with change(by=cast.user("officer"), reason="news"):
        cast.project(world.alpha)
    assert "I have seen these" in home(client, officer).content.decode()
    assert client.post("/en/seen/", follow=True).status_code == 200
    assert need(home(client, officer), "changes").number == "0"
    assert client.get("/en/seen/").status_code == 405


def test_my_jobs_at_work_or_ended_unseen_are_there(world, client, officer):
    other = cast.user("officer")
    for owner, seen in ((officer, None), (officer, timezone.now()), (other, None)):
        Job.objects.create(
            owner_id=owner.pk, owner_name="x", work="recompute_figures", language="en", door="page", seen_at=seen
        )
    assert need(home(client, officer), "jobs").number == "1"


def test_an_empty_need_says_what_to_do_next(world, client, officer):
    page = home(client, officer)
    for found in page.context["needs"]:
        assert found.items or (found.empty and client.get(found.empty_way[1]).status_code == 200), found.name


def test_what_one_may_not_see_needs_nobody(world, client):
    cast.line(world.alpha, name_en="hidden", ends_on=in_days(3), visibility=INTERNAL)
    cast.line(world.alpha, name_en="shared", ends_on=in_days(3), visibility=SHARED)
    for by, names in (
        (cast.user("viewer"), ["shared"]),
        (cast.user("partner", world.kaist), []),
        (cast.user("partner", world.gist), ["shared"]),
    ):
        page = home(client, by)
        assert [item.text for item in need(page, "lines").items] == names
        assert "disagreements" not in [one.name for one in page.context["needs"]]


def test_the_past_needs_nobody(world, client, officer):
    assert home(client, officer, "/en/?known_at=2026-11-01").context["needs"] == []


def test_the_first_page_asks_as_much_of_a_large_registry_as_of_a_small_one(world, client, officer):
    def grow(times):
        for _n in range(times):
            cast.disagreement(world.alpha)
            cast.line(world.alpha, ends_on=in_days(5))
        with CaptureQueriesContext(connection) as asked:
            home(client, officer)
        return len(asked)

    home(client, officer)
    one = grow(1)
    assert grow(20) <= one + 1  # those that do not fit are counted
