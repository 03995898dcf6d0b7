"""Questions that a committee asks, answered by the list machine and the API on the sample registry, with source and certainty."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from programs.models import Agreement, Event, Headcount, Program, Project
from records.dates import order, parse
from records.models import Citation
from tests import cast

pytestmark = pytest.mark.usefixtures("english", "sample")


@pytest.fixture
def answer(api, db):
    """`answer("events", kind="seminar")` gives all rows of the list, from page to page."""

    def ask(plural, **asked):
        rows, cursor = [], ""
        while True:
            query = "&".join(
                f"{name}={value}" for name, value in (asked | {"limit": 50, "cursor": cursor}).items() if value != ""
            )
            response = api(f"{plural}/?{query}")
            assert response.status_code == 200, response.content
            rows += response.json()["results"]
            cursor = response.json()["next_cursor"]
            if not cursor:
                return rows

    return ask


def titles(rows) -> set[str]:
    return {row["title_en"] for row in rows}


def on_list(name: str, **asked) -> set[str]:
    """The same question to the list machine itself, which pages use too."""
    return {str(row.id) for row in cast.page(name, asked).rows}


JUNE_TALKS = {
    "Special talk: Bending Scaling Laws with Brighter Algorithms": "2025-06-05",
    "Special talks: RL for LLM alignment, risk-sensitive RL and more": "2025-06-11",
    "Implicit Biases of Large Learning Rates in ML": "2025-06-20",
    "Recent Results on Multimodal Foundation Models": "2025-06-27",
}


def test_four_talks_were_given_in_june_2025(answer):
    talks = answer("events", kind="seminar", starts_on="2025-06")
    assert {row["title_en"]: row["starts_on"] for row in talks} == JUNE_TALKS
    assert {row["id"] for row in talks} == on_list("event", kind="seminar", starts_on="2025-06")
    for talk in talks:
        said = answer("citations", record=talk["id"], attribute="starts_on")
        assert [(c["value"], c["certainty"], c["speaks_of"]) for c in said] == [
            (talk["starts_on"], "stated", talk["starts_on"])
        ]
        assert said[0]["place"] and said[0]["source"]


def test_the_talks_are_parts_of_one_series(answer):
    (series,) = answer("events", kind="series")
    parts = answer("events", parent=series["id"])
    assert len(parts) == 12 and {row["kind"] for row in parts} == {"seminar"}
    speakers = answer("roles", scope__in=",".join(row["id"] for row in parts), part="speaker")
    assert len(speakers) == 12


def test_the_page_of_events_lists_the_four_talks(client, db):
    page = client.get("/en/events/?kind=seminar&starts_on=2025-06").content.decode()
    assert all(title in page for title in JUNE_TALKS) and "Generative AI and copyright law" not in page


def test_events_between_20_may_and_30_june_2025(answer):
    """Those that certainly began then; and one more that may have, for its source gives no more than the year."""
    found = answer("events", starts_on__gte="2025-05-20", starts_on__lte="2025-06-30")
    assert {row["id"] for row in found} == on_list("event", starts_on__gte="2025-05-20", starts_on__lte="2025-06-30")
    certain = {row["title_en"] for row in found if len(row["starts_on"]) == 10}
    may_be = titles(found) - certain
    assert certain == set(JUNE_TALKS) | {
        "Special talks: LLMs, embodied AI, hybrid planning and more",
        "Trustworthy and safe AI",
        "Visit of 최예진 to NAIRL",
        "NAIRL research showcase and networking day with partner companies",
        "Session 1: Beyond neural scaling laws",
        "Session 2: Robot foundation models",
        "Session 3: High-dimensional multimodal foundation models",
        "Session 4: Partner companies and venture capital",
    }
    assert may_be == {"CVPR 2025"}


def test_which_of_two_agreements_of_2021_came_first_cannot_be_said(answer):
    first, second = answer("agreements", signed_on="2021")
    assert {first["signed_on"], second["signed_on"]} == {"2021", "2021-05-24"}
    assert titles([first, second]) == {
        "GIST–CSAIL research agreement",
        "KAIST–KT agreement on joint AI/SW research and development",
    }
    assert order(parse(first["signed_on"]), parse(second["signed_on"])) is None
    known = {
        c["value"]: c["certainty"]
        for row in (first, second)
        for c in answer("citations", record=row["id"], attribute="signed_on")
    }
    assert known == {"2021": "inferred", "2021-05-24": "stated"}


def test_the_agreement_of_2024_came_later_than_both(answer):
    later = Agreement.objects.get(signed_on="2024-05-24")
    earlier = answer("agreements", signed_on="2021")
    assert [order(parse(row["signed_on"]), parse(later.signed_on)) for row in earlier] == [-1, -1]


def test_institutions_that_take_part_in_more_than_one_program(answer):
    """By their parts in programs and projects: a guest of an event takes no part in the program."""
    takes_part = defaultdict(set)
    for program in answer("programs"):
        scopes = [program["id"], *(row["id"] for row in answer("projects", program=program["id"]))]
        for part in answer("participations", scope__in=",".join(scopes)):
            takes_part[part["institution"]].add(program["slug"])
    names = {row["id"]: row["slug"] for row in answer("institutions")}
    assert {names[id]: programs for id, programs in takes_part.items() if len(programs) > 1} == {
        "kaist": {"kaist-kt", "nairl"},
        "msit": {"frontier-lab", "nairl"},
        "iitp": {"frontier-lab", "nairl"},
    }


def test_which_numbers_are_only_plans(answer):
    plans = {
        (row["attribute"], Decimal(row["value"]), row["unit"])
        for row in answer("citations", certainty="planned")
        if row["unit"] and row["value"].replace(".", "", 1).isdigit()
    }
    assert plans == {
        ("planned", 20_000_000_000, "KRW"),
        ("planned", 44_000_000_000, "KRW"),
        ("planned", 50_600_000_000, "KRW"),
        ("total_planned", 20_000_000_000, "KRW"),
        ("total_planned", 94_600_000_000, "KRW"),
        ("floor_area", 580, "pyeong"),
        ("floor_area", 1920, "m2"),
        ("floor_area", 13000, "ft2"),
        ("floor_area", 350, "pyeong"),
        ("attendance_expected", 500, "persons"),
        ("department_count", 8, "departments"),
        ("size", 2, "persons"),
    }


def test_what_is_only_planned_has_not_taken_place(answer):
    assert titles(answer("events", status="planned")) == {
        "Start of the KT AI master’s course",
        "International Conference on AI Frontiers 2025",
    }
    assert [row["title_en"] for row in answer("courses", status="planned")] == ["KT AI master’s course (KTAI)"]
    assert {row["title_en"] for row in answer("outputs", state="expected")} == {
        "Meta-RL and sim-to-real for home-help robots",
        "Relation detection in 3D scenes",
        "Paper in a sister journal of Nature (expected)",
    }


def test_where_the_documents_disagree(answer):
    differing = answer("disagreements")
    assert len(differing) == 58  # 55 of the facts; one of them is four, a title each
    assert {row["topic_en"] for row in differing if row["severity"] == "major"} == {
        "Name of NAIRL’s director", "When NAIRL began", "Researchers of NAIRL", "Number of NAIRL projects",
        "Year of the press release", "Year and month of the article", "Korean and English title of project 4", "이종호",
    }  # fmt: skip
    for row in differing:
        assert answer("citations", record=row["record"], attribute=row["attribute"]), row["topic_en"]
        assert row["state"] == "open" or (row["reason_ko"] and row["reason_en"] and row["decided_on"]), row["topic_en"]


def test_projects_without_a_stated_head_count(answer):
    counted = {row["scope"] for row in answer("headcounts", people="researchers")}
    without = {row["slug"] for row in answer("projects") if row["id"] not in counted}
    assert without == {
        "kaist-kt-first-round",
        "frontier-lab-ai-fundamentals", "frontier-lab-trustworthy-ai", "frontier-lab-medical-ai",
        "nairl-multimodal",
    }  # fmt: skip
    assert (
        set(Project.objects.exclude(id__in=Headcount.objects.values("scope")).values_list("slug", flat=True)) == without
    )


def test_the_hours_of_the_workshop_in_boston_and_in_seoul(answer):
    (workshop,) = answer("events", kind="workshop", starts_on="2022")
    begins, ends = (datetime.fromisoformat(workshop[name]) for name in ("starts_at", "ends_at"))
    there, seoul = ZoneInfo(workshop["time_zone"]), ZoneInfo("Asia/Seoul")
    assert [f"{at.astimezone(there):%Y-%m-%d %H:%M}" for at in (begins, ends)] == [
        "2022-07-07 10:00",
        "2022-07-07 16:00",
    ]
    assert [f"{at.astimezone(seoul):%Y-%m-%d %H:%M}" for at in (begins, ends)] == [
        "2022-07-07 23:00",
        "2022-07-08 05:00",
    ]
    said = answer("citations", record=workshop["id"], attribute="starts_at")
    assert {c["value"]: c["certainty"] for c in said} == {
        "2022-07-07T23:00+09:00": "stated",
        "2022-07-07T10:00-04:00": "inferred",
    }
    assert {datetime.fromisoformat(c["value"]) for c in said} == {begins}


def test_the_conference_belongs_to_two_programs(answer):
    for program in ("nairl", "frontier-lab"):
        assert "International Conference on AI Frontiers 2025" in titles(answer("events", program=program))


def test_what_belongs_to_no_program_is_in_no_program(answer):
    everywhere = {
        row["id"] for slug in Program.objects.values_list("slug", flat=True) for row in answer("events", program=slug)
    }
    alone = Event.objects.exclude(id__in=everywhere).values_list("title_en", flat=True)
    assert set(alone) == {"World Economic Forum, Davos: “The dawn of AGI”", "AI Safety Institute set up in Korea"}


def test_every_record_of_the_new_kinds_is_cited(sample, db):
    for plural in ("agreement", "committee", "event", "exchange", "course", "output", "facility", "phase", "relation"):
        model = cast.kind(plural).model
        assert not model.objects.exclude(id__in=Citation.objects.values("record")).exists(), plural
