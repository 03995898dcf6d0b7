"""A made-up registry: as large as it says, within every constraint, with a past that holds together, the same for a seed."""

from datetime import datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import F, Sum

from funding.making import Occupied, Size, make
from funding.models import Category, FundingAmount, FundingLine, LedgerEntry, LineFigure
from funding.rollups.plainly import plainly
from people.models import Researcher
from programs.models import Participation, Program, Project, Role
from records.figures import clear_stale_marks, figures
from records.history import known_at
from records.kinds import kinds
from records.models import Citation, Record

TINY = Size(50)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def made(kept):
    """Fifty projects and all that belongs to them."""
    return make(TINY, seed=7, tell=lambda line: None)


def sql(text: str):
    with connection.cursor() as cursor:
        cursor.execute(text)
        return cursor.fetchall() if cursor.description else []


def test_all_follows_from_the_number_of_projects(made):
    assert (Project.objects.count(), Researcher.objects.count(), FundingLine.objects.count()) == (50, 220, 600)
    versions = sum(closed for _present, closed in made.values())
    assert 60 * 50 <= versions <= 110 * 50  # a program is a larger part of so few


def test_what_was_counted_is_in_the_tables(made):
    for table, (present, closed) in made.items():
        assert sql(f"SELECT count(*) FROM {table}") == [(present,)]
        if table != "records_change":
            assert sql(f"SELECT count(*) FROM history.{table}") == [(closed,)]
    assert Record.objects.count() == sum(p for table, (p, _c) in made.items() if table != "records_change")


def test_no_constraint_waits_to_be_broken():
    sql("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("kind", ["project", "funding_line", "funding_amount", "ledger_entry", "role"])
def test_versions_follow_each_other_up_to_the_present_one(kind):
    table = kinds()[kind].model._meta.db_table
    broken = sql(
        f"WITH v AS (SELECT id, version, updated_at, change_id, until, ended_by FROM history.{table}"
        f" UNION ALL SELECT id, version, updated_at, change_id, NULL, NULL FROM {table}), f AS (SELECT *,"
        " lead(updated_at) OVER w AS next, lead(change_id) OVER w AS by, row_number() OVER w AS n FROM v"
        " WINDOW w AS (PARTITION BY id ORDER BY version))"
        " SELECT * FROM f WHERE n <> version OR until IS DISTINCT FROM next OR ended_by IS DISTINCT FROM by OR until <= updated_at"
    )
    assert broken == []
    assert sql(f"SELECT count(*) FROM {table} t JOIN records_record r USING (id) WHERE r.version <> t.version") == [
        (0,)
    ]


def test_the_registry_knew_each_project_once_and_fewer_of_them_in_the_past():
    moment = datetime.fromisoformat("2021-06-01T00:00:00+09:00")
    begun = sql("SELECT count(*) FROM (SELECT id, min(updated_at) AS since FROM (SELECT id, updated_at FROM programs_project"
                " UNION ALL SELECT id, updated_at FROM history.programs_project) v GROUP BY id) f WHERE since <= '2021-06-01+09'")  # fmt: skip
    with known_at(moment):
        then = list(Project.objects.values_list("id", flat=True))
    assert len(then) == len(set(then)) == begun[0][0]
    assert 0 < len(then) < 50


def test_a_change_of_a_made_up_row_is_its_next_version():
    with transaction.atomic():
        project = Project.objects.order_by("-version").first()
        Project.objects.filter(id=project.id).update(summary_en="changed")
        after = Project.objects.get(id=project.id)
        assert (after.version, after.updated_at > project.updated_at) == (project.version + 1, True)
        transaction.set_rollback(True)


def test_figures_equal_the_facts():
    clear_stale_marks()
    assert [line for figure in figures().values() for line in figure.differences()] == []
    group = ("scope", "fiscal_year", "payer_kind", "payer_place", "form", "currency", "state")
    sums = LineFigure.objects.values_list(*group).annotate(Sum("planned"), Sum("with_planned"), Sum("lines"))
    stored = {
        (scope, year or None, *rest): (planned if stated else None, lines)
        for scope, year, *rest, planned, stated, lines in sums
    }
    facts = {key[1:]: (v[0], v[5]) for key, v in plainly(2).items() if key[0] == "own"}
    assert stored == facts


def test_money_is_divided_moved_revised_and_rests_on_agreements():
    clear_stale_marks()
    splits = FundingLine.objects.exclude(envelope=None)
    assert 600 / 50 <= splits.values("envelope").distinct().count() + 1 <= 600 / 50 + 2
    assert splits.filter(project=F("envelope__project")).exists() and splits.filter(envelope__project=None).exists()
    assert not splits.filter(visibility__gt=F("envelope__visibility")).exists()
    undivided = LineFigure.objects.filter(with_undivided__gt=0).values_list("undivided", flat=True)
    assert 0 in undivided and max(undivided) > 0 <= min(undivided)
    moved = FundingLine.objects.exclude(entries=None).distinct().count()
    assert 600 / 10 <= moved <= 600 / 6
    assert set(LedgerEntry.objects.values_list("movement", flat=True)) >= {"received", "spent"}
    assert LedgerEntry.objects.filter(corrects__amount__gt=0, amount__lt=0).exists()
    assert set(FundingAmount.objects.values_list("revision", flat=True)) >= {"", "raised", "cut"}
    assert set(FundingLine.objects.values_list("category", flat=True)) < {"", *Category.values}
    assert FundingLine.objects.exclude(agreement=None).exists()


def test_what_belongs_to_a_record_is_as_hidden_as_it():
    assert not Project.objects.filter(program__visibility__gt=0, visibility=0).exists()
    for model, scope in ((Role, "scope"), (Participation, "scope"), (FundingLine, "program"), (Citation, "record")):
        assert not model.objects.filter(**{f"{scope}__visibility__gt": 0, "visibility": 0}).exists()
    assert Project.objects.filter(visibility__gt=0).exists()


def test_it_is_skewed_and_partly_known():
    first = Participation.objects.filter(institution__slug="institution-7-1", scope__kind="project")
    assert first.values("scope").distinct().count() == 4  # 8 % of 50
    assert Role.objects.filter(part="advisor").values("researcher").distinct().count() == 1
    assert max(p.projects.count() for p in Program.objects.all()) >= 8
    assert (
        FundingAmount.objects.filter(fiscal_year=None).exists() and FundingAmount.objects.filter(planned=None).exists()
    )
    assert set(FundingLine.objects.values_list("currency", "form").distinct()) >= {("USD", "cash"), ("KRW", "in_kind")}
    shapes = {len(text or "") for text in Project.objects.values_list("starts_on", flat=True)}
    assert {4, 7, 10} <= shapes


def test_the_same_seed_makes_the_same_rows_and_another_does_not():
    def content(seed):
        with transaction.atomic():
            sql("SET CONSTRAINTS ALL IMMEDIATE")
            first = sql("SELECT max(id) FROM records_change")[0][0]
            make(TINY, seed, add=True, tell=lambda line: None)
            found = sql(
                "SELECT md5(string_agg(r.id || r.kind || r.visibility || r.version || r.changed_at, ',' ORDER BY r.id)),"
                " (SELECT md5(string_agg(l::text, ',' ORDER BY id)) FROM funding_fundingline l),"
                " (SELECT md5(string_agg(h.id || h.until::text, ',' ORDER BY id, until)) FROM history.programs_project h)"
                f" FROM records_record r WHERE r.change_id > {first}"
            )
            transaction.set_rollback(True)
        return found

    assert content(8) == content(8) != content(9)


def test_a_registry_that_is_not_empty_is_refused():
    before = Record.objects.count()
    with pytest.raises(Occupied):
        make(TINY, seed=9)
    with pytest.raises(CommandError, match="not empty"):
        call_command("make_registry", size="small")
    assert Record.objects.count() == before
