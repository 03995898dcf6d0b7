"""Promises of the drawings, without a database."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.dates import parse
from records.drawing import NARROW, WIDE, Fact, fitted, text_width, timeline
from records.money_bars import Bar, Group, money_bars

TODAY = date(2026, 11, 22)


def fact(starts="2024-07", ends="2028", **kwargs):
    return Fact(
        kwargs.pop("label", "사업 기간"),
        kwargs.pop("when", "2024. 7. ~ 2028"),
        parse(starts) if starts else None,
        parse(ends) if ends else None,
        **kwargs,
    )


def test_nothing_dated_draws_nothing():
    assert timeline([], today=TODAY) is None
    assert timeline([fact(None, None)], today=TODAY) is None


def test_a_known_period_has_no_fading_end():
    (row,) = timeline([fact("2024-07", "2028-12-31")], today=TODAY).rows
    assert [s.fade for s in row.segments] == [""]
    assert not row.segments[0].is_loose


def test_an_unknown_end_fades_to_the_right_edge():
    drawn = timeline([fact("2024-07", None)], today=TODAY)
    assert [s.fade for s in drawn.rows[0].segments] == ["", "right"]
    last = drawn.rows[0].segments[-1]
    assert last.x + last.width == pytest.approx(WIDE - 150, abs=0.2)


def test_an_unknown_start_fades_from_the_left_edge():
    drawn = timeline([fact(None, "2028-06-30")], today=TODAY)
    assert [s.fade for s in drawn.rows[0].segments] == ["left", ""]
    assert drawn.rows[0].segments[0].x == 232


def test_an_open_interval_counts_as_an_unknown_end():
    (row,) = timeline([fact("2021-05-24", "2025/..")], today=TODAY).rows
    assert row.segments[-1].fade == "right"


def test_a_year_is_loose_and_not_sure():
    (row,) = timeline([fact("2021", "2025")], today=TODAY).rows
    assert [s.is_loose for s in row.segments] == [True, False, True]


def test_two_dates_in_one_year_leave_no_sure_day():
    (row,) = timeline([fact("2021", "2021")], today=date(2021, 6, 1)).rows
    assert all(s.is_loose for s in row.segments)


def test_a_point_known_to_the_day_has_no_whisker():
    (row,) = timeline([fact("2024-10-28", None, is_point=True)], today=TODAY).rows
    assert row.point_x is not None and row.whisker is None and not row.segments


def test_a_point_known_to_the_year_shows_the_days_that_it_can_mean():
    (row,) = timeline([fact("2024", None, is_point=True)], today=TODAY).rows
    assert row.whisker[0] < row.point_x < row.whisker[1]


def test_today_far_away_is_not_drawn():
    assert timeline([fact("1990-01-01", "1991-01-01")], today=TODAY).today_x is None
    assert timeline([fact()], today=TODAY).today_x is not None


def test_years_have_room_for_their_labels():
    ticks = timeline([fact("1961", "2028")], today=TODAY, width=NARROW).ticks
    assert len(ticks) > 2
    assert all(b.x - a.x > 40 for a, b in pairwise(ticks))


def test_a_short_axis_has_quarters():
    ticks = timeline([fact("2026-01-01", "2026-12-31")], today=TODAY).ticks
    assert [t.label for t in ticks][:2] == ["2026. 1.", "2026. 4."]


DAYS = st.dates(date(1950, 1, 1), date(2090, 12, 31))
TEXTS = st.one_of(
    st.none(),
    DAYS.map(lambda d: d.isoformat()),
    DAYS.map(lambda d: d.isoformat()[:7]),
    DAYS.map(lambda d: str(d.year)),
    DAYS.map(lambda d: f"{d.year}/.."),
    DAYS.map(lambda d: f"../{d.year}"),
)


@given(st.lists(st.tuples(TEXTS, TEXTS, st.booleans()), max_size=12), DAYS, st.sampled_from([WIDE, NARROW]))
def test_every_drawing_stays_inside_its_frame(dates, today, width):
    facts = [fact(a, b, is_point=bool(a) and point) for a, b, point in dates]
    drawn = timeline(facts, today=today, width=width)
    if drawn is None:
        return
    assert len(drawn.rows) == len(facts)
    for row in drawn.rows:
        for segment in row.segments:
            assert segment.width > 0 and 0 <= segment.x and segment.x + segment.width <= width
        assert row.point_x is None or 0 <= row.point_x <= width
        assert row.bar_y + 12 <= drawn.height


# ---- money ----


def test_dates_told_to_the_day_at_both_ends_have_room():
    drawn = timeline([fact(when="2025. 11. 26. ~ 2025. 12. 29."), fact(when="2024")], today=TODAY)
    assert all(row.when_x + text_width(row.when) <= WIDE for row in drawn.rows)
    assert drawn.rows[0].when_x == drawn.rows[1].when_x


def group(label="2025", **amounts) -> Group:
    return Group(label, tuple(Bar(measure, amount, f"{measure} {amount}") for measure, amount in amounts.items()))


def test_no_amount_draws_no_bars():
    assert money_bars([]) is None
    assert money_bars([group(planned=None)]) is None
    assert money_bars([group(spent=-5)]) is None


def test_bars_share_one_scale():
    first, second = money_bars([group(planned=440), group(planned=506, committed=253, spent=0)]).groups
    assert first.bars[0].width / second.bars[0].width == pytest.approx(440 / 506, abs=0.01)
    assert second.bars[1].width == pytest.approx(second.bars[0].width / 2, abs=0.1)
    assert second.bars[2].width is None


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_money_bars_and_their_words_fit_and_do_not_overlap(width):
    drawn = money_bars(
        [group("국비 · 현금", planned=44_000_000_000, committed=1, received=7), group(planned=3)], width=width
    )
    bars = [bar for one in drawn.groups for bar in one.bars]
    assert all(bar.words_x + text_width(bar.shown) <= width and bar.words_x >= drawn.left + bar.width for bar in bars)
    assert all(a.y + drawn.thick <= b.y for a, b in pairwise(bars)) and bars[-1].y + drawn.thick <= drawn.height


def test_a_long_label_is_cut_with_an_ellipsis():
    assert fitted("국비", 100) == "국비"
    cut = fitted("초고차원 멀티모달 파운데이션 모델 연구", 120)
    assert cut.endswith("…") and text_width(cut) <= 132
