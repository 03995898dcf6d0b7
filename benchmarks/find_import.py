"""What an officer waits for who brings in a file: the preview of 10,000 rows, of one's own file and of a foreign one.

    make bench-find PART=import SIZE=agency

Uses the databases `bench_<size>` of bench-browse; whatever is written is rolled back. Each file is of projects: our own, read
back as it went out (CSV and XLSX), with a value changed in each row; and a foreign one of new projects that names its
programs and parents by name. Preview: reading it in a process of its own, columns, values, names, constraints, a trial write.
"""

import time
from io import BytesIO, StringIO

ROWS = 10_000
AIM = "≤ 20 s"


def bring_in() -> None:
    """The part of bench-find."""
    print(f"\n{ROWS:,} rows of projects; seconds\n{'':40}   read   plan  together   aim {AIM}")
    table = exported(ROWS)
    report("our own, CSV, nothing changed", "projects.csv", as_csv(table))
    report("our own, XLSX, nothing changed", "projects.xlsx", as_xlsx(table))
    place = next(n for n, header in enumerate(table[0]) if header == "title_en")
    changed = [table[0], *([*line[:place], f"{line[place]} *", *line[place + 1 :]] for line in table[1:])]
    report("our own, CSV, each row changed", "projects.csv", as_csv(changed), take=True)
    report("foreign, CSV, all new, by name", "new.csv", as_csv(foreign(table)), take=True)


def exported(number: int) -> list[list[str]]:
    """The first projects as their file for machines."""
    from records import columns
    from records.kinds import kinds

    kind, reader = kinds()["project"], officer().reader
    rows = kind.attached(list(kind.rows().visible_to(reader).order_by("id")[:number]), reader)
    shown = columns.file_columns(kind, columns.choosable(kind, reader))
    form = columns.Form.RAW
    return [columns.headers(kind, shown, form), *map(list, columns.Cells(kind, shown, reader, form).of(rows))]


def foreign(table: list[list[str]]) -> list[list[str]]:
    """New projects in the words of others: in the programs of these, each named by its name."""
    place = {header: n for n, header in enumerate(table[0])}
    head = ["과제명", "사업", "상태", "시작", "주소에 쓰는 이름"]
    return [head] + [
        [f"새 과제 {n}", line[place["program_label"]], "진행 중", "2026. 3. 1.", f"bench-import-{n}"]
        for n, line in enumerate(table[1:])
    ]


def report(name: str, file_name: str, data: bytes, *, take: bool = False) -> None:
    """One preview, and where asked for taking it over, measured and rolled back."""
    from django.db import transaction

    from records.kinds import kinds
    from records.spreadsheets import imports

    by = officer()
    with transaction.atomic():
        sheet = imports.send(BytesIO(data), file_name, kinds()["project"], by)
        read = timed(lambda: imports.read(sheet))
        plan = timed(lambda: imports.plan(sheet, by.reader))
        counts = ", ".join(f"{state} {number:,}" for state, number in sorted(sheet.counts.items()))
        print(f"{name:40} {read:6.1f} {plan:6.1f} {read + plan:9.1f}   {counts}")
        if take:
            taken = timed(lambda: imports.take_over(sheet.id, by=by, only_possible=True))
            print(f"{'  taken over':40} {'':13} {taken:9.1f}")
        transaction.set_rollback(True)
    sheet.file.unlink()


def officer():
    from people.models import User
    from programs.rules import reader_for
    from records.base import Change
    from records.commands import Author

    user, _made = User.objects.get_or_create(username="bench-officer", defaults={"role": "officer"})
    return Author(reader_for(user), user.username, Change.Door.IMPORT, "bench")


def timed(act) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def as_csv(table: list[list[str]]) -> bytes:
    import csv

    out = StringIO()
    csv.writer(out).writerows(table)
    return out.getvalue().encode()


def as_xlsx(table: list[list[str]]) -> bytes:
    from openpyxl import Workbook

    book, out = Workbook(write_only=True), BytesIO()
    sheet = book.create_sheet()
    for line in table:
        sheet.append(line)
    book.save(out)
    return out.getvalue()
