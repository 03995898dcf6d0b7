"""What goes out comes back, byte for byte; what is wrong is refused by file, row and column, all at once (promises 7 and 9)."""

import csv
import io
import json
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from funding.models import FundingAmount, FundingLine
from people.models import Researcher
from programs.models import Program, Project
from records import package
from records.kinds import kinds
from records.models import Change, Record
from tests import cast
from tests.cast import INTERNAL, sql

pytestmark = pytest.mark.usefixtures("english")


def dump(folder) -> dict[str, bytes]:
    package.dump(folder)
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def load(folder, **more) -> package.Loaded:
    """A load; in a test one transaction holds several, so the tables beside the tables go here, not at its end."""
    try:
        with transaction.atomic():
            return package.load(folder, **{"actor_name": "test"} | more)
    finally:
        sql("DROP TABLE IF EXISTS " + ", ".join(f"pg_temp.staging_{name}" for name in kinds()))


class Gone(Exception):
    pass


def there_and_back(make, folder) -> tuple[dict, dict]:
    """What is dumped from a world, and what after loading that into an empty registry."""
    folder.mkdir(exist_ok=True, parents=True)
    with pytest.raises(Gone), transaction.atomic():
        make()
        first = dump(folder)
        raise Gone
    with pytest.raises(Gone), transaction.atomic():
        load(folder)
        second = dump(folder)
        raise Gone
    return first, second


def edit(folder, file: str, change) -> None:
    """Apply `change` to the rows of a file (lists of cells; the first is the header)."""
    path = folder / file
    rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, lineterminator="\n").writerows(rows)


def put(folder, file: str, row: int, column: str, cell: str) -> None:
    """Write one cell; the header is row 1."""

    def change(rows):
        rows[row - 1][rows[0].index(column)] = cell

    edit(folder, file, change)


def problems(folder) -> list[tuple[str, int, str]]:
    with pytest.raises(package.Refused) as refused:
        load(folder)
    assert all(p.message and "database refused" not in p.message for p in refused.value.problems), refused.value
    return [(p.file, p.row, p.column) for p in refused.value.problems]


@pytest.fixture
def packed(world, tmp_path):
    """A folder with the small world, which is still in the registry."""
    package.dump(tmp_path)
    return tmp_path


# ---- out and back ------------------------------------------------------------------------------------------


def whole_world():
    w = cast.small_world()
    for visibility in cast.Visibility:
        cast.one_of_each(w, visibility)
    cast.line(w.alpha, is_retired=True)
    cast.lab(w.gist, floor_area=Decimal("13000.50"), floor_area_unit="ft2", address_ko="광주\n북구")
    for planned in (0, 1, 99, 100, 123450, 10**15 - 1):
        cast.amount(cast.line(w.alpha, currency="USD", unnamed_payer_kind="other"), None, planned)
    cast.amount(cast.line(w.alpha, currency="KWD"), 2024, 1234)


def test_a_world_comes_back_byte_for_byte(db, tmp_path):
    first, second = there_and_back(whole_world, tmp_path)
    assert first == second
    assert len([name for name in first if "." in name]) == len(kinds()) + 1 and all(
        file.count(b"\n") > 1 for file in first.values()
    )


names = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1, max_size=12)
awkward = st.one_of(names, st.sampled_from([
    'a "quoted" name', "a,b;c\td", "two\nlines", "two\r\nlines", "one\rline", " spaces ", "\u1100\u1161 NFD e\u0301", "=1+1", "'", "\\", "\\N",
    "line\u2028separator", "next\x85line", "\x0b\x0c\x1c\x1d\x1e", "\ufeffbom", "\U0001f600", "-", "0012", "null", "true",
]))  # fmt: skip


@given(st.lists(st.tuples(awkward, awkward, st.lists(awkward, max_size=3), st.booleans()), min_size=1, max_size=4))
def test_any_text_comes_back_byte_for_byte(db, tmp_path_factory, rows):
    def make():
        for name_ko, name_en, aliases, is_retired in rows:
            cast.researcher(name_ko=name_ko, name=name_en, aliases=aliases, is_retired=is_retired)
            cast.program(name_ko=name_ko, purpose_en=name_en)

    first, second = there_and_back(make, tmp_path_factory.mktemp("any"))
    assert first == second


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["KRW", "USD", "JPY", "KWD"]),
            st.one_of(st.none(), st.integers(0, 10**15 - 1)),
            st.one_of(st.none(), st.integers(1945, 2200)),
        ),
        max_size=5,
    )
)
def test_any_amount_comes_back_byte_for_byte(db, tmp_path_factory, amounts):
    def make():
        program = cast.program()
        for currency, planned, year in amounts:
            cast.amount(cast.line(program, currency=currency), year, planned, committed=planned)

    first, second = there_and_back(make, tmp_path_factory.mktemp("any"))
    assert first == second


def test_a_long_text_comes_back(db, tmp_path):
    first, second = there_and_back(lambda: cast.program(purpose_ko="가" * 200_000), tmp_path)
    assert first == second


def test_what_comes_back_lies_where_it_lay(db, tmp_path):
    """Rights of what was shared: the program that a row lies in is worked out again."""
    state = "SELECT id, kind, visibility, is_retired, within FROM records_record ORDER BY id"
    with pytest.raises(Gone), transaction.atomic():
        whole_world()
        package.dump(tmp_path)
        before = sql(state)
        raise Gone
    load(tmp_path)
    assert sql(state) == before


def test_loading_what_is_there_changes_nothing(packed):
    versions, changes = sql("SELECT id, version FROM records_record ORDER BY id"), Change.objects.count()
    loaded = load(packed)
    assert {(added, changed) for added, changed, _same in loaded.counts.values()} == {(0, 0)}
    assert loaded.counts["projects.csv"] == (0, 0, 3)
    assert (sql("SELECT id, version FROM records_record ORDER BY id"), Change.objects.count()) == (versions, changes)


def test_added_changed_and_same_rows_are_counted(world, packed):
    put(packed, "programs.csv", 2, "purpose_ko", "새 목적")
    edit(
        packed, "projects.csv", lambda rows: rows.append(["01900000-0000-7000-8000-000000000001", "new", *rows[1][2:]])
    )
    loaded = load(packed, reason="spring")
    assert loaded.counts["programs.csv"] == (0, 1, 1)
    assert loaded.counts["projects.csv"] == (1, 0, 3)
    record = Record.objects.get(id="01900000-0000-7000-8000-000000000001")
    assert (record.change.door, record.change.reason, record.change.actor_name) == ("import", "spring", "test")


def test_a_row_that_is_not_in_the_files_stays(packed):
    cast.program("extra")
    load(packed)
    assert Program.objects.filter(slug="extra").exists()


def test_a_record_that_was_deleted_comes_back(world, packed):
    gone = world.three.id
    world.three.delete()
    assert load(packed).counts["projects.csv"] == (1, 0, 2)
    assert not Record.objects.get(id=gone).is_deleted


def test_a_dry_run_counts_and_writes_nothing(world, packed):
    put(packed, "programs.csv", 2, "purpose_ko", "새 목적")
    changes, before = Change.objects.count(), Program.objects.values_list("id", "version", "purpose_ko")
    before = list(before)
    assert load(packed, dry_run=True).counts["programs.csv"] == (0, 1, 1)
    assert (Change.objects.count(), list(Program.objects.values_list("id", "version", "purpose_ko"))) == (
        changes,
        before,
    )


def test_the_columns_of_a_file_may_stand_in_any_order(packed):
    edit(packed, "programs.csv", lambda rows: [row.reverse() for row in rows])
    assert load(packed).counts["programs.csv"] == (0, 0, 2)


def test_a_file_may_come_from_a_spreadsheet(packed):
    """With a byte-order mark and Windows line ends."""
    text = (packed / "institutions.csv").read_text(encoding="utf-8").replace("\n", "\r\n")
    (packed / "institutions.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert load(packed).counts["institutions.csv"] == (0, 0, 4)


def test_an_empty_cell_means_what_is_usual(world, packed):
    for column in ("visibility", "is_retired", "aliases", "purpose_ko", "starts_on", "lab"):
        put(packed, "programs.csv", 2, column, "")
    load(packed)
    found = Program.objects.get(id=next(csv.DictReader((packed / "programs.csv").open(encoding="utf-8")))["id"])
    assert (found.visibility, found.is_retired, found.aliases, found.purpose_ko, found.starts_on, found.lab) == (
        0,
        False,
        [],
        "",
        None,
        None,
    )


# ---- what is refused ---------------------------------------------------------------------------------------

BAD_CELLS = [
    ("programs.csv", "id", ""), ("programs.csv", "id", "x"), ("programs.csv", "slug", ""), ("programs.csv", "slug", "Not a slug!"),
    ("programs.csv", "slug", "a" * 81), ("programs.csv", "status", "great"), ("programs.csv", "status", ""),
    ("programs.csv", "starts_on", "soon"), ("programs.csv", "starts_on", "2024-00"), ("programs.csv", "starts_on", "2023-02-29"),
    ("programs.csv", "aliases", "x"), ("programs.csv", "aliases", '{"a": 1}'), ("programs.csv", "aliases", "[1]"),
    ("programs.csv", "aliases", json.dumps(["a" * 301])), ("programs.csv", "aliases", '["a\\u0000b"]'), ("programs.csv", "aliases", '["\\ud800"]'),
    ("programs.csv", "visibility", "0"),
    ("programs.csv", "is_retired", "yes"), ("programs.csv", "name_en", "a" * 301), ("programs.csv", "name_en", "a\x00b"),
    ("programs.csv", "lab", "01900000-0000-7000-8000-00000000000f"), ("headcounts.csv", "number", "many"),
    ("headcounts.csv", "number", "3000000000"), ("headcounts.csv", "number", "-1"), ("headcounts.csv", "number", ""),
    ("headcounts.csv", "scope", "01900000-0000-7000-8000-00000000000f"),
    ("roles.csv", "effort_share", "NaN"), ("roles.csv", "effort_share", "1000"),
    ("roles.csv", "effort_share", "33.333"), ("roles.csv", "effort_share", "1e9999"), ("funding-amounts.csv", "planned", "1.5"),
    ("funding-amounts.csv", "planned", "x"), ("funding-amounts.csv", "planned", "1e999999999"), ("funding-amounts.csv", "planned", "1e15"),
    ("funding-amounts.csv", "planned", "1.0000000000000000000000000000000001"),
    ("funding-amounts.csv", "planned", "-1e-999999999"), ("funding-amounts.csv", "fiscal_year", "99999"),
    ("funding-amounts.csv", "fiscal_year", "2_024"), ("funding-amounts.csv", "fiscal_year", "２０２４"),
    ("funding-amounts.csv", "line", "01900000-0000-7000-8000-00000000000f"),
    ("institutions.csv", "slug", "mit\n"), ("sources.csv", "url", "not an address"),
]  # fmt: skip


@pytest.mark.parametrize("file", sorted({file for file, *_ in BAD_CELLS}))
def test_each_bad_cell_is_refused_by_file_row_and_column(packed, world, file):
    """One more row for each bad cell, all in one load."""
    cast.headcount(world.alpha)
    package.dump(packed)
    bad = [(column, cell) for name, column, cell in BAD_CELLS if name == file]

    def add(rows):
        good = rows[1]
        for n, (column, cell) in enumerate(bad):
            rows.append([f"01900000-0000-7000-8000-{n:012}", *good[1:]])
            rows[-1][rows[0].index(column)] = cell

    before = len(list(csv.reader((packed / file).open(encoding="utf-8", newline=""))))
    edit(packed, file, add)
    found = problems(packed)
    assert [b for n, b in enumerate(bad, before + 1) if (file, n, b[0]) not in found] == []


CROSS = [
    ("programs.csv", {"name_ko": "", "name_en": ""}), ("programs.csv", {"starts_on": "2024", "ends_on": "2023"}),
    ("programs.csv", {"slug": "beta"}), ("projects.csv", {"slug": "three"}), ("institutions.csv", {"country": "Korea"}),
    ("institutions.csv", {"visibility": "shared"}), ("institutions.csv", {"ror_id": "03yjb2x39"}),
    ("researchers.csv", {"orcid": "0000-0002-1825-0097"}), ("researchers.csv", {"orcid": "1234"}),
    ("funding-lines.csv", {"unnamed_payer_kind": "local"}), ("funding-lines.csv", {"currency": "won"}),
    ("funding-amounts.csv", {"planned": "-5"}), ("funding-amounts.csv", {"fiscal_year": "1900"}),
    ("labs.csv", {"floor_area": "12"}), ("citations.csv", {"value": "", "value_stated": ""}),
    ("roles.csv", {"effort_share": "101"}),
]  # fmt: skip


@pytest.mark.parametrize(("file", "cells"), CROSS)
def test_a_row_that_breaks_a_rule_is_refused_by_file_and_row(world, packed, file, cells):
    cast.institution("ror", ror_id="03yjb2x39")
    cast.researcher(orcid="0000-0002-1825-0097")
    package.dump(packed)
    row = 2 if file != "projects.csv" else 3
    for column, cell in cells.items():
        put(packed, file, row, column, cell)
    assert (file, row) in {(f, r) for f, r, _column in problems(packed)}


def test_rules_between_rows_are_refused_by_file_and_row(world, packed):
    """Of projects: in another program than its whole, in a circle; a role less hidden than its person; an id of another kind."""
    rows = {row[1]: n for n, row in enumerate(csv.reader((packed / "projects.csv").open(encoding="utf-8")), 1)}
    cases = [
        ("projects.csv", rows["two"], "program", str(world.beta.id)), ("projects.csv", rows["one"], "parent", str(world.three.id)),
        ("researchers.csv", None, "visibility", "internal"), ("programs.csv", 2, "id", str(world.gist.id)),
        ("programs.csv", 2, "visibility", "internal"),
    ]  # fmt: skip
    for file, row, column, cell in cases:
        package.dump(packed)
        for one in [row] if row else [2, 3]:
            put(packed, file, one, column, cell)
        with pytest.raises(package.Refused) as refused:
            load(packed)
        found = [((p.file, p.row, p.column), p.message) for p in refused.value.problems]
        assert all(file and (row or "parts" in sentences) for (file, row, _column), sentences in found), (
            column,
            cell,
            found,
        )


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_written(world, packed):
    put(packed, "programs.csv", 2, "status", "great")
    put(packed, "programs.csv", 3, "starts_on", "soon")
    put(packed, "roles.csv", 2, "part", "")
    put(packed, "projects.csv", 2, "title_ko", "새 이름")
    put(packed, "institutions.csv", 2, "country", "Korea")
    (packed / "labs.csv").unlink()
    assert {
        ("programs.csv", 2, "status"),
        ("programs.csv", 3, "starts_on"),
        ("roles.csv", 2, "part"),
        ("labs.csv", 0, ""),
    } <= set(found := problems(packed))
    assert "institutions.csv" in {file for file, *_ in found}
    assert not Project.objects.filter(title_ko="새 이름").exists()


def test_a_row_that_cannot_be_read_is_no_reason_to_complain_of_those_that_lead_to_it(world, packed):
    new, its = "01900000-0000-7000-8000-000000000001", "01900000-0000-7000-8000-000000000002"
    edit(packed, "programs.csv", lambda rows: rows.append([new, "new", *rows[1][2:]]))
    put(packed, "programs.csv", 4, "status", "great")
    edit(packed, "projects.csv", lambda rows: rows.append([its, "its", *rows[1][2:]]))
    put(packed, "projects.csv", 5, "program", new)
    assert problems(packed) == [("programs.csv", 4, "status")]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (
            lambda rows: rows[0].append("colour") or [row.append("red") for row in rows[1:]],
            ("programs.csv", 1, "colour"),
        ),
        (lambda rows: [row.pop() for row in rows], ("programs.csv", 1, "merged_into")),
        (lambda rows: rows[0].__setitem__(1, "id"), ("programs.csv", 1, "slug")),
        (lambda rows: rows[1].append("more"), ("programs.csv", 2, "")),
        (lambda rows: rows[2].pop(), ("programs.csv", 3, "")),
        (lambda rows: rows.clear(), ("programs.csv", 1, "id")),
        (lambda rows: rows.append(rows[1]), ("programs.csv", 4, "id")),
    ],
)
def test_a_file_of_another_shape_is_refused_by_its_place(packed, change, place):
    edit(packed, "programs.csv", change)
    assert place in problems(packed)


def test_rows_are_counted_as_a_spreadsheet_does(world, packed):
    """A cell of two lines is one row."""
    Program.objects.update(purpose_ko="두\n줄")
    package.dump(packed)
    put(packed, "programs.csv", 3, "status", "great")
    assert ("programs.csv", 3, "status") in problems(packed)


def test_a_file_that_is_no_utf8_is_refused_with_its_row(packed):
    lines = (packed / "programs.csv").read_bytes().split(b"\n")
    lines[1] = lines[1].replace("사업".encode(), "사업".encode("cp949"))
    (packed / "programs.csv").write_bytes(b"\n".join(lines))
    assert ("programs.csv", 2, "") in problems(packed)


def test_a_quote_that_never_ends_is_refused(packed):
    path = packed / "programs.csv"
    path.write_bytes(path.read_bytes() + b'"never ends\n')
    assert "programs.csv" in {file for file, *_ in problems(packed)}


def test_sentences_come_in_the_language_of_the_reader(packed):
    from django.utils import translation

    put(packed, "programs.csv", 2, "status", "great")
    said = {}
    for language in ("ko", "en"):
        with translation.override(language), pytest.raises(package.Refused) as refused:
            load(packed)
        said[language] = str(refused.value)
    assert "programs.csv" in said["ko"] and "programs.csv" in said["en"] and said["ko"] != said["en"]
    assert "planned, running, suspended" in said["ko"]


# ---- the description ---------------------------------------------------------------------------------------


def test_each_file_has_its_schema_in_the_package(packed):
    described = json.loads((packed / "datapackage.json").read_text())
    assert [r["path"] for r in described["resources"]] == [f"{kind.plural}.csv" for kind in kinds().values()]
    for resource in described["resources"]:
        header = next(csv.reader((packed / resource["path"]).open(encoding="utf-8")))
        fields = {field["name"]: field for field in resource["schema"]["fields"]}
        assert list(fields) == header
        assert fields["id"]["constraints"]["required"] is True
        names = {other["name"] for other in described["resources"]} | {""}
        assert all(key["reference"]["resource"] in names for key in resource["schema"].get("foreignKeys", []))


def test_the_description_is_the_same_in_either_language(packed):
    from django.utils import translation

    english = (packed / "datapackage.json").read_bytes()
    with translation.override("ko"):
        package.dump(packed)
    assert (packed / "datapackage.json").read_bytes() == english


def test_every_cell_fits_its_schema(world, packed):
    described = json.loads((packed / "datapackage.json").read_text())
    for resource in described["resources"]:
        fields = resource["schema"]["fields"]
        for row in list(csv.reader((packed / resource["path"]).open(encoding="utf-8")))[1:]:
            for field, cell in zip(fields, row, strict=True):
                constraints = field.get("constraints", {})
                assert cell or not constraints.get("required"), (resource["name"], field["name"])
                assert not cell or cell in constraints.get("enum", [cell]), (resource["name"], field["name"], cell)


# ---- the commands ------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_commands_dump_check_and_load(tmp_path, capsys):
    whole_world()
    call_command("dump_registry", tmp_path)
    put(tmp_path, "researchers.csv", 2, "name_en", "Renamed")
    call_command("load_registry", tmp_path, "--dry-run")
    assert "researchers.csv: 0 added, 1 changed" in capsys.readouterr().out
    assert not Researcher.objects.filter(name_en="Renamed").exists()
    call_command("load_registry", tmp_path)
    assert Researcher.objects.filter(name_en="Renamed").exists()
    put(tmp_path, "researchers.csv", 2, "orcid", "no")
    with pytest.raises(CommandError, match="1 problem"):
        call_command("load_registry", tmp_path)
    assert "researchers.csv, row 2" in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_an_empty_registry_loads_a_package_as_one_change(tmp_path):
    whole_world()
    cast.line(Program.objects.get(slug="beta"), visibility=INTERNAL)
    first = dump(tmp_path)
    sql("ALTER TABLE funding_ledgerentry DISABLE TRIGGER a_only_grows")
    for kind in reversed(kinds().values()):
        sql(f"DELETE FROM {kind.model._meta.db_table}")
    sql("ALTER TABLE funding_ledgerentry ENABLE TRIGGER a_only_grows")
    package.load(tmp_path, actor_name="officer", reason="back")
    assert dump(tmp_path) == first
    assert Record.objects.values("change").distinct().count() == 1
    assert FundingLine.objects.exists() and FundingAmount.objects.exists()
