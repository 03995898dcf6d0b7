"""The long work of bringing in a file, as jobs: reading it, planning it, taking it over. What is short is done at once."""

from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import jobs
from ..bulk import edited_sentence
from ..commands import Author
from ..jobs import Job, Outcome, Run, Work
from ..kinds import kinds
from ..refusals import Refused
from . import imports
from .models import SheetImport, SheetRow

A_SECOND = {"text": 200_000, "packed": 60_000}  # bytes that are read and planned in it
ROWS_A_SECOND = 800
PATIENCE = 10  # seconds for a small file; one that takes longer is none that one waits for
STATES = [str(state) for state in SheetRow.State]


def read_now_or_later(sheet: SheetImport, *, by: Author, name: str = "") -> Outcome | Job:
    """Read a file, or another sheet of it; where its columns are known, also plan it. Raises Refused."""
    asked = {"sheet": str(sheet.id), "name": name}
    return _now_or_later(READ_SHEET, sheet, by, asked, sheet.size / A_SECOND[_nature(sheet)])


def _nature(sheet: SheetImport) -> str:
    with sheet.file.open("rb") as file:
        return "packed" if file.read(2) == b"PK" else "text"


def plan_now_or_later(sheet: SheetImport, *, by: Author) -> Outcome | Job:
    return _now_or_later(PLAN_SHEET, sheet, by, {"sheet": str(sheet.id)}, _seconds(sheet))


def take_over_now_or_later(sheet: SheetImport, *, by: Author, only_possible: bool = False) -> Outcome | Job:
    """Raises MovedOn, Refused. A second click gets the job, or the change, of the first."""
    if sheet.state != SheetImport.State.DONE:
        imports.check(sheet, by, only_possible)
    asked = {"sheet": str(sheet.id), "only_possible": only_possible}
    return _now_or_later(TAKE_SHEET, sheet, by, asked, _seconds(sheet))


def _now_or_later(work: Work, sheet: SheetImport, by: Author, asked: dict, seconds: float) -> Outcome | Job:
    return jobs.run_now_or_later(work.name, by=by, estimate=seconds, parameters=asked, subject=sheet.file_name)


def _seconds(sheet: SheetImport) -> float:
    return sheet.what.get("rows", 0) / ROWS_A_SECOND


# ---- what they do --------------------------------------------------------------------------------------


def _read(run: Run, sheet: str, name: str) -> Outcome:
    found = imports.find(sheet, run.by.reader)
    imports.read(found, name=name, check=run.check, **({} if run.job else {"seconds": PATIENCE}))
    run.log(said_of(found))
    if not found.is_mapped:
        return _outcome(found, [said_of(found), _("Choose what its columns are.")])
    imports.plan(found, run.by.reader, run.progress)
    return _outcome(found, in_short(found))


def _plan(run: Run, sheet: str) -> Outcome:
    found = imports.find(sheet, run.by.reader)
    imports.plan(found, run.by.reader, run.progress)
    return _outcome(found, in_short(found))


def _take(run: Run, sheet: str, only_possible: bool) -> Outcome:
    done = imports.take_over(sheet, by=replace(run.by, key=""), only_possible=only_possible, progress=run.progress)
    link = reverse("change", args=[done.change_id]) if done.change_id else ""
    return Outcome(edited_sentence(imports.going(done)), link, as_data(done))


def _outcome(sheet: SheetImport, said: list[str]) -> Outcome:
    return Outcome("\n".join(said), reverse("sheet_import", args=[sheet.id]), as_data(sheet))


def said_of(sheet: SheetImport) -> str:
    """What the file is: `CSV, CP949 (EUC-KR), 1,234 rows`."""
    what = sheet.what
    rows = max(0, what["rows"] - 1)
    counted = ngettext("%s row", "%s rows", rows) % f"{rows:,}"
    return ", ".join(filter(None, (what["format"], what["encoding"], what["sheet"], counted)))


def in_short(sheet: SheetImport) -> list[str]:
    """What it would do, without the rows one by one."""
    counts = [f"{label} {sheet.counts[state]:,}" for state, label in SheetRow.State.choices if sheet.counts.get(state)]
    return [" · ".join(counts) or _("There is no row under the headers."), *filter(None, [sheet.trouble]), _("Look at it and decide. Nothing was changed.")]  # fmt: skip


def as_data(sheet: SheetImport) -> dict:
    """The import in plain values, as the API tells it."""
    return {
        "import": sheet.id,
        "kind": kinds()[sheet.kind].name,
        "state": sheet.state,
        "file": sheet.file_name,
        **{
            name: sheet.what.get(name)
            for name in ("format", "encoding", "delimiter", "sheet", "sheets", "empty", "composed")
        },
        "header_row": sheet.header_row,
        "columns": dict(zip(sheet.headers, sheet.columns, strict=False)),
        **{state: sheet.counts.get(state, 0) for state in STATES},
        "trouble": sheet.trouble,
        "asks_reason": sheet.asks_reason,
        "is_correction": sheet.is_correction,
        "change": sheet.change_id,
    }


READ_SHEET = Work("read_sheet", gettext_lazy("reading of a file"), _read, gettext_lazy("rows"), (Refused,))
PLAN_SHEET = Work("plan_sheet", gettext_lazy("preview of a file"), _plan, gettext_lazy("rows"), (Refused,))
TAKE_SHEET = Work("take_sheet", gettext_lazy("taking over a file"), _take, gettext_lazy("rows"), (Refused,))
