"""What the sample registry promises: four real programs, each value with who says so."""

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from funding.models import FundingAmount, FundingLine
from labs.models import Lab
from people.models import Researcher
from programs.models import Headcount, Program, Project, Role
from records import dates
from records.models import Citation, Disagreement, Record

FOLDER = Path(__file__).parents[1] / "data" / "registry"
FILES = sorted(file.stem for file in FOLDER.glob("*.csv"))
EOK = 100_000_000  # 1억

# What a column points at. A column that is not here points at nothing; None: at a record of any kind.
POINTS_AT = {
    "source": "sources", "researcher": "researchers", "institution": "institutions", "program": "programs",
    "project": "projects", "lab": "labs", "line": "funding-lines", "payer": "institutions",
    "recipient": "institutions", "provider": "institutions", "sender": "institutions", "receiver": "institutions",
    "record": None, "other_record": None, "other": None, "scope": None,
}  # fmt: skip

# Known in one language only: companies whose Korean form no source prints.
# (People keep the names that sources print, so their file is not asked.)
ONE_LANGUAGE = {("institutions", "42MARU"), ("institutions", "VESSL AI")}


def rows(file: str) -> list[dict[str, str]]:
    with (FOLDER / f"{file}.csv").open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


# ---- the files, without a database ---------------------------------------------------------------------


def test_every_kind_of_the_sample_has_its_file():
    assert set(FILES) == {
        "sources", "researchers", "institutions", "labs", "facilities", "affiliations", "programs", "projects", "phases",
        "milestones", "agreements", "committees", "events", "courses", "outputs", "exchanges", "participations", "roles",
        "headcounts", "funding-lines", "funding-amounts", "ledger-entries", "exchange-rates", "obligations", "relations", "documents",
        "citations", "disagreements",
    }  # fmt: skip


def test_no_id_stands_twice_in_the_sample():
    ids = [row["id"] for file in FILES for row in rows(file)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("file", FILES)
def test_the_rows_of_a_file_stand_in_the_order_of_their_ids(file):
    ids = [row["id"] for row in rows(file)]
    assert ids == sorted(ids)


def test_every_reference_of_the_sample_finds_its_record():
    home = {row["id"]: file for file in FILES for row in rows(file)}
    lost = [
        (file, row["id"], column, value)
        for file in FILES
        for row in rows(file)
        for column, value in row.items()
        if value and (column in POINTS_AT or column == "parent")
        if home.get(value, "nowhere") != (POINTS_AT.get(column, file) or home.get(value))
    ]
    assert lost == []


@pytest.mark.parametrize("file", sorted(set(FILES) - {"researchers"}))
def test_what_is_said_in_one_language_is_said_in_the_other(file):
    alone = {
        (file, value or row[f"{column[:-3]}_en"])
        for row in rows(file)
        for column, value in row.items()
        if column.endswith("_ko") and bool(value) != bool(row[f"{column[:-3]}_en"])
    }
    assert alone == {found for found in ONE_LANGUAGE if found[0] == file}


@pytest.mark.parametrize("file", FILES)
def test_every_date_of_the_sample_is_one_of_the_calendar(file):
    for row in rows(file):
        for column, value in row.items():
            if value and (column.endswith("_on") or column == "speaks_of"):
                assert dates.parse(value).text == value


@pytest.mark.parametrize("file", FILES)
def test_the_sample_is_public_and_nothing_in_it_is_retired(file):
    assert {(row["visibility"], row["is_retired"]) for row in rows(file)} <= {("public", "false")}


@pytest.mark.parametrize("file", ["institutions", "labs", "programs", "projects"])
def test_no_two_records_of_a_kind_share_a_slug(file):
    slugs = [row["slug"] for row in rows(file)]
    assert len(slugs) == len(set(slugs))


def test_an_alias_is_another_name_and_stands_once():
    for file in ("sources", "researchers", "institutions", "labs", "programs", "projects"):
        for row in rows(file):
            aliases = json.loads(row["aliases"])
            names = {row.get(f"{part}_{language}") for part in ("name", "title") for language in ("ko", "en")}
            assert len(aliases) == len(set(aliases)) and not names & set(aliases)


def test_every_statement_states_something():
    assert all(row["attribute"] and (row["value_stated"] or row["value"]) for row in rows("citations"))


# ---- what the registry says with it --------------------------------------------------------------------


def planned(program: str, **which) -> int | None:
    amounts = FundingAmount.objects.filter(line__program__slug=program, **which)
    return amounts.aggregate(Sum("planned"))["planned__sum"]


def stated(record, attribute: str) -> list[str]:
    said = Citation.objects.filter(record=record.pk, attribute=attribute)
    return list(said.values_list("value", flat=True))


def people(program: str, day: date) -> dict[str, int]:
    """Researchers by side: of the counts that a day allows, the latest."""
    counts = Headcount.objects.filter(scope=Program.objects.get(slug=program).pk, people="researchers")
    counts = counts.filter(counted_on_first__lte=day).order_by("counted_on_first")
    return {count.side: count.number for count in counts}


def test_the_four_programs_are_there(sample):
    slugs = Program.objects.values_list("slug", flat=True)
    assert set(slugs) == {"gist-mit", "kaist-kt", "frontier-lab", "nairl"}


def test_the_shares_of_nairl_make_the_total_that_the_source_states(sample):
    assert planned("nairl", line__unnamed_payer_kind="national") == 440 * EOK
    assert planned("nairl", line__unnamed_payer_kind="local") == 506 * EOK
    assert [int(value) for value in stated(Program.objects.get(slug="nairl"), "total_planned")] == [946 * EOK]
    assert planned("nairl") == 946 * EOK


def test_a_stated_total_is_no_line_of_its_own(sample):
    assert FundingLine.objects.filter(program__slug="nairl").count() == 2


def test_nobody_says_that_any_of_the_money_is_committed(sample):
    assert not FundingAmount.objects.exclude(committed=None).exists()


def test_gist_and_mit_plan_twenty_billion_won_without_saying_who_pays(sample):
    line = FundingLine.objects.get(program__slug="gist-mit")
    assert (planned("gist-mit"), line.payer, line.unnamed_payer_kind) == (200 * EOK, None, "unstated")


@pytest.mark.parametrize("program", ["kaist-kt", "frontier-lab"])
def test_a_program_without_a_stated_budget_has_no_amount(sample, program):
    assert planned(program) is None


def test_the_gpus_of_kt_are_a_line_in_kind_without_an_amount(sample):
    line = FundingLine.objects.get(program__slug="kaist-kt")
    assert (line.form, line.payer.slug, line.amounts.count()) == ("in_kind", "kt", 0)


@pytest.mark.parametrize(
    ("day", "domestic", "overseas"),
    [
        (date(2024, 10, 27), None, None),
        (date(2024, 10, 28), 35, 15),
        (date(2025, 7, 31), 35, 15),
        (date(2025, 8, 31), 45, 19),
    ],
)
def test_nairl_has_the_researchers_of_the_latest_count(sample, day, domestic, overseas):
    found = people("nairl", day)
    assert (found.get("domestic"), found.get("overseas")) == (domestic, overseas)


def test_a_sum_that_nobody_printed_is_marked_as_inferred(sample):
    sums = Headcount.objects.filter(scope=Program.objects.get(slug="nairl").pk, counted_on="2024-10-28")
    cited = Citation.objects.filter(record__in=sums.values("pk"))
    assert {citation.certainty for citation in cited} == {"inferred"}


def test_daniela_rus_works_in_two_gist_mit_projects(sample):
    rus = Researcher.objects.get(name_en="Daniela Rus")
    scopes = Role.objects.filter(researcher=rus).values("scope")
    projects = Project.objects.filter(pk__in=scopes, program__slug="gist-mit")
    assert set(projects.values_list("slug", flat=True)) == {"gist-mit-robot-skin", "gist-mit-hci"}
    assert rus.name_ko == "다니엘라 러스" and rus.aliases == ["Diniela Rus"]


def test_two_people_are_called_이종호(sample):
    both = Researcher.objects.filter(name_ko="이종호")
    homes = {person.affiliations.get().institution.slug for person in both}
    differing = Disagreement.objects.get(kind="homonym")
    assert homes == {"gist", "msit"}
    assert {differing.record_id, differing.other_record_id} == {person.pk for person in both}


def test_김기응_and_김기웅_are_one_person(sample):
    (director,) = Researcher.objects.filter(name_ko__in=["김기응", "김기웅"])
    differing = Disagreement.objects.get(record=director.pk, attribute="name_ko")
    said = Citation.objects.filter(record=director.pk, attribute="name_ko")
    assert (director.name_ko, director.aliases, differing.adopted) == ("김기응", ["김기웅"], "김기응")
    assert {citation.value_stated for citation in said} == {"김기응", "김기웅"}


def test_the_lab_of_13000_square_feet_is_also_in_square_metres(sample):
    lab = Lab.objects.get(slug="frontier-lab")
    assert (lab.floor_area, lab.floor_area_unit, lab.floor_area_m2) == (13000, "ft2", Decimal("1207.7"))
    assert set(stated(lab, "floor_area")) == {"13000", "350"}


def test_the_kaist_kt_center_is_stated_in_pyeong_and_in_square_metres(sample):
    lab = Lab.objects.get(slug="kaist-kt-center")
    assert (lab.floor_area, lab.floor_area_unit, lab.floor_area_m2) == (580, "pyeong", Decimal("1917.4"))
    assert set(stated(lab, "floor_area")) == {"580", "1920"}


def test_every_record_of_the_sample_says_where_it_comes_from(sample):
    facts = Record.objects.exclude(kind__in=["citation", "disagreement"])
    without = facts.exclude(pk__in=Citation.objects.values("record"))
    assert list(without.values_list("kind", "pk")) == []


def test_where_sources_differ_the_statements_are_at_hand(sample):
    for differing in Disagreement.objects.all():
        assert stated(differing.record, differing.attribute), differing
