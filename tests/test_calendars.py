"""Calendars that people subscribe to: what stands in them, for whom, at a secret address; and the page where they are made."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.http import Http404
from django.utils import timezone

from config import logs
from people import commands as accounts
from people.models import User
from programs.models import Agreement, Event, Milestone
from records.calendars import commands, content
from records.calendars.commands import ACTED_ON, dated_kinds
from records.models import CalendarFeed
from records.refusals import Refused
from reports.models import ReportDue
from tests import cast
from tests.ical import read
from tests.test_dues import report
from tests.test_merging import merge

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
SOON = TODAY + timedelta(days=40)


def made(of="", *, by, wanted=None, language="ko") -> str:
    """The path of a new calendar of this account."""
    _feed, key = commands.make(of, wanted=wanted or list(dated_kinds()), language=language, by=cast.reader(by))
    return f"/calendars/{key}.ics"


@pytest.fixture
def events(client):
    """`events(path)`: what a client reads there, by summary; its workers have done their work."""

    def ask(path, **headers):
        cast.work()
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200, answer.content
        return {event.summary: event for event in read(answer.content).events}

    return ask


# ---- what stands in it ---------------------------------------------------------------------------------


def milestone(scope, title, day=SOON, **more) -> Milestone:
    return Milestone.objects.create(scope_id=scope.id, title_ko=title, due_on=str(day), **more)


def test_a_program_s_calendar_has_the_dates_of_all_that_lies_under_it(world, officer, events):
    one = cast.project(world.alpha, title_ko="반도체 설계", starts_on=str(TODAY), ends_on=str(SOON))
    milestone(cast.project(one, title_ko="세부 과제"), "시제품")
    Agreement.objects.create(
        scope_id=world.alpha.id, title_ko="공동연구 협약", kind="mou", starts_on="2020-01-01", ends_on=str(SOON)
    )
    cast.project(world.beta, title_ko="다른 사업의 과제", starts_on=str(TODAY), ends_on=str(SOON))
    found = events(made("programs/alpha", by=officer))
    assert found["과제 시작: 반도체 설계"].dtstart == TODAY
    assert found["과제 종료: 반도체 설계"].dtstart == SOON
    assert found["중간 목표 기한: 시제품 · 세부 과제"].dtstart == SOON
    assert found["협약 만료: 공동연구 협약"].dtstart == SOON
    assert not any("다른 사업" in summary for summary in found)


def test_it_is_in_the_language_that_was_chosen(world, officer, events):
    cast.project(world.alpha, title_en="Chips", ends_on=str(SOON))
    assert "Project ends: Chips" in events(made("programs/alpha", by=officer, language="en"))
    assert "과제 종료: Chips" not in events(
        made("programs/alpha", by=officer, language="en"), **{"accept-language": "ko"}
    )


def test_an_event_with_hours_keeps_its_zone(world, officer, events):
    Event.objects.create(
        scope_id=world.alpha.id, title_ko="착수회의", kind="kick_off", status="planned", starts_on=f"{SOON}",
        ends_on=f"{SOON + timedelta(1)}", starts_at=f"{SOON} 23:00+09:00", ends_at=f"{SOON + timedelta(1)} 05:00+09:00",
        time_zone="Asia/Seoul", place_ko="보스턴",
    )  # fmt: skip
    found = events(made("programs/alpha", by=officer))["착수회의"]
    assert found.dtstart.tzinfo.key == "Asia/Seoul" and found.location == "보스턴"
    assert (found.dtstart.hour, found.dtend.hour) == (23, 5)
    boston = ZoneInfo("America/New_York")
    assert found.dtstart.astimezone(boston).hour == (10 if found.dtstart.astimezone(boston).dst() else 9)


def test_what_is_due_no_more_says_what_became_of_it(world, officer, events):
    milestone(world.one, "열린 것", state="open")
    milestone(world.one, "끝난 것", state="done")
    found = events(made("projects/one", by=officer))
    assert "중간 목표 기한: 열린 것" in found and "[완료] 중간 목표 기한: 끝난 것" in found


def test_an_institution_s_calendar_has_what_it_takes_part_in_and_a_person_s_what_they_have_roles_in(
    world, officer, events
):
    cast.participation(world.gist, world.one, ends_on=str(SOON))
    assert any("GIST" in summary.upper() for summary in events(made("institutions/gist", by=officer)))
    cast.role(world.hong, world.two, part="coordinator", ends_on=str(SOON))
    assert any("홍길동" in summary for summary in events(made(f"researchers/{world.hong.pk}", by=officer)))


def test_it_begins_with_last_year_and_has_all_that_is_to_come(world, officer, events):
    for year in (-2, -1, 0, 30):
        milestone(world.one, f"해 {year}", f"{TODAY.year + year}-01-01")
    found = " ".join(events(made("projects/one", by=officer)))
    assert "해 -2" not in found and all(f"해 {year}" in found for year in (-1, 0, 30))


def test_only_the_kinds_that_were_chosen_stand_in_it(world, officer, events):
    cast.project(world.alpha, title_ko="과제", ends_on=str(SOON))
    milestone(world.alpha, "목표")
    assert set(events(made("programs/alpha", by=officer, wanted=["milestone"]))) == {"중간 목표 기한: 목표"}


def test_a_large_one_ends_where_it_is_full_and_says_so(world, officer, events, monkeypatch):
    monkeypatch.setattr(content, "MOST", 5)
    for day in range(10):
        milestone(world.one, f"목표 {day}", SOON + timedelta(day))
    found = events(made("projects/one", by=officer, wanted=["milestone"]))
    assert len(found) == 6 and sum("여기까지" in summary for summary in found) == 1
    assert (
        max(event.dtstart for event in found.values()) == next(e for s, e in found.items() if "여기까지" in s).dtstart
    )
    assert "중간 목표 기한: 목표 0" in found and "중간 목표 기한: 목표 9" not in found


def test_a_large_one_leaves_out_what_is_long_past_before_it_leaves_out_what_is_to_come(
    world, officer, events, monkeypatch
):
    monkeypatch.setattr(content, "MOST", 5)
    for day in range(10):
        milestone(world.one, f"지난 {day}", TODAY - timedelta(100 + day))
    milestone(world.one, "앞으로")
    assert set(events(made("projects/one", by=officer, wanted=["milestone"]))) == {"중간 목표 기한: 앞으로"}


def test_a_uid_stays_when_the_date_moves_and_the_sequence_rises(world, officer, events):
    row = milestone(world.one, "시제품")
    path = made("projects/one", by=officer, wanted=["milestone"])
    (before,) = events(path).values()
    Milestone.objects.filter(pk=row.pk).update(due_on=str(SOON + timedelta(9)))
    (after,) = events(path).values()
    assert before.uid == after.uid and after.dtstart - before.dtstart == timedelta(9)
    assert after.sequence > before.sequence and after.dtstamp >= before.dtstamp


def test_a_partner_s_own_calendar_has_what_its_institutions_have_and_nothing_of_others(world, events):
    cast.participation(world.gist, world.one, ends_on=str(SOON))
    cast.participation(world.unit, world.two, ends_on=str(SOON))
    cast.participation(world.kaist, world.two, ends_on=str(SOON))
    found = events(made(by=cast.user("partner", world.gist), wanted=["participation"]))
    assert sorted(summary.partition(" · ")[0] for summary in found) == [
        "참여 종료: 기관 gist",
        "참여 종료: 기관 gist-ai",
    ]


def test_reports_due_stand_in_it_for_officers_all_for_partners_their_own_and_say_once_they_are_there(
    world, officer, events
):
    cast.participation(world.gist, world.one, part="lead")
    cast.participation(world.kaist, world.three, part="lead")
    cast.obligation(
        world.alpha, title_ko="반기 보고", rhythm="once", starts_on=str(TODAY), ends_on=str(SOON), days_to_report=0
    )
    asked = {"of": "programs/alpha", "wanted": ["obligation"]}
    theirs = made(**asked, by=cast.user("partner", world.gist))
    assert set(events(made(**asked, by=officer))) == {
        f"보고 기한: 반기 보고 · 과제 one · {world.gist.name_ko}",
        f"보고 기한: 반기 보고 · 과제 three · {world.kaist.name_ko}",
    }
    assert set(events(theirs)) == {f"보고 기한: 반기 보고 · 과제 one · {world.gist.name_ko}"}
    assert not events(made(**asked, by=cast.user("viewer")))
    report(ReportDue.objects.get(project=world.one))
    assert set(events(theirs)) == {f"[제출됨] 보고 기한: 반기 보고 · 과제 one · {world.gist.name_ko}"}
    own = made(**asked | {"of": f"institutions/{world.gist.slug}"}, by=officer)
    assert set(events(own)) == {"[제출됨] 보고 기한: 반기 보고 · 과제 one"}


def test_it_follows_a_record_into_the_one_that_it_was_merged_into(world, officer, client):
    path = made("institutions/kaist", by=officer, wanted=["participation"])
    merge(world.gist, world.kaist)
    assert "X-WR-CALNAME:기관 gist" in client.get(path).text


# ---- rights and the secret -----------------------------------------------------------------------------


def test_it_shows_what_its_owner_may_see_at_that_moment(world, events):
    viewer = cast.user("viewer")
    milestone(world.alpha, "공개")
    hidden = milestone(world.alpha, "내부", visibility=cast.INTERNAL)
    path = made("programs/alpha", by=viewer)
    assert not any("내부" in summary for summary in events(path))
    User.objects.filter(pk=viewer.pk).update(role="officer")
    assert any("내부" in summary for summary in events(path))
    User.objects.filter(pk=viewer.pk).update(role="viewer")
    assert not any("내부" in summary for summary in events(path))
    Milestone.objects.filter(pk=hidden.pk).update(visibility=cast.PUBLIC)
    assert any("내부" in summary for summary in events(path))


def test_the_calendar_of_what_its_owner_may_not_see_any_more_is_not_there(world, client):
    path = made("programs/alpha", by=cast.user("viewer"))
    assert client.get(path).status_code == 200
    world.alpha.visibility = cast.INTERNAL
    world.alpha.save()
    assert client.get(path).status_code == 404


def test_one_that_was_renewed_ended_or_whose_owner_s_account_is_closed_is_not_there(world, client, officer):
    administrator, reader = cast.user("administrator"), cast.reader(officer)
    path = made("programs/alpha", by=officer)
    feed = CalendarFeed.objects.get()
    _feed, key = commands.renew(feed.id, by=reader)
    assert client.get(path).status_code == 404 and client.get(f"/calendars/{key}.ics").status_code == 200
    commands.end(feed.id, by=reader)
    assert client.get(f"/calendars/{key}.ics").status_code == 404
    path = made("programs/alpha", by=officer)
    accounts.deactivate(officer, by=administrator)
    answer = client.get(path)
    assert answer.status_code == 404 and "Location" not in answer
    officer.refresh_from_db()
    officer.set_password("a long password")
    officer.save()
    accounts.reactivate(officer, by=administrator)
    assert client.get(path).status_code == 404


def test_only_the_hash_of_the_secret_is_kept_and_no_line_of_the_log_has_it(world, officer, client):
    path = made("programs/alpha", by=officer)
    key = path.split("/")[2].removesuffix(".ics")
    assert len(key) == 43
    assert not cast.sql("SELECT 1 FROM records_calendarfeed f WHERE f::text LIKE %s", f"%{key}%")
    line = logs._hide_secrets(None, "", {"event": f"Internal Server Error: {path}", "path": path, "exception": path})
    assert key not in str(line) and "/calendars/….ics" in line["path"]


def test_what_was_not_changed_is_not_sent_again(world, officer, client):
    path = made("programs/alpha", by=officer)
    first = client.get(path)
    again = client.get(path, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304 and not again.content and again["Cache-Control"] == "private, no-cache"
    assert first["Content-Type"] == "text/calendar; charset=utf-8"
    milestone(world.alpha, "새 목표")
    cast.work()
    assert client.get(path, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_it_asks_as_often_as_it_has_kinds_and_not_as_it_has_dates(
    world, officer, client, django_assert_max_num_queries
):
    for n in range(30):
        milestone(cast.project(world.alpha, title_ko=f"과제 {n}", ends_on=str(SOON)), f"목표 {n}")
    cast.work()
    path = made("programs/alpha", by=officer)
    with django_assert_max_num_queries(30):
        assert client.get(path).status_code == 200


# ---- the page ------------------------------------------------------------------------------------------


def test_the_page_shows_the_address_once(world, officer, client):
    client.force_login(officer)
    asked = client.get("/ko/accounts/me/calendars/?of=programs/alpha")
    assert "캘린더 만들기: 사업 alpha" in asked.text
    made = client.post("/ko/accounts/me/calendars/", {"of": "programs/alpha", "kinds": ACTED_ON, "language": "ko"})
    assert made.status_code == 200 and "no-store" in made["Cache-Control"]
    (address,) = {url for url in made.text.split() for url in url.split(">") if url.endswith(".ics</code")}
    path = "/" + address.removesuffix("</code").partition("//")[2].partition("/")[2]
    assert client.get(path).status_code == 200
    assert path not in client.get("/ko/accounts/me/calendars/").text


def test_its_buttons_renew_and_end(world, officer, client):
    path = made("programs/alpha", by=officer)
    client.force_login(officer)
    act = f"/en/accounts/me/calendars/{CalendarFeed.objects.get().id}/act/"
    renewed = client.post(act, {"do": "renew"})
    assert ".ics</code>" in renewed.text and client.get(path).status_code == 404
    client.post(act, {"do": "end"})
    assert not CalendarFeed.objects.exists()
    assert client.post(act, {"do": "end"}).status_code == 404


def test_nobody_makes_a_calendar_of_what_they_may_not_see_nor_touches_another_s(world, officer, client):
    viewer = cast.user("viewer")
    made("programs/alpha", by=officer)
    with pytest.raises(Http404):
        commands.renew(CalendarFeed.objects.get().id, by=cast.reader(viewer))
    world.beta.visibility = cast.INTERNAL
    world.beta.save()
    client.force_login(viewer)
    assert client.get("/en/accounts/me/calendars/?of=programs/beta").status_code == 404
    assert client.post("/en/accounts/me/calendars/", {"of": "programs/beta", "kinds": ACTED_ON}).status_code == 404
    assert "alpha" not in client.get("/en/accounts/me/calendars/").text


def test_what_is_wrong_is_said_and_there_is_a_number_that_one_account_has_at_most(world, officer, client, monkeypatch):
    monkeypatch.setattr(commands, "MOST", 1)
    made(by=officer)
    with pytest.raises(Refused) as refused:
        commands.make("", wanted=["nothing"], language="xx", by=cast.reader(officer))
    assert {fault.field for fault in refused.value.faults} == {"kinds", "language", ""}
    client.force_login(officer)
    assert "at most" in client.post("/en/accounts/me/calendars/", {"kinds": ACTED_ON, "language": "en"}).text
