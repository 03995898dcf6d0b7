"""What of a dated fact stands in a calendar, and how it is written: days, hours and zones, long periods, dates that are not certain."""

import io
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical
from django.utils.translation import override
from hypothesis import assume, given
from hypothesis import strategies as st

from records.calendars.spans import spans
from records.calendars.writing import Hours, Told, event_of
from records.calendars.zones import zone_component
from records.dates import parse
from tests.ical import AT, PART, entry, events_of, read, told, unfolded, written

SEOUL, BOSTON = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")


def days(starts=None, ends=None, **more):
    return [
        (span.side.value, span.sure.value, span.first.isoformat(), span.last.isoformat())
        for span in spans(entry(starts, ends, **more))
    ]


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        ("2026-07-28", "2026-07-28", [("", "these", "2026-07-28", "2026-07-28")]),
        ("2026-07-28", "2026-07-30", [("", "these", "2026-07-28", "2026-07-30")]),
        ("2026-07-01", "2026-07-31", [("", "these", "2026-07-01", "2026-07-31")]),
        ("2026-07-01", "2028-06-30", [("begins", "these", "2026-07-01", "2026-07-01"), ("ends", "these", "2028-06-30", "2028-06-30")]),
        ("2026-07-28", None, [("begins", "these", "2026-07-28", "2026-07-28")]),
        (None, "2026-07-28", [("ends", "these", "2026-07-28", "2026-07-28")]),
        ("2026-07", "2026-07", [("", "one of these", "2026-07-01", "2026-07-31")]),
        ("2026-07-01/2026-07-09", "2028", [("begins", "one of these", "2026-07-01", "2026-07-09"), ("ends", "at the latest", "2028-12-31", "2028-12-31")]),
        ("2026", "2026", [("", "at the latest", "2026-12-31", "2026-12-31")]),
        (None, "../2028-03", [("ends", "at the latest", "2028-03-31", "2028-03-31")]),
        ("2026-07-01", "2028/..", [("begins", "these", "2026-07-01", "2026-07-01"), ("ends", "at the earliest", "2028-01-01", "2028-01-01")]),
        (None, None, []),
    ],
)  # fmt: skip
def test_a_fact_stands_on_the_days_that_its_source_states(starts, ends, expected):
    assert days(starts, ends) == expected


EDTF = st.dates(date(1990, 1, 1), date(2060, 1, 1)).flatmap(
    lambda day: st.sampled_from(
        [
            f"{day}",
            f"{day:%Y-%m}",
            f"{day:%Y}",
            f"{day:%Y-%m}~",
            f"{day}?",
            f"{day}/..",
            f"../{day}",
            f"{day}/{day + timedelta(40)}",
        ]
    )
)


@given(EDTF)
def test_a_day_that_no_source_states_is_never_shown_as_that_day(text):
    (span,) = spans(entry(text, text))
    known = parse(text)
    assert known.first <= span.first <= span.last <= known.last
    said = str(event_of(span, told())["summary"])
    assert span.is_certain == (known.first == known.last and text[-1] not in "~?")
    assert span.is_certain or said.endswith(")"), said
    assert (event_of(span, told())["status"] == "CONFIRMED") == span.is_certain


@given(st.none() | EDTF, st.none() | EDTF)
def test_whatever_the_dates_are_the_calendar_is_valid_and_read_as_it_was_meant(starts, ends):
    assume(not starts or not ends or parse(starts).last <= parse(ends).first)  # the database takes no others
    one = entry(starts, ends)
    found = read(written(*events_of(one)))
    assert [(event.dtstart, event.dtend - timedelta(1)) for event in found.events] == [
        (span.first, span.last) for span in spans(one)
    ]


def test_what_is_not_certain_says_so_in_both_languages():
    said = {}
    for language in ("ko", "en"):
        with override(language):
            (event,) = events_of(entry(None, "2026-07", is_planned=True))
            said[language] = str(event["summary"]), str(event["description"])
    assert said["ko"][0] == "과제 종료: 반도체 (2026. 7. 중 하루)" and "날짜: 2026. 7." in said["ko"][1]
    assert (
        said["en"][0] == "과제 ends: 반도체 (some day of 2026-07)" and "Which day it is, is not known." in said["en"][1]
    )
    assert "계획" in said["ko"][1] and "Planned" in said["en"][1]


def test_the_end_of_an_agreement_is_its_expiry():
    agreement = entry("2024-01-01", "2026-12-31", kind="agreement")
    with override("ko"):
        assert [str(event["summary"]) for event in events_of(agreement, told("협약서", "협약", "agreement"))] == [
            "협약 시작: 협약서",
            "협약 만료: 협약서",
        ]


def test_an_event_keeps_its_uid_whatever_becomes_of_its_date_and_each_fact_has_one_of_its_own():
    before, after = (spans(entry(day, day, kind="milestone", fact="due")) for day in ("2026-07", "2027-03-01"))
    assert [span.uid for span in before] == [span.uid for span in after] == [f"{PART}.due"]
    period = [span.uid for span in spans(entry("2024", "2027"))]
    assert period == [f"{PART}.period", f"{PART}.period.ends"]


def test_its_stamps_and_its_sequence_are_those_of_the_record_s_version():
    (event,) = read(written(*events_of(entry("2026-07-28", "2026-07-28")))).events
    assert (event.dtstamp, event.last_modified, event.sequence) == (AT, AT, 2)


def test_long_korean_texts_fold_between_characters_within_75_octets():
    for length in range(20, 110):
        content = written(*events_of(entry("2026-07-28", "2026-07-28"), told("가나 a다" * length)))
        assert read(content).events[0].summary.endswith("가나 a다" * length)


def test_commas_semicolons_backslashes_and_new_lines_come_back_as_they_were():
    label = 'AI, 반도체; "설계" \\n 그리고:\n둘째 줄'
    (event,) = read(written(*events_of(entry("2026-07-28", "2026-07-28"), told(label)))).events
    assert label in event.summary


def test_a_cancelled_one_is_said_to_be_cancelled():
    (event,) = events_of(entry("2026-07-28", "2026-07-28"), told(is_cancelled=True))
    assert event["status"] == "CANCELLED"


# ---- hours and zones -----------------------------------------------------------------------------------


def held(begins: datetime, hours: float | None, zone: ZoneInfo, last: str = "") -> tuple:
    """An event from this local time on, and what is known of it."""
    ends = begins.replace(tzinfo=zone).astimezone(UTC) + timedelta(hours=hours) if hours is not None else None
    day = begins.date().isoformat()
    at = Hours(begins.replace(tzinfo=zone).astimezone(UTC), ends, zone.key)
    return entry(day, last or day, kind="event", fact="held"), told("착수회의", "행사", "event", hours=at)


def read_there(*pairs, zone=BOSTON) -> list[tuple[str, str]]:
    """Begin and end as a client in another zone shows them."""
    content = written(*(event for pair in pairs for event in events_of(*pair)))
    return [
        tuple(f"{at.astimezone(zone):%m-%d %H:%M}" for at in (one.dtstart, one.dtend)) for one in read(content).events
    ]


def test_eleven_at_night_to_five_in_seoul_is_ten_to_four_in_boston_in_summer_and_nine_to_three_in_winter():
    summer, winter = held(datetime(2026, 7, 1, 23), 6, SEOUL), held(datetime(2026, 12, 1, 23), 6, SEOUL)
    assert read_there(summer, winter) == [("07-01 10:00", "07-01 16:00"), ("12-01 09:00", "12-01 15:00")]


@pytest.mark.parametrize(
    ("day", "in_seoul"),
    [((2026, 3, 7), "03-08 00:00"), ((2026, 3, 8), "03-08 23:00"), ((2026, 10, 31), "10-31 23:00"), ((2026, 11, 1), "11-02 00:00")],
)  # fmt: skip
def test_ten_in_the_morning_in_boston_stays_ten_on_both_sides_of_a_change_of_the_clocks(day, in_seoul):
    one = held(datetime(*day, 10), 2, BOSTON)
    assert read_there(one)[0][0].endswith("10:00")
    assert read_there(one, zone=SEOUL)[0][0] == in_seoul


@pytest.mark.parametrize(
    "day", [(2026, 3, 7), (2026, 3, 8), (2026, 7, 1), (2026, 10, 31), (2026, 11, 1), (2026, 12, 1)]
)
def test_a_client_that_knows_no_zones_gets_the_same_from_the_zone_that_the_file_brings(day):
    (event,) = events_of(*held(datetime(*day, 10), 2, BOSTON))
    content = written(event)
    zone = tzical(io.StringIO(content.decode().replace("\r\n", "\n"))).get("America/New_York")
    assert datetime(*day, 10, tzinfo=zone).astimezone(UTC) == datetime(*day, 10, tzinfo=BOSTON).astimezone(UTC)


@pytest.mark.parametrize(
    "name", ["Asia/Seoul", "America/New_York", "Europe/Berlin", "Asia/Jerusalem", "Australia/Sydney", "UTC"]
)
def test_a_zone_s_rules_give_its_offsets_day_by_day(name):
    written_zone = tzical(io.StringIO(zone_component(name, 2026).to_ical().decode().replace("\r\n", "\n"))).get()
    noons = [datetime(2025, 1, 1, 12) + timedelta(days=n) for n in range(3 * 365)]
    assert [at.replace(tzinfo=written_zone).utcoffset() for at in noons] == [
        at.replace(tzinfo=ZoneInfo(name)).utcoffset() for at in noons
    ]


def test_zones_with_a_rule_are_written_with_one_standard_part_as_outlook_needs_it():
    text = zone_component("America/New_York", 2026).to_ical()
    assert text.count(b"BEGIN:STANDARD") == text.count(b"BEGIN:DAYLIGHT") == 1 and b"RDATE" not in text
    assert zone_component("Asia/Seoul", 2026).to_ical().count(b"BEGIN:") == 2


def test_the_zone_stands_in_the_file_once_and_before_what_is_said_in_it():
    content = written(*(event for _n in range(2) for event in events_of(*held(datetime(2026, 7, 1, 23), 6, SEOUL))))
    assert content.count(b"BEGIN:VTIMEZONE") == 1
    assert b"DTSTART;TZID=Asia/Seoul:20260701T230000" in unfolded(content)
    assert b"DTEND;TZID=Asia/Seoul:20260702T050000" in unfolded(content)


def test_an_hour_of_its_beginning_does_not_take_the_other_days_from_an_event():
    (event,) = events_of(*held(datetime(2026, 7, 1, 9), None, SEOUL, last="2026-07-03"))
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2026, 7, 1), date(2026, 7, 4))
    assert "09:00" in event["description"] and "Asia/Seoul" in event["description"]


def test_an_event_whose_end_is_not_stated_does_not_get_one():
    (event,) = events_of(*held(datetime(2026, 7, 1, 9), None, SEOUL))
    assert event["dtstart"].dt == datetime(2026, 7, 1, 9, tzinfo=SEOUL) and "dtend" not in event


def test_where_it_is_and_what_it_belongs_to_is_said():
    about = Told(
        "milestone",
        "중간 목표",
        "설계",
        "https://registry.example/ko/milestones/1/",
        1,
        AT,
        context="한미 사업",
        place="보스턴",
    )
    with override("ko"):
        (event,) = events_of(entry("2026-07-28", "2026-07-28", kind="milestone", fact="due", is_open=True), about)
    assert str(event["summary"]) == "중간 목표 기한: 설계 · 한미 사업" and event["location"] == "보스턴"
    assert event["url"] == about.url and about.url in event["description"]


def test_a_calendar_that_was_cut_says_so_on_its_last_day():
    with override("ko"):
        found = read(written(until=date(2027, 3, 1)))
    assert [(event.dtstart, "여기까지" in event.summary) for event in found.events] == [(date(2027, 3, 1), True)]
