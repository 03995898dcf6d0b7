"""What goes out comes back: files of ours and of others, what they would change, taking them over as one change."""

import json
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from funding.models import FundingAmount, LedgerEntry
from labs.models import Institution
from people.models import Researcher, User
from programs.models import Project
from records import columns
from records.bulk import MovedOn
from records.columns import Form
from records.kinds import kinds
from records.models import Change
from records.refusals import NotAllowed, Refused
from records.spreadsheets.models import ColumnMapping, SheetRow
from records.undoing import undo
from tests import cast
from tests.sheets import as_csv, as_xlsx, author, cell, exported, said, saved_again, sent, take

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def table(world, officer):
    """The list of projects as its file for machines: headers are the names of the API."""
    return exported("project", officer, Form.RAW)


# ---- round trips -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("kind_name", list(kinds()))
def test_what_went_out_comes_back_the_same(world, officer, kind_name, form):
    cast.one_of_each(world)
    table = exported(kind_name, officer, form)
    sheet = sent(kind_name, as_csv(table), officer)
    assert sheet.counts == ({"same": len(table) - 1} if len(table) > 1 else {}), said(sheet)


@pytest.mark.parametrize("form", [Form.KO, Form.EN])
def test_a_workbook_that_somebody_saved_again_comes_back_the_same(world, officer, form):
    cast.one_of_each(world)
    table = exported("event", officer, form)
    assert sent("event", saved_again(as_xlsx(table)), officer, "events.xlsx").counts == {"same": len(table) - 1}


RUNS = st.sampled_from(["=1+1", "+82", "-x", "@x", "'=1", "''", "＝1", "x; y", "a\\;b", "2026. 2. 30.", "１,２３４천원", "\t=x", "00", "1e5", "true", "null", "“", "가" * 40])  # fmt: skip
NAMES = st.text(st.characters(blacklist_categories=("Cc", "Cs")), min_size=1, max_size=30) | RUNS
PEOPLE_OF_ALL_NAMES = st.lists(st.tuples(NAMES, NAMES, st.lists(NAMES, max_size=3)), min_size=1, max_size=8)


@settings(max_examples=8)
@given(people=PEOPLE_OF_ALL_NAMES, form=st.sampled_from(list(Form)), is_csv=st.booleans())
def test_whatever_is_written_is_read_back_as_it_was(db, people, form, is_csv):
    """Any text as a name, in any form, as CSV and as a workbook."""
    Researcher.objects.all().delete()
    officer = User.objects.filter(username="o").first() or cast.user("officer", name="o")
    for ko, en, aliases in people:
        cast.researcher(en, name_ko=ko, aliases=aliases)
    table = exported("researcher", officer, form, guard=columns.harmless if is_csv else columns.unmistaken)
    sheet = sent("researcher", as_csv(table) if is_csv else as_xlsx(table), officer)
    assert sheet.counts == {"same": len(people)}, [row.cells for row in sheet.rows.exclude(state="same")]


def test_a_character_that_xml_has_no_place_for_is_read_from_a_workbook(db, officer):
    sheet = sent("researcher", as_xlsx([["name_ko", "name_en"], ["a_x0009_b", "_x005F_x0041_"]]), officer)
    take(sheet, officer)
    assert Researcher.objects.values_list("name_ko", "name_en").get() == ("a\tb", "_x0041_")


@pytest.mark.parametrize("data, name", [(as_xlsx([["name_ko", "name_en"], ["a_x0000_b", "x"]]), "a.xlsx"), (b'[{"name_ko": "a\\ud800b"}]', "a.json"), (b'[{"name_ko": "a\\u0000b"}]', "b.json")])  # fmt: skip
def test_half_a_character_is_refused_at_its_cell(db, officer, data, name):
    assert said(sent("researcher", data, officer, name)) == [
        "A2 name_ko: The text contains a character that cannot be stored."
    ]


def test_lists_in_json_are_lists(db, officer):
    data = json.dumps({"rows": [{"name_ko": "홍길동", "aliases": ["a; b", "[c]"]}]}).encode()
    take(sent("researcher", data, officer, "people.json"), officer)
    assert Researcher.objects.get().aliases == ["a; b", "[c]"]


def test_a_column_of_others_in_a_file_of_ours_is_left_out_and_named(world, officer, table):
    from records.spreadsheets.shown import left_out

    sheet = sent("project", as_csv([[*line, "memo"] for line in table]), officer)
    assert sheet.is_mapped and sheet.counts == {"same": 3} and "memo" in left_out(sheet)


def test_nothing_to_take_over_is_said(world, officer, table):
    sheet = sent("project", as_csv(table), officer)
    with pytest.raises(Refused, match="nothing in the file to take over"):
        take(sheet, officer)


def test_one_changed_cell_is_one_changed_record(world, officer, table):
    sheet = sent("project", as_csv(cell(table, "title_en", 1, "Another title")), officer)
    assert sheet.counts == {"changed": 1, "same": 2}
    done = take(sheet, officer)
    assert Project.objects.get(title_en="Another title").slug == "one"
    change = Change.objects.get(pk=done.change_id)
    assert (change.door, change.actor_name, change.reason) == ("import", "officer", "from the file “file.csv”")


def new_row(table, **values) -> list[list[str]]:
    return [*table, [values.get(name, "") for name in table[0]]]


def test_rows_are_added_with_the_changed_ones_in_one_change_and_undone_in_one(world, officer, table):
    new = {"title_ko": "새 과제", "program_label": "사업 alpha", "slug": "new-one", "status": "running"}
    sheet = sent("project", as_csv(new_row(cell(table, "title_en", 1, "Another title"), **new)), officer)
    assert sheet.counts == {"changed": 1, "same": 2, "added": 1}, said(sheet)
    done = take(sheet, officer)
    assert Project.objects.get(slug="new-one").program_id == world.alpha.id
    undo(done.change_id, by=author(officer))
    assert not Project.objects.filter(title_en="Another title").exists()
    assert Project.objects.get(slug="new-one").is_retired


def test_a_file_is_taken_over_once(world, officer, table):
    sheet = sent("project", as_csv(cell(table, "title_en", 1, "Another title")), officer)
    assert take(sheet, officer).change_id == take(sheet, officer).change_id
    assert Change.objects.filter(door="import").count() == 1


def test_an_emptied_cell_empties_the_value_of_a_file_of_ours(world, officer, table):
    sheet = sent("project", as_csv(cell(table, "starts_on", 1, "")), officer)
    assert sheet.counts == {"changed": 1, "same": 2}
    take(sheet, officer)
    assert Project.objects.get(slug="one").starts_on is None


def test_what_must_not_be_empty_is_said_at_its_cell(world, officer, table):
    assert said(sent("project", as_csv(cell(table, "status", 1, "")), officer)) == [
        "O2 status: This must not be empty."
    ]


# ---- two people --------------------------------------------------------------------------------------------


def edited_meanwhile(world, **values):
    Project.objects.filter(pk=world.one.pk).update(**values)


def test_what_somebody_else_changed_and_the_file_did_not_stays(world, officer, table):
    edited_meanwhile(world, title_ko="남의 제목")
    sheet = sent("project", as_csv(cell(table, "title_en", 1, "Mine")), officer)
    assert sheet.counts == {"changed": 1, "same": 2}
    take(sheet, officer)
    assert Project.objects.values_list("title_ko", "title_en").get(pk=world.one.pk) == ("남의 제목", "Mine")


@pytest.mark.parametrize("whose, title", [("file", "Mine"), ("registry", "Theirs")])
def test_a_value_that_both_changed_waits_for_a_choice(world, officer, table, whose, title):
    from records.spreadsheets import imports

    edited_meanwhile(world, title_en="Theirs")
    mine = cell(cell(table, "title_en", 1, "Mine"), "title_ko", 2, "또 다른 제목")
    sheet = sent("project", as_csv(mine), officer)
    assert sheet.counts == {"conflict": 1, "changed": 1, "same": 1}
    with pytest.raises(Refused, match="1 row is refused or in conflict"):
        take(sheet, officer)
    assert imports.choose(sheet, {2: {"title_en": whose}}) == 0
    take(sheet, officer)
    assert Project.objects.get(pk=world.one.pk).title_en == title


def test_the_page_of_a_conflict_has_the_three_values(world, officer, table):
    from records.spreadsheets.shown import shown

    edited_meanwhile(world, title_en="Theirs")
    sheet = sent("project", as_csv(cell(table, "title_en", 1, "Mine")), officer)
    (row,) = shown(sheet, list(sheet.rows.filter(state="conflict")), cast.reader(officer))
    (one,) = row.contests
    assert [c.text for c in (one.before, one.now, one.given)] == ["Project one", "Theirs", "Mine"]


def test_records_that_move_between_the_look_and_the_decision_stop_it(world, officer, table):
    sheet = sent("project", as_csv(cell(table, "title_en", 1, "Mine")), officer)
    edited_meanwhile(world, title_en="Theirs")
    with pytest.raises(MovedOn):
        take(sheet, officer)
    assert Project.objects.get(pk=world.one.pk).title_en == "Theirs"


def test_a_version_that_never_was_is_refused(world, officer, table):
    (wrong,) = said(sent("project", as_csv(cell(table, "version", 1, "99")), officer))
    assert wrong.startswith("B2 version: “99” is no version of this record; it is at version 1.")


# ---- what is refused, cell by cell -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, text, sentence",
    [
        ("starts_on", "2026. 2. 30.", "“2026-02-30” is not a day of the calendar."),
        ("ends_on", "2020", "The end lies before the beginning."),
        ("status", "going on", "“going on” is not allowed; allowed: "),
        ("program", "gamma", "There is no record “gamma” here that could be named, or it is retired."),
        ("title_ko", "x" * 501, "Longer than 500 characters."),
        ("program_label", "사업 beta", "“사업 beta” is not what the record with the key "),
        ("id", "0156b05a-cdc0-7609-9f38-eb1052b619dc", "There is no record with this id here."),
        ("id", "seven", "“seven” is not an id."),
        ("slug", "import", "is a word of our own addresses"),
        ("slug", "two", "stands twice"),
    ],
)
def test_an_error_names_its_cell_and_what_is_allowed(world, officer, table, name, text, sentence):
    sheet = sent("project", as_csv(cell(table, name, 1, text)), officer)
    wrong = said(sheet)
    assert sheet.counts["refused"] and sentence in wrong[0], wrong
    letter = chr(ord("A") + table[0].index(name))
    assert f"{letter}2 {name}" in wrong[0]


def test_the_rest_is_taken_over_if_that_is_asked_for(world, officer, table):
    wrong = cell(cell(table, "starts_on", 1, "soon"), "title_en", 2, "Good")
    sheet = sent("project", as_csv(wrong), officer)
    take(sheet, officer, only_possible=True)
    assert Project.objects.filter(title_en="Good").count() == 1


def test_a_record_that_stands_in_two_rows_is_refused_in_both(world, officer, table):
    sheet = sent("project", as_csv([*table, cell(table, "title_en", 1, "Twice")[1]]), officer)
    assert sheet.counts == {"same": 2, "refused": 2}
    assert "Several rows are the same record: 2, 5." in said(sheet)[0]


def test_a_retired_record_is_not_changed(world, officer, table):
    Project.objects.filter(pk=world.three.pk).update(is_retired=True)
    mine = [line[:] for line in cell(table, "title_en", 3, "Mine")]
    mine[3][1] = "2"
    assert said(sent("project", as_csv(mine), officer)) == [
        "4: This record is retired. Restore it before you change it."
    ]


def test_a_reference_to_what_was_retired_stays_and_comes_nowhere_else(world, officer):
    cast.role(world.rus, world.beta, title_en="guest")
    table = exported("role", officer, Form.RAW)
    Researcher.objects.filter(pk=world.rus.pk).update(is_retired=True)
    assert sent("role", as_csv(table), officer).counts == {"same": 2}
    line = next(n for n, line in enumerate(table) if str(world.hong.id) in line)
    moved = cell(cell(table, "researcher", line, str(world.rus.id)), "researcher_label", line, "")
    assert "retired" in said(sent("role", as_csv(moved), officer))[0]


# ---- files of others ---------------------------------------------------------------------------------------

PEOPLE = [
    ["성명", "영문명", "ORCID", "비고"],
    ["김민수", "Minsu Kim", "0000-0002-1825-0097", "x"],
    ["이영희", "", "", ""],
]


def test_columns_of_others_are_guessed_and_the_guess_is_looked_at(db, officer):
    sheet = sent("researcher", as_csv(PEOPLE, "cp949"), officer)
    assert (sheet.what["encoding"], sheet.columns, sheet.is_mapped) == ("CP949 (EUC-KR)", ["name_ko", "name_en", "orcid", ""], False)  # fmt: skip
    assert sheet.counts == {"added": 2}


def test_columns_are_chosen_once_and_remembered_for_that_person(db, officer):
    mapping = {"성명": "name_en", "ORCID": "orcid"}
    assert sent("researcher", as_csv(PEOPLE), officer, mapping=mapping).columns == ["name_en", "", "orcid", ""]
    again = sent("researcher", as_csv([PEOPLE[0][::-1], PEOPLE[1][::-1]]), officer)
    assert (again.columns, again.is_mapped) == (["", "orcid", "", "name_en"], True)
    other = sent("researcher", as_csv(PEOPLE), cast.user("officer"))
    assert not other.is_mapped and ColumnMapping.objects.count() == 1


def test_two_columns_cannot_be_one_field(db, officer):
    with pytest.raises(Refused, match="Two columns cannot be the same field"):
        sent("researcher", as_csv(PEOPLE), officer, mapping={"성명": "name_ko", "영문명": "name_ko"})


def test_headers_may_stand_below_a_title(db, officer):
    sheet = sent("researcher", as_csv([["연구자 명단"], [], *PEOPLE]), officer)
    assert (sheet.header_row, sheet.counts) == (3, {"added": 2})


def test_a_number_that_only_one_record_has_says_which_it_is(db, officer):
    cast.researcher("Min-su Kim", orcid="0000-0002-1825-0097", aliases=["Kim"])
    sheet = sent("researcher", as_csv(PEOPLE), officer)
    assert sheet.counts == {"changed": 1, "added": 1}
    take(sheet, officer)
    assert Researcher.objects.get(orcid="0000-0002-1825-0097").aliases == ["Kim"]  # no such column, so it stays


def test_an_empty_cell_of_others_leaves_the_value(db, officer):
    cast.researcher("Min-su Kim", orcid="0000-0002-1825-0097")
    sheet = sent("researcher", as_csv([PEOPLE[0], ["김민수", "", PEOPLE[1][2], ""]]), officer)
    take(sheet, officer)
    assert Researcher.objects.get(orcid=PEOPLE[1][2]).name_en == "Min-su Kim"


def test_what_people_write_is_read_as_forms_read_it(world, officer):
    head = ["line", "fiscal_year", "planned", "decided_on"]
    rows = [["Budget", "２０２６", "１,２３４천원", "2026. 2. 3."], ["Budget", "2027", "1억 5,000만", "2025~"]]
    line = cast.line(world.alpha, name_en="Budget")
    sheet = sent("funding_amount", as_csv([head, *rows]), officer)
    assert sheet.counts == {"added": 2}, said(sheet)
    take(sheet, officer, reason="plan")
    found = FundingAmount.objects.filter(line=line).order_by("fiscal_year")
    rows[1][1:3] = "2028", "△1억"
    assert said(sent("funding_amount", as_csv([head, rows[1]]), officer)) == ["C2 planned: An amount is not negative."]
    assert [(a.planned, a.decided_on) for a in found] == [(1_234_000, "2026-02-03"), (150_000_000, "2025/..")]


def test_korean_names_from_a_mac_are_put_together(db, officer):
    sheet = sent("researcher", as_csv([["성명"], [unicodedata.normalize("NFD", "홍길동")]]), officer)
    assert sheet.what["composed"] == 1
    take(sheet, officer)
    assert Researcher.objects.get().name_ko == "홍길동"


def test_a_name_that_two_have_is_refused_with_both(world, officer):
    one, two = cast.institution("seoul", name_ko="같은 대학"), cast.institution("busan", name_ko="같은 대학")
    sheet = sent("affiliation", as_csv([["연구자", "기관"], ["Daniela Rus", "같은 대학"]]), officer)
    (wrong,) = said(sheet)
    assert "Several records are called “같은 대학”" in wrong and "[seoul]" in wrong and "[busan]" in wrong
    assert sent("affiliation", as_csv([["연구자", "기관"], ["Daniela Rus", "seoul"]]), officer).counts == {"added": 1}
    assert one.id != two.id


def test_a_name_that_nobody_has_is_refused_with_the_nearest(world, officer):
    cast.institution("snu", name_ko="서울대학교")
    (wrong,) = said(sent("affiliation", as_csv([["연구자", "기관"], ["Daniela Rus", "서울대"]]), officer))
    assert "There is no record “서울대”. The nearest: 서울대학교" in wrong or "The nearest: Snu" in wrong


# ---- money, rights -----------------------------------------------------------------------------------------


def test_money_asks_why(world, officer):
    table = exported("funding_amount", officer, Form.RAW)
    sheet = sent("funding_amount", as_csv(cell(table, "planned", 1, "2000")), officer)
    assert sheet.asks_reason and sheet.is_correction
    with pytest.raises(Refused, match="Say why"):
        take(sheet, officer)
    done = take(sheet, officer, reason="misprint")
    assert Change.objects.get(pk=done.change_id).nature == "correction"


def test_an_amount_in_another_currency_than_its_line_is_refused(world, officer):
    table = exported("funding_amount", officer, Form.RAW)
    wrong = cell(cell(table, "planned", 1, "2000"), "currency", 1, "USD")
    assert (
        "The file says USD, but the amounts of this funding line are in KRW."
        in said(sent("funding_amount", as_csv(wrong), officer))[0]
    )


LEDGER = [["line", "movement", "posted_on", "amount", "outside_key"], ["Budget", "spent", "2025-03-01", "5,000", "A-1"]]


def test_a_ledger_that_is_sent_again_is_there_once(world, officer):
    cast.line(world.alpha, name_en="Budget")
    take(sent("ledger_entry", as_csv(LEDGER), officer), officer)
    assert sent("ledger_entry", as_csv(LEDGER), officer).counts == {"same": 1}
    longer = [*LEDGER, [*LEDGER[1][:4], "A-2"]]
    take(sent("ledger_entry", as_csv(longer), officer), officer)
    assert LedgerEntry.objects.count() == 2


def test_a_ledger_entry_is_not_changed_by_a_file(world, officer):
    cast.line(world.alpha, name_en="Budget")
    done = take(sent("ledger_entry", as_csv(LEDGER), officer), officer)
    other = [LEDGER[0], [*LEDGER[1][:3], "6,000", "A-1"]]
    assert "stays as it is" in said(sent("ledger_entry", as_csv(other), officer))[0]
    undo(done.change_id, by=author(officer))
    assert sum(LedgerEntry.objects.values_list("amount", flat=True)) == 0


def test_documents_come_with_their_files(world, officer):
    cast.one_of_each(world)
    table = exported("document", officer, Form.RAW)
    assert (
        "comes with its file" in said(sent("document", as_csv(new_row(table, title_en="x", kind="plan")), officer))[0]
    )
    assert "cannot be changed" in said(sent("document", as_csv(cell(table, "size", 1, "7")), officer))[0]


@pytest.mark.parametrize("role", ["viewer", "partner", "stranger"])
def test_only_officers_bring_files_in(world, role):
    with pytest.raises(NotAllowed):
        sent("researcher", as_csv(PEOPLE), cast.cast(world)[role])


def test_nobody_else_decides_on_a_file(world, officer, table):
    from django.http import Http404

    sheet = sent("project", as_csv(cell(table, "title_en", 1, "Mine")), officer)
    with pytest.raises(Http404):
        take(sheet, cast.user("officer"))


def test_what_lies_under_something_hidden_is_as_hidden(world, officer, table):
    secret = cast.program("secret", visibility=cast.INTERNAL)
    new = {"title_ko": "새 과제", "program": str(secret.id), "slug": "new-one", "status": "running"}
    sheet = sent("project", as_csv(new_row(table, **new, visibility="public")), officer)
    assert sheet.counts["refused"] == 1 and "visibility" in said(sheet)[0]


def test_what_only_doing_it_tells_is_told_before(world, officer, table):
    """A project that would lie under its own part."""
    sheet = sent("project", as_csv(cell(cell(table, "parent", 1, str(world.three.id)), "parent_label", 1, "")), officer)
    assert sheet.trouble or sheet.counts.get("refused")


def test_old_files_are_forgotten(world, officer, table):
    from records.spreadsheets.models import SheetImport, forget_old
    from tests.cast import sql

    sheet = sent("project", as_csv(table), officer)
    sql("UPDATE records_sheetimport SET created_at = now() - interval '3 days'")
    assert forget_old() == 1
    assert not SheetImport.objects.exists() and not SheetRow.objects.exists() and not sheet.file.exists()


def test_keys_of_institutions_are_their_slugs(world, officer):
    table = exported("institution", officer, Form.EN)
    place = [c.name for c in columns.file_columns(kinds()["institution"], columns.choosable(kinds()["institution"], cast.reader(officer)))].index("parent")  # fmt: skip
    line = next(n for n, line in enumerate(table) if "gist" in line)
    changed = [line_[:] for line_ in table]
    changed[line][place], changed[line][place - 1] = "kaist", "Kaist"
    take(sent("institution", as_csv(changed), officer), officer)
    assert Institution.objects.get(slug="gist").parent_id == world.kaist.id
