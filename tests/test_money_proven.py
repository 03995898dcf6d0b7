"""`verify_figures` fails on a difference of one won, whoever wrote it and wherever, and `recompute_figures` mends it."""

import pytest
from django.core.management import CommandError, call_command

from funding.rollups import ROLLUPS, WHOLE
from records.figures import recompute_all
from tests import cast
from tests.cast import INTERNAL, sql

pytestmark = pytest.mark.usefixtures("english")

# What is stored of money, changed by hand.
STORED = (
    "UPDATE funding_linefigure SET planned = planned + 1 WHERE with_planned > 0",
    "UPDATE funding_linefigure SET committed = committed - 1 WHERE with_committed > 0",
    "UPDATE funding_linefigure SET spent = spent + 1 WHERE with_spent > 0",
    "UPDATE funding_linefigure SET undivided = undivided + 1 WHERE with_undivided > 0",
    "UPDATE funding_linefigure SET lines = lines + 1",
    "UPDATE funding_linefigure SET payer = NULL",
    "UPDATE funding_linefigure SET category = 'personnel'",
    "UPDATE funding_linefigure SET above = scope",
    "UPDATE funding_linefigure SET level = level + 1",
    "DELETE FROM funding_linefigure WHERE level > 0",
    f"UPDATE funding_rollup SET planned = planned + 1 WHERE scope = '{WHOLE}'",
    f"UPDATE funding_rollup SET received = received - 1 WHERE scope <> '{WHOLE}'",
    "UPDATE funding_rollup SET unstated_once = unstated_once + 1",
    "UPDATE funding_rollup SET payer_place = 'abroad'",
    "DELETE FROM funding_rollup",
    "INSERT INTO funding_rollup SELECT * FROM funding_rollup r WHERE false"
    " UNION ALL SELECT (jsonb_populate_record(r, '{\"fiscal_year\": 1999}')).* FROM funding_rollup r WHERE level = 0 AND fiscal_year = 2025",
)
# What is recorded, changed past all triggers: no mark tells of it.
FACTS = (
    ("funding_fundingamount", "UPDATE funding_fundingamount SET planned = planned + 1"),
    ("funding_fundingamount", "UPDATE funding_fundingamount SET committed = committed + 1 WHERE visibility > 0"),
    ("funding_fundingamount", "DELETE FROM funding_fundingamount WHERE visibility > 0"),
    ("funding_fundingline", "UPDATE funding_fundingline SET state = 'cancelled' WHERE envelope_id IS NOT NULL"),
    ("funding_fundingline", "UPDATE funding_fundingline SET envelope_id = NULL"),
    ("funding_fundingline", "UPDATE funding_fundingline SET currency = 'USD'"),
    ("funding_ledgerentry", "UPDATE funding_ledgerentry SET amount = amount + 1"),
    ("funding_ledgerentry", "DELETE FROM funding_ledgerentry"),
    ("programs_project", "UPDATE programs_project SET parent_id = NULL"),
    ("labs_institution", "UPDATE labs_institution SET kind = 'company'"),
    ("labs_institution", "UPDATE labs_institution SET country = 'US'"),
)


@pytest.fixture
def money(world):
    """An envelope with a split, what moved of it, and more that is hidden; all worked out."""
    line = cast.line(world.three, form="cash", payer=world.government)
    cast.amount(line, 2025, 1000, committed=900)
    cast.amount(line, 2025, 1100, committed=950, decided_on="2025", visibility=INTERNAL)
    cast.amount(cast.split(line), 2025, 300, committed=200)
    cast.entry(line, 70, "received")
    cast.entry(line, 50, visibility=INTERNAL)
    cast.work()
    assert list(ROLLUPS.differences()) == []


@pytest.mark.parametrize("text", STORED)
def test_a_stored_figure_that_somebody_changed_is_found_and_mended(money, text):
    sql(text)
    assert_found_and_mended()


@pytest.mark.parametrize("table, text", FACTS)
def test_a_fact_that_was_changed_without_a_mark_is_found_and_mended(money, table, text):
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    sql(text)
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    assert_found_and_mended()


def assert_found_and_mended():
    assert list(ROLLUPS.differences())
    recompute_all()
    assert list(ROLLUPS.differences()) == []


def test_where_a_line_is_wrong_so_is_all_that_it_counts_in(money):
    """Not only the line is named, but each scope whose total is not what the facts say."""
    sql("UPDATE funding_linefigure SET planned = planned + 1 WHERE level = 0 AND with_undivided > 0")
    sql(
        f"UPDATE funding_rollup SET planned = planned + 1 WHERE level = 0 AND scope = '{WHOLE}' AND fiscal_year = 2025 AND payer_kind = 'national'"
    )
    said = "\n".join(ROLLUPS.differences())
    assert said.count("is stored as") == 2 and "adds to line " in said and f"what is below {WHOLE}" in said


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("text", [STORED[0], STORED[10]])
def test_the_command_fails_on_one_won(capsys, text):
    cast.amount(cast.line(cast.program()), 2025, 5)
    cast.work()
    call_command("verify_figures")
    sql(text)
    with pytest.raises(CommandError, match="2 differences"):
        call_command("verify_figures")
    assert "planned 6" in capsys.readouterr().err
    call_command("recompute_figures")
    call_command("verify_figures")
