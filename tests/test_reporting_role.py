"""The role of reporting tools reads the views and nothing else, is stopped in time, and outlives every migration."""

import io

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import DatabaseError, connection, transaction
from django.db.migrations import Migration
from psycopg import errors

from records.reporting.making import drop_views, make_views, views
from records.reporting.roles import Limits, drop_role, make_role
from tests import cast
from tests.cast import INTERNAL

NAME, PASSWORD = "reports of tests", "a password of some length"
OTHERS = (
    "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE c.relkind IN ('r', 'v', 'm', 'p', 'f') AND n.nspname NOT IN ('reporting', 'pg_catalog', 'information_schema', 'pg_toast')"
    " AND n.nspname NOT LIKE 'pg_temp%'"
)


@pytest.fixture
def role(transactional_db):
    """Made anew for each test, with two connections and a second for a statement."""
    make_role(NAME, PASSWORD, Limits(connections=2, seconds=1))
    yield NAME
    drop_role(NAME)


def signed_in(password=PASSWORD, name=NAME) -> psycopg.Connection:
    at = connection.settings_dict
    return psycopg.connect(
        host=at["HOST"], port=at["PORT"], dbname=at["NAME"], user=name, password=password, autocommit=True
    )


def one(session, sql: str):
    return session.execute(sql).fetchone()[0]


def found(sql: str) -> list:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [value for (value,) in cursor]


# ---- what it may -------------------------------------------------------------------------------------------


def test_it_reads_every_view_without_naming_the_schema(role):
    cast.institution("gist", name_en="Gist")
    with signed_in() as session:
        assert one(session, "SELECT name_en FROM institutions") == "Gist"
        for name in views():
            session.execute(f"SELECT * FROM {name} LIMIT 1")


def test_it_reads_nothing_else(role):
    others = found(OTHERS)
    assert {"public.people_user", "public.people_token", "history.programs_project", "past.programs_project"} <= {
        *others
    }
    with signed_in() as session:
        for table in others:
            with pytest.raises(errors.InsufficientPrivilege):
                session.execute(f"SELECT FROM {table}")


@pytest.mark.parametrize(
    "way",
    [
        "SELECT query_to_xml('SELECT * FROM public.people_user', true, true, '')",
        "SELECT public.registry_change()",
        "SELECT public.records_mark('timelines', NULL)",
        "SELECT pg_read_file('postgresql.conf')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "COPY public.people_user TO STDOUT",
        "SET ROLE registry",
        "SET SESSION AUTHORIZATION registry",
    ],
)
def test_no_function_or_command_reads_for_it(role, way):
    with signed_in() as session, pytest.raises((errors.InsufficientPrivilege, errors.UndefinedFunction)):
        session.execute("SET default_transaction_read_only = off")
        session.execute(way)


def test_no_function_of_the_registry_lends_its_rights(db):
    assert found("SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef AND pronamespace > 16383") == []


def test_statistics_tell_it_no_values(role):
    cast.institution("secret", visibility=INTERNAL)
    cast.sql("ANALYZE labs_institution")
    with signed_in() as session:
        assert one(session, "SELECT count(*) FROM pg_stats WHERE schemaname IN ('public', 'history')") == 0


@pytest.mark.parametrize(
    "way",
    [
        "CREATE TABLE public.mine (a int)",
        "CREATE TABLE reporting.mine (a int)",
        "CREATE TEMPORARY TABLE mine (a int)",
        "CREATE SCHEMA mine",
        "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "DELETE FROM exchange_rates",
        "UPDATE exchange_rates SET rate = 1",
        "INSERT INTO public.records_change (actor_name, door, reason) VALUES ('x', 'sql', '')",
        "TRUNCATE public.labs_institution",
        "DROP VIEW institutions",
        "CREATE ROLE another",
    ],
)
def test_it_writes_nothing_even_where_it_lifts_its_own_limits(role, way):
    with signed_in() as session:
        with pytest.raises((errors.ReadOnlySqlTransaction, errors.InsufficientPrivilege)):
            session.execute(way)
        session.execute("SET default_transaction_read_only = off")
        with pytest.raises(errors.InsufficientPrivilege):
            session.execute(way)


def test_a_condition_of_its_own_sees_no_hidden_row(role):
    """Cheap functions are asked first, so one that tells what it is given would tell of hidden rows: the views are barriers."""
    cast.institution("shown", name_en="Shown")
    cast.institution("hidden", name_en="Hidden", visibility=INTERNAL)
    cast.sql(f'GRANT TEMPORARY ON DATABASE "{connection.settings_dict["NAME"]}" TO "{NAME}"')
    with signed_in() as session:
        told = []
        session.add_notice_handler(lambda notice: told.append(notice.message_primary))
        session.execute("SET default_transaction_read_only = off")
        session.execute(
            "CREATE FUNCTION pg_temp.tell(a text) RETURNS boolean COST 0.0000001 LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE NOTICE '%', a; RETURN true; END $$"
        )
        session.execute("SELECT name_en FROM institutions WHERE pg_temp.tell(name_en)")
    assert told == ["Shown"]


def test_it_is_stopped_when_its_time_is_over(role):
    with signed_in() as session, pytest.raises(errors.QueryCanceled):
        session.execute("SELECT pg_sleep(60)")


def test_it_has_as_many_connections_as_it_was_given(role):
    with signed_in(), signed_in(), pytest.raises(psycopg.OperationalError, match="too many connections"):
        signed_in()


# ---- migrations --------------------------------------------------------------------------------------------


def test_it_reads_views_that_were_made_anew(role):
    drop_views()
    with signed_in() as session:
        with pytest.raises(errors.UndefinedTable):
            session.execute("SELECT * FROM projects")
        make_views()
        session.execute("SELECT * FROM projects")


def test_a_migration_may_alter_a_column_that_a_view_shows(db):
    alter = "ALTER TABLE funding_linefigure ALTER COLUMN category TYPE varchar(120)"
    with pytest.raises(DatabaseError, match="used by a view"), transaction.atomic():
        cast.sql(alter)
    plan = [(Migration("something", "funding"), False)]
    emit_pre_migrate_signal(0, False, "default", plan=plan)
    cast.sql(alter)
    emit_post_migrate_signal(0, False, "default", plan=plan)
    assert set(found("SELECT viewname FROM pg_views WHERE schemaname = 'reporting'")) == set(views())


# ---- the command -------------------------------------------------------------------------------------------


def made(**options) -> str:
    """What the command writes to standard output."""
    out = io.StringIO()
    call_command("make_reporting_role", NAME, stdout=out, stderr=io.StringIO(), **options)
    return out.getvalue().strip()


def test_the_command_makes_a_role_and_shows_its_password_once(transactional_db):
    first = made()
    signed_in(first).close()
    second = made(seconds=7)
    with signed_in(second) as session:
        assert one(session, "SHOW statement_timeout") == "7s"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        signed_in(first)
    assert made(drop=True) == f"There is no role {NAME} any more."
    with pytest.raises(psycopg.OperationalError):
        signed_in(second)


def test_the_command_leaves_roles_alone_that_it_did_not_make(db):
    cast.sql(f'CREATE ROLE "{NAME}" LOGIN')
    with pytest.raises(CommandError, match="was not made here"):
        made()
    with pytest.raises(CommandError, match="no role"):
        made(drop=True)


def test_where_the_account_may_not_make_roles_somebody_who_may_is_given_the_statements(transactional_db):
    cast.sql("DROP ROLE IF EXISTS humble; CREATE ROLE humble; GRANT humble TO CURRENT_USER")
    out = io.StringIO()
    try:
        cast.sql("SET ROLE humble")
        with pytest.raises(CommandError, match="may not make roles"):
            call_command("make_reporting_role", NAME, stdout=out, stderr=io.StringIO())
        cast.sql("RESET ROLE")
        *statements, password = out.getvalue().strip().splitlines()
        assert password not in "".join(statements)
        given = (
            "\n".join(statements)
            .replace('ROLE "humble"', "ROLE CURRENT_USER")
            .replace('TO "humble"', "TO CURRENT_USER")
        )
        cast.sql(given)
        with signed_in(password) as session:
            session.execute("SELECT * FROM projects")
        drop_role(NAME)
    finally:
        cast.sql("RESET ROLE; DROP ROLE humble")
