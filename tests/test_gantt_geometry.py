"""Promises of the large timeline's drawing, without a database."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.dates import parse
from records.gantt.axis import Words
from records.gantt.bars import laid
from records.gantt.geometry import FIRST_STRIP, MIDDLE, NARROW, WIDE, Axis, drawing
from records.gantt.lanes import Lane, Mark, Toggle
from records.gantt.window import Window, span_of, whole, zoomed

TODAY = date(2026, 11, 22)
WORDS = Words(tuple(f"{n}월" for n in range(1, 13)), tuple(f"{n}분기" for n in range(1, 5)), "오늘")
TEN_YEARS = Window("whole", date(2020, 1, 1), date(2030, 1, 1))


def mark(starts="2024-07-01", ends="2028-12-31", **more):
    more = {"name": "사업 기간", "when": "2024. 7. ~ 2028"} | more
    return Mark(starts=parse(starts) if starts else None, ends=parse(ends) if ends else None, **more)


def point(on="2025-10-27", **more):
    return mark(on, on, is_point=True, **more)


def lane(*marks, **more):
    return Lane(**{"key": "one", "label": "뉴럴 스케일링 법칙 초월 연구", "marks": marks} | more)


def only_row(*marks, window=TEN_YEARS, width=WIDE, **more):
    ((row,),) = (
        strip.rows for strip in drawing([lane(*marks, **more)], window, today=TODAY, words=WORDS, width=width).strips
    )
    return row


def pieces(starts, ends, window=TEN_YEARS):
    """(look, from, to) of a bar on an axis of 100 pixels to a year."""
    axis = Axis(window, 0, 100 * (window.end.year - window.first.year))
    return [(p.look, round(p.x), round(p.x + p.width)) for p in laid(mark(starts, ends), axis, TODAY).pieces]


@pytest.mark.parametrize(
    ("starts", "ends", "drawn"),
    [
        ("2021-01-01", "2024-12-31", [("sure", 100, 500)]),
        ("2021-01", "2024-12", [("sure", 100, 500)]),  # a month is exact at this scale
        ("2021", "2024", [("loose", 100, 200), ("sure", 200, 400), ("loose", 400, 500)]),
        ("2021", "2021", [("loose", 100, 200)]),  # no day of it is sure
        ("2021-01-01", None, [("sure", 100, 689), ("fade-right", 689, 1000)]),  # so far it runs until today
        (None, "2024-12-31", [("fade-left", 0, 416), ("sure", 416, 500)]),
        ("2021-01-01", "2028/..", [("sure", 100, 800), ("fade-right", 800, 1000)]),
        ("2010-01-01", "2024-12-31", [("sure", 0, 500)]),  # cut at the window
        ("2029-12-01", "2031-01-01", [("sure", 992, 1000)]),
    ],
)
def test_a_bar_is_as_sure_as_its_dates(starts, ends, drawn):
    assert pieces(starts, ends) == drawn


def test_a_period_too_short_to_be_seen_is_a_diamond():
    (drawn,) = only_row(mark("2029-12-29", "2029-12-31")).drawn
    assert drawn.laid.point and not drawn.laid.pieces
    month = zoomed("month", date(2029, 7, 1), (date(2029, 1, 1), date(2029, 12, 31)), TODAY)
    (near,) = only_row(mark("2029-12-01", "2029-12-20"), window=month).drawn
    assert near.laid.pieces and near.laid.point is None


def test_what_lies_outside_the_window_is_an_arrow_to_where_it_is():
    assert only_row(mark("2010", "2012")).arrows == (-1,)
    assert only_row(mark("2040", None)).arrows == (1,)
    assert only_row(mark("2010", "2040")).arrows == (-1, 1)
    assert only_row(mark("2022", "2024")).arrows == ()


def test_a_date_known_to_the_year_shows_all_its_days():
    (drawn,) = only_row(point("2024")).drawn
    assert drawn.laid.whisker[0] < drawn.laid.point < drawn.laid.whisker[1]
    (exact,) = only_row(point("2024-10-28")).drawn
    assert exact.laid.whisker is None


def test_today_stands_where_it_belongs_and_nowhere_else():
    drawn = drawing([lane(mark())], TEN_YEARS, today=TODAY, words=WORDS)
    share = (TODAY - TEN_YEARS.first) / (TEN_YEARS.end - TEN_YEARS.first)
    assert drawn.strips[0].today_x == pytest.approx(drawn.left + share * (drawn.right - drawn.left), abs=0.1)
    past = drawing([lane(mark())], Window("whole", date(2001, 1, 1), date(2004, 1, 1)), today=TODAY, words=WORDS)
    assert past.strips[0].today_x is None and past.strips[0].today is None


def test_what_is_late_reaches_until_today():
    drawn = drawing(
        [lane(mark("2021-01-01", "2025-12-31", is_late=True, word="326일 지연"))], TEN_YEARS, today=TODAY, words=WORDS
    )
    (late,) = drawn.strips[0].rows[0].drawn
    assert late.laid.overrun[1] == drawn.strips[0].today_x
    assert late.word.text == "326일 지연" and late.word.look == "late"


def test_a_plan_that_has_not_begun_reaches_from_its_beginning_until_today():
    axis = Axis(TEN_YEARS, 0, 1000)
    late = laid(mark("2025-12-31", "2029-12-31", is_planned=True, is_late=True), axis, TODAY)
    assert [round(x) for x in late.overrun] == [600, 689]


def test_milestones_stand_under_the_bar_of_their_project():
    row = only_row(mark(), point("2025-01-10", word="착수 보고"), point("2026-06-30", word="중간 평가"))
    bar, *points = row.drawn
    assert bar.y < points[0].y == points[1].y and [p.word.text for p in points] == ["착수 보고", "중간 평가"]


def test_what_moved_shows_where_it_was_first_planned():
    (drawn,) = only_row(point("2026-06-30", was=parse("2025-03-31"))).drawn
    was, now = drawn.laid.moved
    assert was < now == drawn.laid.point
    (same,) = only_row(point("2026-06-30", was=parse("2026-06-28"))).drawn
    assert same.laid.moved is None  # nobody would see it


def test_a_delay_is_seen_also_where_its_beginning_is_not():
    (drawn,) = only_row(mark("2010", "2015", is_late=True, word="지연")).drawn
    assert not drawn.laid.pieces and drawn.laid.overrun and drawn.word.text == "지연"


def test_diamonds_upon_one_another_are_counted_and_none_is_lost():
    row = only_row(*[point("2025-03-03", name=f"논문 {n}") for n in range(9)])
    assert sum(1 + len(drawn.others) for drawn in row.drawn) == 9
    assert sum(int(drawn.word.text[1:]) for drawn in row.drawn if drawn.word) == 9 - len(row.drawn)


def test_no_diamond_is_counted_with_one_that_lies_elsewhere():
    marks = [
        point(f"20{year}-0{month}-01", word="인공지능 반도체 국제 공동 학술대회")
        for year in (22, 23, 24, 25)
        for month in (1, 4, 8)
    ]
    late = point("2021-06-01", word="한참 늦은 것", is_late=True, is_planned=True)
    row = only_row(late, *marks)
    assert len(row.drawn) == 13 and not any(drawn.others for drawn in row.drawn)
    assert any(drawn.word for drawn in row.drawn)


def test_a_word_without_room_is_left_to_the_table():
    row = only_row(*[point("2025-03-03", word="아주 긴 이정표의 이름 " * 9) for n in range(2)])
    assert not any(drawn.word for drawn in row.drawn) and row.lane.marks[0].word


def test_a_printed_page_can_break_between_rows_and_each_strip_has_its_axis():
    lanes = [lane(mark(), key=f"l{n}") for n in range(150)]
    drawn = drawing(lanes, TEN_YEARS, today=TODAY, words=WORDS)
    assert len(drawn.strips) > 5 and drawn.strips[0].height <= FIRST_STRIP + 60
    assert all(strip.labels and strip.today for strip in drawn.strips)
    assert [row.lane for strip in drawn.strips for row in strip.rows] == lanes


def test_a_heading_is_not_parted_from_what_it_heads():
    lanes = [lane(mark(), key=f"l{n}", is_head=n % 2 == 1) for n in range(150)]
    drawn = drawing(lanes, TEN_YEARS, today=TODAY, words=WORDS)
    assert not any(strip.rows[-1].lane.is_head for strip in drawn.strips[:-1])


# ---- windows ----


def test_a_span_has_room_for_whole_months_and_for_today_where_it_is_near():
    window = whole((date(2024, 7, 15), date(2026, 3, 31)), TODAY)
    assert (window.first, window.end) == (date(2024, 7, 1), date(2026, 12, 1))
    assert not whole((date(1990, 1, 1), date(1991, 1, 1)), TODAY).holds(TODAY)


@pytest.mark.parametrize(
    ("zoom", "first", "months"), [("month", (2026, 7), 12), ("quarter", (2026, 1), 24), ("year", (2025, 1), 60)]
)
def test_a_zoom_begins_before_today_and_with_a_whole_unit(zoom, first, months):
    window = zoomed(zoom, None, (date(2020, 1, 1), date(2040, 1, 1)), TODAY)
    assert window.first == date(*first, 1) and window.holds(TODAY)
    assert (window.end.year - window.first.year) * 12 + window.end.month - window.first.month == months
    assert window.earlier < window.first < window.later < window.end


def test_where_nothing_lies_no_way_leads():
    window = zoomed("year", None, (date(2025, 1, 1), date(2027, 1, 1)), TODAY)
    assert window.earlier is None and window.later is None


def test_the_ways_reach_all_days():
    span, seen = (date(2003, 5, 1), date(2055, 1, 1)), set()
    window = zoomed("quarter", None, span, TODAY)
    while window.earlier:
        window = zoomed("quarter", window.earlier, span, TODAY)
    while window:
        seen |= {window.first.year, (window.end - timedelta(days=1)).year}
        window = zoomed("quarter", window.later, span, TODAY) if window.later else None
    assert set(range(2003, 2056)) <= seen


# ---- whatever the lanes ----

DAYS = st.dates(date(1900, 1, 1), date(2120, 12, 31))
DATES = st.one_of(
    st.none(),
    DAYS.map(lambda d: d.isoformat()),
    DAYS.map(lambda d: d.isoformat()[:7]),
    DAYS.map(lambda d: f"{d.year}~"),
    DAYS.map(lambda d: f"{d.year}/.."),
    DAYS.map(lambda d: f"../{d.year}"),
    DAYS.map(lambda d: f"{d.year}-03/{d.year + 2}"),
)
NAMES = st.sampled_from(
    ["", "착수", "Kick-off", "2단계 초거대 멀티모달 파운데이션 모델 실증 및 고도화 연구개발 사업", "w" * 80]
)
MARKS = st.builds(
    mark, DATES, DATES, name=NAMES, word=NAMES, when=NAMES, is_point=st.booleans(), is_late=st.booleans(), is_planned=st.booleans(), was=st.none() | DAYS.map(lambda d: parse(d.isoformat()))
)  # fmt: skip
LANES = st.builds(
    lambda marks, **more: lane(*marks, **more),
    label=NAMES,
    note=NAMES,
    depth=st.integers(0, 9),
    is_head=st.booleans(),
    toggle=st.sampled_from([None, Toggle("?open=one", "펼치기")]),
    marks=st.lists(MARKS, max_size=8),
)
WINDOWS = st.one_of(
    st.builds(zoomed, st.sampled_from(["month", "quarter", "year"]), st.none() | DAYS, st.just((date(2000, 1, 1), date(2050, 1, 1))), st.just(TODAY)),
    st.tuples(DAYS, DAYS).map(sorted).map(lambda days: whole(tuple(days), TODAY)),
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(LANES, min_size=1, max_size=9), WINDOWS, DAYS, st.sampled_from([WIDE, MIDDLE, NARROW]))
def test_no_text_lies_upon_another_and_nothing_outside_the_frame(lanes, window, today, width):
    drawn = drawing(lanes, window, today=today, words=WORDS, width=width)
    for strip in drawn.strips:
        rows = [(row, [*row.texts, *(one.word for one in row.drawn if one.word)]) for row in strip.rows]
        on_rows = [replace(text, y=row.y + text.y) for row, texts in rows for text in texts]
        texts = [*strip.labels, *on_rows, *filter(None, [strip.today])]
        for a, b in combinations([text for text in texts if text.text], 2):
            assert not _touch(a.box, b.box), (a, b)
        for text in texts:
            left, top, right, bottom = text.box
            assert left >= -0.1 and right <= width + 8 and top >= 0 and bottom <= strip.height, text
        for row in strip.rows:
            for one in row.drawn:
                assert drawn.left - 0.1 <= one.laid.reach[0] + 6 and one.laid.reach[1] - 6 <= drawn.right + 0.1
                assert one.y >= 6 and one.y + 6 <= row.height
        assert all(a.y + a.height == pytest.approx(b.y) for a, b in pairwise(strip.rows))
        assert strip.today_x is None or drawn.left <= strip.today_x <= drawn.right
        assert (strip.today_x is not None) == window.holds(today)


@given(st.lists(LANES, max_size=5))
def test_every_mark_with_a_date_is_drawn_or_pointed_to(lanes):
    span = span_of(lanes)
    if span is None:
        return
    drawn = drawing(lanes, whole(span, TODAY, is_open_ended=True), today=TODAY, words=WORDS)
    for row in (row for strip in drawn.strips for row in strip.rows):
        dated = [m for m in row.lane.marks if m.starts or m.ends]
        shown = sum(1 + len(one.others) for one in row.drawn)
        assert shown == len(dated) or row.arrows


def _touch(a, b) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_beside_a_lane_stands_its_period_rather_than_a_day_within_it():
    signed = point("2021", when="2021")
    assert lane(signed, mark(None, "2025", when="~ 2025")).told == "~ 2025"
    assert lane(signed).told == "2021"
    assert lane(signed, when="").told == lane().told == ""
