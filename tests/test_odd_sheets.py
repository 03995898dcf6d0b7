"""Every odd file gets the sentence that it deserves, in both languages: docs/odd-files.md is the table of them.

After a sentence was changed on purpose: `ODD_FILES=write python -m pytest tests/test_odd_sheets.py`.
"""

import os
import resource
import time
from functools import cache

import pytest
from django.conf import settings
from django.utils import translation

from records.refusals import Refused
from records.spreadsheets.shown import shown
from records.spreadsheets.work import in_short, said_of
from tests import cast
from tests.odd_sheets import FILES, Odd
from tests.sheets import said, sent

TABLE = settings.BASE_DIR / "docs" / "odd-files.md" if settings.configured else None
HEAD = """# Odd files and what is said to them · 이상한 파일과 그 안내문

Each file is made by `tests/odd_sheets.py` and sent by `tests/test_odd_sheets.py`, which keeps this table true.

| file | 무엇인가 | what it is | 안내문 | what is said |
|---|---|---|---|---|
"""
SECONDS = 60  # in which also the worst is refused, on a machine that has other things to do


@pytest.fixture
def at_work(world, officer):
    cast.line(world.alpha, name_en="Budget")
    return officer


def answer(odd: Odd, by) -> str:
    """What is said of the file, or of its rows."""
    try:
        sheet = sent(odd.kind, odd.make(), by, odd.name)
    except Refused as refused:
        return " ".join(fault.message for fault in refused.faults)
    counts = in_short(sheet)[0]
    return " · ".join(filter(None, (said_of(sheet), *_notes(sheet), counts, *said(sheet), *_values(sheet, by))))


def _values(sheet, by):
    """What would be set by the rows that are taken over."""
    for row in shown(sheet, list(sheet.rows.filter(state="added")), cast.reader(by)):
        yield "; ".join(f"{label}: {now.text}" for label, _was, now in row.differences)


def _notes(sheet):
    if sheet.what["composed"]:
        yield f"NFD → NFC {sheet.what['composed']}"
    if sheet.what["empty"]:
        yield f"∅ {sheet.what['empty']:,}"


def line(odd: Odd, said: dict[str, str]) -> str:
    cells = (odd.name, odd.ko, odd.en, said["ko"], said["en"])
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ")[:400] for cell in cells) + " |"


@cache
def known() -> dict[str, str]:
    lines = TABLE.read_text(encoding="utf-8").splitlines() if TABLE.exists() else []
    return {line.split("|")[1].strip(): line for line in lines if line.startswith("| ")}


@pytest.mark.parametrize("odd", FILES, ids=lambda odd: odd.name)
def test_an_odd_file_gets_the_sentence_that_it_deserves(at_work, odd):
    found, began = {}, time.monotonic()
    for language in ("ko", "en"):
        with translation.override(language):
            found[language] = answer(odd, at_work)
    assert time.monotonic() - began < SECONDS * 2
    if os.environ.get("ODD_FILES") == "write":
        _write(odd, found)
    else:
        assert line(odd, found) == known()[odd.name]


def _write(odd: Odd, found: dict[str, str]) -> None:
    lines = known() | {odd.name: line(odd, found)}
    known.cache_clear()
    ordered = [lines[one.name] for one in FILES if one.name in lines]
    TABLE.write_text(HEAD + "\n".join(ordered) + "\n", encoding="utf-8")


def test_there_are_forty_of_them_and_no_other_line_stands_in_the_table():
    assert len(FILES) >= 40
    assert list(known())[1:] == [odd.name for odd in FILES]


def test_a_hostile_file_does_not_take_the_worker_down(at_work):
    """What reads it has limits of its own; the process that asked has grown by little."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for odd in FILES:
        if odd.name in ("bomb.xlsx", "lying.xlsx", "laughs.xlsx", "deep.json"):
            data = odd.make()
            begun = max(before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
            with pytest.raises(Refused):
                sent(odd.kind, data, at_work, odd.name)
            grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - begun
            assert grown < 100_000, odd.name  # KB
