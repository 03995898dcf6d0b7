"""Envelopes and the ledger: what may not be is refused with a sentence, whoever writes it, and however many write at once."""

import pytest
from django.db import IntegrityError, transaction

from funding.models import FundingAmount, FundingLine, LedgerEntry
from programs.models import Program
from records import commands, steps
from records.commands import Create
from records.kinds import kind_of
from records.models import Change
from records.refusals import Refused
from records.steps import new_id
from records.undoing import undo
from tests import cast
from tests.cast import INTERNAL, SHARED, kind, sql
from tests.test_commands import author, together

pytestmark = pytest.mark.usefixtures("english")
EXCEEDS = "The splits would come to more than their envelope."


@pytest.fixture
def by(db):
    return author(reason="so")


@pytest.fixture
def envelope(world) -> FundingLine:
    """A thousand won for 2025 in cash, 600 of it divided."""
    line = cast.line(world.alpha, form="cash")
    cast.amount(line, 2025, 1000, committed=900)
    split(line, 600)
    return line


def split(of: FundingLine, won=None, year=2025, at=None, **more) -> FundingLine:
    """A split, as somebody at the database would write it."""
    place = {"program_id": of.program_id, "project": at}
    made = FundingLine.objects.create(
        **place, **{"envelope": of, "form": of.form, "currency": of.currency, "visibility": of.visibility} | more
    )
    if won is not None:
        cast.amount(made, year, won, visibility=made.visibility)
    return made


def divide(of: FundingLine, won, by, year=2025, **more):
    """The same by command: a line and its amount, as one change."""
    id = new_id()
    line = {"program": of.program_id, "envelope": of.id, "form": of.form, "currency": of.currency, "name_en": "split"}
    amount = {"line": id, "fiscal_year": year, "planned": won}
    hidden = {"visibility": more.get("visibility", of.visibility)}
    steps = [
        Create(kind("funding_line"), line | hidden | more, id),
        Create(kind("funding_amount"), amount | hidden),
    ]
    return commands.apply(steps, by=by)


def edit(row, by, **values):
    row.refresh_from_db()
    name = {FundingLine: "funding_line", FundingAmount: "funding_amount", LedgerEntry: "ledger_entry"}[type(row)]
    return commands.edit(kind(name), row.id, values, version=row.version, by=by)


def retire(row, by) -> None:
    """With all that lies under it."""
    commands.apply([commands.Retire(kind_of(type(row)), row.id, row.version, with_parts=True)], by=by)


def said(act, *arguments, **more) -> list[tuple[str, str]]:
    """At which field it is refused, and how that begins."""
    with pytest.raises(Refused) as refused:
        act(*arguments, **more)
    return [(fault.field, fault.message) for fault in refused.value.faults]


# ---- envelopes ---------------------------------------------------------------------------------------------


def test_a_split_may_take_up_exactly_what_is_left(envelope, by):
    divide(envelope, 400, by)
    ((field, sentence),) = said(divide, envelope, 1, by)
    assert (field, sentence.startswith(EXCEEDS)) == ("", True)
    assert envelope.splits.count() == 2


def test_what_is_committed_is_held_to_what_the_envelope_commits_or_else_plans(world, envelope, by):
    first = envelope.splits.get().amounts.get()
    edit(first, by, committed=900)
    assert said(edit, first, by, committed=901)[0][1].startswith(EXCEEDS)
    only_planned = cast.line(world.alpha)
    cast.amount(only_planned, 2025, 10)
    amount = split(only_planned, 5).amounts.get()
    edit(amount, by, committed=10)
    assert said(edit, amount, by, committed=11)[0][1].startswith(EXCEEDS)


@pytest.mark.parametrize("values", [{"planned": 599}, {"is_retired": True}])
def test_an_envelope_is_not_lowered_below_its_splits(envelope, by, values):
    amount = envelope.amounts.get()
    with pytest.raises(IntegrityError, match="fundingline_") if "is_retired" in values else pytest.raises(Refused):
        if "is_retired" in values:  # the other year that it states is not the one that is divided
            cast.amount(envelope, 2026, 1)
            FundingAmount.objects.filter(id=amount.id).update(**values)
        else:
            edit(amount, by, **values)


def test_a_later_decision_lowers_it_as_well(envelope, by):
    lowered = {"line": envelope.id, "fiscal_year": 2025, "decided_on": "2025-06", "planned": 599, "revision": "cut"}
    assert said(commands.create, kind("funding_amount"), lowered, by=by)[0][1].startswith(EXCEEDS)
    commands.create(kind("funding_amount"), lowered | {"planned": 600, "committed": 600}, by=by)


@pytest.mark.parametrize("differs", [{"currency": "USD"}, {"form": "in_kind"}, {"program": "beta"}])
def test_a_split_is_like_its_envelope(world, envelope, by, differs):
    differs = {name: world.beta.id if name == "program" else value for name, value in differs.items()}
    sentence = ("envelope", "A split has the program, the currency and the form of its envelope.")
    assert said(divide, envelope, 1, by, **differs) == [sentence]
    lone = cast.line(world.alpha, **{"form": "cash"} | {f"{n}_id" if n == "program" else n: v for n, v in differs.items()})  # fmt: skip
    assert said(edit, lone, by, envelope=envelope.id) == [sentence]


def test_an_envelope_keeps_what_its_splits_share_with_it(world, envelope, by):
    for change in ({"currency": "USD"}, {"form": "in_kind"}, {"program": world.beta.id}):
        assert said(edit, envelope, by, **change)[0][1].startswith("A split has the program")


def test_a_split_is_not_more_hidden_than_its_envelope(envelope, by):
    sentence = ("visibility", "A split is never more hidden than its envelope.")
    assert said(divide, envelope, 1, by, visibility=SHARED) == [sentence]
    assert said(edit, envelope.splits.get(), by, visibility=INTERNAL) == [sentence]
    edit(envelope, by, visibility=INTERNAL)
    envelope.refresh_from_db()
    divide(envelope, 1, by, visibility=SHARED)


def test_hiding_a_program_hides_envelopes_and_splits_together(world, envelope):
    split(envelope, 1, at=world.one)
    Program.objects.filter(id=world.alpha.id).update(visibility=INTERNAL)
    assert set(FundingLine.objects.values_list("visibility", flat=True)) == {INTERNAL}


def test_lines_are_not_split_in_a_circle(envelope, by):
    sentence = ("envelope", "A line cannot be a split of its own splits.")
    assert said(edit, envelope, by, envelope=envelope.splits.get().id) == [sentence]
    assert said(edit, envelope, by, envelope=envelope.id) == [("envelope", "A line cannot be a split of itself.")]
    deeper = split(envelope.splits.get(), 5)
    assert said(edit, envelope, by, envelope=deeper.id) == [sentence]


def test_a_line_that_is_cancelled_or_retired_is_not_divided(envelope, by):
    sentence = ("envelope", "The envelope is cancelled or retired. Cancel or retire its splits first.")
    assert said(edit, envelope, by, state="cancelled") == [sentence]
    envelope.refresh_from_db()
    assert said(retire, envelope, by) == [sentence]
    FundingLine.objects.filter(envelope=envelope).update(state="cancelled")
    edit(envelope, by, state="cancelled")
    assert said(divide, envelope, 1, by) == [sentence]


def test_a_split_names_a_year_that_its_envelope_states(envelope, by):
    ((field, sentence),) = said(divide, envelope, 1, by, year=2026)
    assert (field, sentence[:47]) == ("fiscal_year", "The envelope states no amount for this year. St")
    cast.amount(envelope, 2026, 10)
    divide(envelope, 10, by, year=2026)
    assert said(divide, envelope, 1, by, year=2026)[0][1].startswith(EXCEEDS)


def test_an_amount_without_a_year_is_drawn_upon_by_all_years_that_are_not_stated(world, by):
    line = cast.line(world.alpha)
    for year, won in ((None, 100), (2025, 7)):
        cast.amount(line, year, won)
    divide(line, 60, by, year=2026)
    divide(line, 40, by, year=2027)
    for year in (2026, None):
        assert said(divide, line, 1, by, year=year)[0][1].startswith(EXCEEDS)
    divide(line, 7, by, year=2025)


def test_an_envelope_that_states_nothing_sets_no_limit(world, by):
    line = cast.line(world.alpha)
    divide(line, 10, by)
    FundingAmount.objects.create(line=line, fiscal_year=2025)
    divide(line, 10, by)


def test_cancelled_and_retired_splits_take_up_nothing(envelope, by):
    first = envelope.splits.get()
    edit(first, by, state="cancelled")
    divide(envelope, 1000, by)
    assert said(edit, first, by, state="planned")[0][1].startswith(EXCEEDS)
    first.refresh_from_db()
    retire(first, by)
    first.refresh_from_db()
    commands.restore(kind("funding_line"), first.id, version=first.version, by=by)


def test_rows_written_at_once_are_held_to_it_as_well(envelope):
    of = {"program_id": envelope.program_id, "envelope": envelope, "form": "cash"}
    lines = FundingLine.objects.bulk_create([FundingLine(**of) for _n in range(5)])
    amounts = [FundingAmount(line=line, fiscal_year=2025, planned=100) for line in lines]
    with pytest.raises(IntegrityError, match="fundingline_within_its_envelope"), transaction.atomic():
        FundingAmount.objects.bulk_create(amounts)
    FundingAmount.objects.bulk_create(amounts[:4])


# ---- the ledger --------------------------------------------------------------------------------------------


@pytest.fixture
def entry(world) -> LedgerEntry:
    return post(world.line, 500)


def post(line: FundingLine, won: int, movement="spent", on="2025-03-01", **more) -> LedgerEntry:
    return LedgerEntry.objects.create(line=line, movement=movement, posted_on=on, amount=won, **more)


def enter(by, line, won, movement="spent", on="2025-03-01", **more):
    values = {"line": line.id, "movement": movement, "posted_on": on, "amount": won, **more}
    return commands.create(kind("ledger_entry"), values, by=by)


STAYS = "A ledger entry stays as it is. Correct it by a counter-entry that names it."


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE funding_ledgerentry SET amount = amount + 1",
        "UPDATE funding_ledgerentry SET movement = 'received'",
        "UPDATE funding_ledgerentry SET posted_on = '2024'",
        "UPDATE funding_ledgerentry SET fiscal_year = 2024",
        "UPDATE funding_ledgerentry SET line_id = (SELECT id FROM funding_fundingline WHERE id <> line_id LIMIT 1)",
        "UPDATE funding_ledgerentry SET outside_key = 'x'",
        "UPDATE funding_ledgerentry SET note_en = 'x'",
        "UPDATE funding_ledgerentry SET is_retired = true",
        "DELETE FROM funding_ledgerentry",
    ],
)
def test_the_ledger_only_grows_whoever_writes_it(world, entry, text):
    cast.line(world.beta)
    with pytest.raises(IntegrityError, match=r"only grows|ledgerentry_stays"):
        sql(text)


def test_by_command_it_only_grows_too(entry, by):
    assert said(edit, entry, by, amount=3) == [("", STAYS)]
    assert said(retire, entry, by) == [("", STAYS)]
    edit(entry, by, visibility=INTERNAL)  # who may read it is no part of it
    assert LedgerEntry.objects.get(id=entry.id).visibility == INTERNAL


def test_a_counter_entry_takes_an_entry_back_once(world, entry, by):
    enter(by, world.line, -200, corrects=entry.id)
    enter(by, world.line, -300, on="2025-04", corrects=entry.id)
    assert said(enter, by, world.line, -1, corrects=entry.id) == [
        ("amount", "An entry is taken back once: the counter-entries would come to more than it.")
    ]


@pytest.mark.parametrize(
    "differs", [{"movement": "received"}, {"on": "2026"}, {"fiscal_year": 2024}, {"won": 5}, {"line": "other"}]
)
def test_a_counter_entry_is_like_the_entry_that_it_corrects(world, entry, by, differs):
    asked = {"line": world.line, "won": -5} | differs
    asked["line"] = cast.line(world.alpha) if asked["line"] == "other" else asked["line"]
    ((field, sentence),) = said(enter, by, asked.pop("line"), asked.pop("won"), corrects=entry.id, **asked)
    assert field == "corrects" and sentence.startswith("A counter-entry has the line, the movement and the fiscal year")


def test_a_counter_entry_of_another_day_can_name_the_year(world, entry, by):
    enter(by, world.line, -5, on="2026-01-05", fiscal_year=2025, corrects=entry.id)


def test_a_counter_entry_can_be_taken_back_itself(world, entry, by):
    back = enter(by, world.line, -500, corrects=entry.id)
    enter(by, world.line, 500, corrects=back)


def test_what_comes_twice_with_the_key_of_its_books_is_there_once(world, by):
    first, second = (enter(by, world.line, 70, outside_key="A-1") for _n in range(2))
    assert first == second and LedgerEntry.objects.count() == 1
    assert said(enter, by, world.line, 71, outside_key="A-1") == [
        ("outside_key", "This line already has an entry with this key, and it says something else.")
    ]
    enter(by, world.line, 70, movement="received", outside_key="A-1")


def test_a_line_with_entries_keeps_its_currency(world, entry, by):
    assert said(edit, world.line, by, currency="USD") == [
        ("currency", "This line has ledger entries in its currency, which therefore stays.")
    ]
    with pytest.raises(IntegrityError, match="another currency"):
        FundingLine.objects.filter(id=world.line.id).update(currency="USD")


def test_undoing_an_entry_takes_it_back_by_another_one(world, by):
    entered = enter(by, world.line, 70, outside_key="A-1")
    this = LedgerEntry.objects.get(id=entered).change_id
    undo(this, by=by)
    back = LedgerEntry.objects.get(corrects=entered)
    assert (back.amount, back.movement, back.fiscal_year, back.outside_key) == (-70, "spent", 2025, "")
    assert Change.objects.get(pk=back.change_id).undoes_id == this


def test_a_line_with_entries_is_not_deleted(world, entry):
    FundingAmount.objects.filter(line=world.line).delete()
    with pytest.raises(IntegrityError):
        sql("DELETE FROM funding_fundingline WHERE id = %s", world.line.id)
        sql("SET CONSTRAINTS ALL IMMEDIATE")


# ---- at once -----------------------------------------------------------------------------------------------

AT_ONCE = 50


def deadlocks() -> int:
    """How many the database had to end so far."""
    return sql("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")[0][0]


def envelope_of(won: int, program: Program | None = None) -> FundingLine:
    line = cast.line(program or cast.program())
    cast.amount(line, 2025, won)
    return line


def divided(of: FundingLine) -> int:
    return sum(FundingAmount.objects.filter(line__envelope=of).values_list("planned", flat=True))


def outcome(results) -> tuple[int, int]:
    """(how many acted, how many were told that there is not enough); anything else fails."""
    lost = [r for r in results if isinstance(r, Exception)]
    assert all(isinstance(r, Refused) and str(r).startswith(EXCEEDS) for r in lost), lost
    return len(results) - len(lost), len(lost)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_hand", [False, True])
def test_fifty_who_divide_one_envelope_come_to_exactly_its_limit(by_hand):
    of, by, before = envelope_of(600), author(reason="so"), deadlocks()

    def act():
        if not by_hand:
            return divide(of, 30, by)
        try:
            with transaction.atomic():
                return split(of, 30)
        except IntegrityError as error:
            raise Refused(EXCEEDS if "within_its_envelope" in str(error) else str(error)) from error

    assert outcome(together(*[act] * AT_ONCE)) == (20, AT_ONCE - 20)
    assert (divided(of), of.splits.count(), deadlocks()) == (600, 20, before)


@pytest.mark.django_db(transaction=True)
def test_fifty_who_divide_two_envelopes_crosswise_overdraw_neither():
    """Half of them take from the first and then from the second, the others the other way round."""
    by, program = author(reason="so"), cast.program()
    one, two = envelope_of(300, program), envelope_of(300, program)

    def both(first, second):
        for of in (first, second):
            divide(of, 30, by)

    before = deadlocks()
    acts = [lambda: both(one, two), lambda: both(two, one)] * (AT_ONCE // 2)
    outcome(together(*acts))
    assert (divided(one), divided(two), deadlocks()) == (300, 300, before)


@pytest.mark.django_db(transaction=True)
def test_an_envelope_that_is_lowered_while_it_is_divided_covers_its_splits():
    by = author(reason="so")
    for won in (300, 450):
        of = envelope_of(600)
        amount = of.amounts.get()
        acts = [lambda of=of: divide(of, 30, by)] * 25
        results = together(
            *acts, lambda a=amount, w=won: commands.edit(kind("funding_amount"), a.id, {"planned": w}, version=1, by=by)
        )
        outcome(results)
        amount.refresh_from_db()
        limit = 600 if isinstance(results[-1], Exception) else won
        assert (amount.planned, divided(of)) == (limit, min(limit, 25 * 30))


def put_under(line: FundingLine, envelope: FundingLine, by):
    return lambda: commands.edit(kind("funding_line"), line.id, {"envelope": envelope.id}, version=1, by=by)


def put_under_by_hand(line: FundingLine, envelope: FundingLine, by):
    def act():
        try:
            FundingLine.objects.filter(id=line.id).update(envelope=envelope)
        except IntegrityError as error:
            raise Refused("A line cannot be a split of its own splits." if "no_circle" in str(error) else str(error)) from error  # fmt: skip

    return act


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("put", [put_under, put_under_by_hand])
def test_envelopes_with_splits_do_not_close_a_circle_at_once(put):
    """Each goes under a split of the other: no two of these changes touch the same lines."""
    by, program, before = author(reason="so"), cast.program(), deadlocks()
    for _n in range(20):
        ring = [cast.line(program) for _one in range(3)]
        ends = [split(envelope) for envelope in ring]
        results = together(*(put(ring[n], ends[n - 1], by) for n in range(3)))
        (lost,) = [r for r in results if isinstance(r, Exception)]
        assert isinstance(lost, Refused) and str(lost) == "A line cannot be a split of its own splits."
    assert deadlocks() == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("many", [2, 3])
def test_lines_are_not_made_splits_of_each_other_at_once(many):
    by, program, before = author(reason="so"), cast.program(), deadlocks()
    for _n in range(20):
        ring = [cast.line(program) for _one in range(many)]
        results = together(*(put_under(ring[n], ring[n - 1], by) for n in range(many)))
        (lost,) = [r for r in results if isinstance(r, Exception)]
        assert isinstance(lost, Refused) and str(lost) == "A line cannot be a split of its own splits."
    assert deadlocks() == before


@pytest.mark.django_db(transaction=True)
def test_an_entry_is_taken_back_once_by_many_at_once():
    line, by = cast.line(cast.program()), author(reason="so")
    entry = post(line, 100)
    results = together(*[lambda: enter(by, line, -30, corrects=entry.id)] * 8)
    assert sum(isinstance(r, Refused) for r in results) == 5
    assert LedgerEntry.objects.filter(corrects=entry).count() == 3


@pytest.mark.django_db(transaction=True)
def test_what_is_brought_in_by_many_at_once_is_there_once():
    line, by = cast.line(cast.program()), author(reason="so")
    results = together(*[lambda: enter(by, line, 30, outside_key="A-1")] * 8)
    assert len({str(r) for r in results}) == 1, results
    assert LedgerEntry.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_another_brings_in_while_it_is_looked_at_is_there_once(monkeypatch):
    line, by = cast.line(cast.program()), author(reason="so")
    looked_at, others = steps.row_faults, []

    def slowly(*asked):
        monkeypatch.undo()
        others.extend(together(lambda: enter(by, line, 30, outside_key="A-1")))
        return looked_at(*asked)

    monkeypatch.setattr(steps, "row_faults", slowly)
    assert [enter(by, line, 30, outside_key="A-1")] == others
    assert LedgerEntry.objects.count() == 1
    with pytest.raises(Refused, match="says something else"):
        enter(by, line, 31, outside_key="A-1")
