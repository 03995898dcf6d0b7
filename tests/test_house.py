"""The house is in order: what the database keeps fits the models, and nothing speaks without a sentence."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, models, transaction
from django.utils import translation

from records.base import RecordBase
from records.kinds import kinds
from records.sentences import explain, sentence
from tests import cast
from tests.cast import sql

TRIGGERS = {
    "a_version_first",
    "a_version",
    "b_keep_insert",
    "b_keep_update",
    "b_keep_delete",
    "c_opened",
    "c_returned",
    "c_deleted",
    "a_many",
    "z_many",
}
NO_HISTORY = {  # tables of ours that are no records, and why
    "records.Record", "records.Change", "records.Touched",  # are the history
    "records.StaleMark", "records.ComputedAt", "records.Heartbeat", "records.TimelineEntry", "records.Spelling",
    "funding.LineFigure",  # worked out
    "records.Likeness",  # worked out
    "funding.Rollup",  # worked out
    "records.Submission", "records.KeptAnswer",  # requests that were carried out
    "people.User", "people.Invitation", "people.Token", "labs.Membership",  # accounts, whose log is
    "people.AccountEvent", "people.OutgoingMail", "people.Attempt",
    "records.SavedView", "records.CalendarFeed",  # questions, no facts
    "records.Webhook", "records.Delivery", "records.Attempt",  # what was told, not what is
    "records.Job", "records.JobLine",  # have an end
    "records.SheetImport", "records.SheetRow",  # on their way in, for two days
    "records.ColumnMapping",  # how somebody works
    "reports.ProjectUpdate", "reports.Proposal", "reports.ProposedValue",  # what of them is accepted is in records
    "reports.UpdateEvent", "reports.Attachment", "reports.Watch",  # their own thread
    "reports.ReportDue",  # worked out
    "reports.Extension",  # only added to
    "reports.Notice", "reports.MailChoice",  # what a person is told
}  # fmt: skip
OURS = ("records", "people", "labs", "programs", "funding", "reports")


def tables() -> list[str]:
    return [kind.model._meta.db_table for kind in kinds().values()]


def columns(schema: str, table: str) -> set[tuple]:
    return set(
        sql(
            "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = (%s || '.' || %s)::regclass AND attnum > 0 AND NOT attisdropped",
            schema, table,
        )
    )  # fmt: skip


def indexes(schema: str, table: str) -> set[str]:
    return {
        name
        for (name,) in sql(
            "SELECT indexname::text FROM pg_indexes WHERE schemaname = %s AND tablename = %s AND indexdef LIKE '%%btree%%'",
            schema, table,
        )
    }  # fmt: skip


# ---- history -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", tables() if apps.ready else [])
def test_the_history_and_the_past_have_the_columns_of_the_present(db, table):
    own = {("history_id", "bigint"), ("until", "timestamp with time zone"), ("ended_by", "bigint")}
    own |= {("visibility_today", "smallint"), ("is_last", "boolean"), ("dates_moved", "boolean")}
    assert (
        columns("history", table) - own == columns("public", table) == columns("past", table) == columns("ever", table)
    )


@pytest.mark.parametrize("table", tables() if apps.ready else [])
def test_every_kind_is_kept_by_triggers(db, table):
    found = {
        name
        for (name,) in sql(
            "SELECT tgname::text FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", table
        )
    }
    assert found >= TRIGGERS


@pytest.mark.parametrize("table", tables() if apps.ready else [])
def test_the_history_is_sorted_as_the_present_is(db, table):
    """So that a list of the past costs what one of the present costs."""
    present, past = (indexes(schema, table) for schema in ("public", "history"))
    assert {name for name in present if not name.endswith(("_pkey", "_like", "_and_program", "_counted"))} <= past


def test_no_model_is_without_history_by_accident():
    ours = [m for m in apps.get_models() if m._meta.app_label in OURS]
    kept = {kind.model for kind in kinds().values()}
    assert {m for m in ours if issubclass(m, RecordBase)} == kept
    assert {m._meta.label for m in ours if m not in kept} == NO_HISTORY


def test_every_way_under_a_program_is_known_to_the_database(db):
    """A reference that hides or gives a program names an existing column."""
    for child, col in sql("SELECT child, col FROM records_under"):
        assert (col, "uuid") in columns("public", child), (child, col)


def test_the_machine_runs_where_it_may_not_change_the_path(db):
    """Functions name their schema, so that a dump restores and nobody's search path leads them astray."""
    found = sql(
        "SELECT proname::text, prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE n.nspname IN ('public', 'history')"
    )
    names = "|".join([*tables(), "records_record", "records_change", "records_stalemark", "records_under"])
    loose = re.compile(rf"(?:FROM|JOIN|INTO|UPDATE)\s+(?:{names})\b")
    assert [name for name, source in found if loose.search(source)] == []


# ---- sentences ---------------------------------------------------------------------------------------------


def constraints() -> list[str]:
    """Every constraint by which the database may refuse what a person wrote."""
    found = sql(
        "SELECT conname::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype = 'c' AND conrelid = ANY(%s::regclass[])"
        " UNION SELECT conname::text FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype = 'f'"
        "   AND cardinality(conkey) > 1 AND conrelid = ANY(%s::regclass[])",
        tables(), tables(),
    )  # fmt: skip
    names = {
        name for (name,) in found if not name.endswith("_check")
    }  # those are of fields, refused before by the field itself
    names |= {c.name for m in apps.get_models() if m._meta.app_label in OURS for c in m._meta.constraints}
    sources = sql(
        "SELECT prosrc FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace WHERE n.nspname IN ('public', 'history')"
    )
    names |= {name for (source,) in sources for name in re.findall(r"CONSTRAINT = '(\w+)'", source)}
    return sorted(names - {"timeline_entry_once"})  # written by workers alone


def test_every_constraint_has_a_sentence_in_both_languages(db):
    for name in constraints():
        said = {}
        for language in ("ko", "en"):
            with translation.override(language):
                said[language] = sentence(name)
        assert name not in said["en"] and "database refused" not in said["en"], name
        assert "%s" not in said["en"] and said["ko"] != said["en"], name


def test_a_refusal_of_the_database_is_said_in_a_sentence(world):
    cases = [
        (lambda: cast.program(name_ko="", name_en=""), "Give a name"),
        (lambda: cast.line(world.beta, project=world.one), "another program"),
        (lambda: type(world.one).objects.filter(id=world.one.id).update(parent=world.three), "own parts"),
        (lambda: cast.project(world.one, program=world.beta), "same program"),
        (lambda: cast.institution("gist"), "same “slug”"),
        (lambda: cast.headcount(world.alpha, number=-1), "“number”"),
        (lambda: cast.headcount(cast.program(), number=None), "“number”"),
        (lambda: cast.citation(world.paper, world.paper, source_id=world.alpha.id), "does not exist"),
        (lambda: world.gist.delete(), "does not exist"),
    ]
    with translation.override("en"):
        for work, expected in cases:
            with pytest.raises(IntegrityError) as refused, transaction.atomic():
                try:
                    work()
                except models.ProtectedError:
                    sql("DELETE FROM labs_institution")
                sql("SET CONSTRAINTS ALL IMMEDIATE")
            assert expected in explain(refused.value) and "database refused" not in explain(refused.value)


# ---- the tree ----------------------------------------------------------------------------------------------


def test_no_circle_of_projects_even_of_two_at_once(world):
    Project = type(world.one)
    a, b = cast.project(world.alpha), cast.project(world.alpha)
    with pytest.raises(IntegrityError), transaction.atomic():
        sql(
            "UPDATE programs_project SET parent_id = CASE id WHEN %s THEN %s ELSE %s END::uuid WHERE id = ANY(%s)",
            a.id,
            str(b.id),
            str(a.id),
            [a.id, b.id],
        )
    assert Project.objects.filter(id__in=[a.id, b.id], parent=None).count() == 2


def test_what_is_pointed_at_cannot_be_deleted(world):
    for row in (world.alpha, world.one, world.gist, world.hong, world.paper, world.line):
        with pytest.raises((models.ProtectedError, DatabaseError)), transaction.atomic():
            sql(f"DELETE FROM {row._meta.db_table} WHERE id = %s", row.id)
            sql("SET CONSTRAINTS ALL IMMEDIATE")


# ---- the build ---------------------------------------------------------------------------------------------


def test_the_migrations_say_what_the_models_say(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_the_checks_of_django_find_nothing(db):
    call_command("check", fail_level="WARNING")


def test_the_floors_of_the_house_hold():
    run = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_kind_is_declared_with_fields_that_exist():
    for kind in kinds().values():
        names = set(kind.all_fields) | {f.removesuffix("_ko") for f in kind.all_fields if f.endswith("_ko")}
        used = {
            *kind.columns,
            *kind.facts,
            *kind.label,
            kind.order.removeprefix("-"),
            *kind.private,
            *kind.money,
            *kind.owners,
        }
        assert used - names == set(), kind.name
        for related in kind.related:
            target = kinds()[related.kind]
            assert related.by in target.all_fields, (kind.name, related)


def test_every_record_has_a_label_in_both_languages(world):
    from records.labels import labels_of
    from records.rights import EVERYTHING

    made = cast.one_of_each(world) | {
        "bare": cast.role(world.rus, world.one),
        "nameless": cast.line(world.alpha, name_en=""),
    }
    by_kind = {}
    for row in made.values():
        by_kind.setdefault(next(k.name for k in kinds().values() if k.model is type(row)), set()).add(row.id)
    labels = labels_of(by_kind, set(), EVERYTHING)
    assert set(labels) == {row.id for row in made.values()}
    assert [label for label in labels.values() if not (label.ko or label.en)] == []
    assert "Daniela Rus" in labels[made["bare"].id].en
    assert "홍길동" in labels[made["role"].id].ko
