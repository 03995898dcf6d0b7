"""Reading a file: a process of its own does it (child.py), this one waits for it and reads what it wrote."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings

from ..refusals import Refused
from .limits import SECONDS
from .told import refusal

WAITED = SECONDS * 2  # seconds that may pass until it is ended; it may have to wait for the processor
LOOK = 0.05


@dataclass
class Read:
    """What a file is."""

    format: str
    encoding: str
    delimiter: str
    sheet: str
    sheets: list[str]
    rows: int
    columns: int
    empty: int = 0  # rows that were passed over
    composed: int = 0  # cells whose text was in pieces


Keep = Callable[[Iterator[tuple[int, list]]], None]


def read(
    path: Path, keep: Keep, *, sheet: str = "", seconds: float = WAITED, check: Callable[[], None] = lambda: None
) -> Read:
    """Read a file; `keep` gets its rows one by one, as child.py gives them. Raises Refused with the sentence that it deserves.

    `check` is called while one waits.
    """
    with NamedTemporaryFile(prefix="rows-", dir=path.parent) as rows:
        said = _child(path, Path(rows.name), sheet, seconds, check)
        if "refused" in said:
            raise Refused(refusal(said["refused"], said["values"]))
        keep(_lines(Path(rows.name)))
        return Read(**said)


def _lines(path: Path) -> Iterator[tuple[int, list]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            number, cells = json.loads(line)
            yield number, cells


def _child(path: Path, rows: Path, sheet: str, seconds: float, check: Callable[[], None]) -> dict:
    """What the process said; a refusal where it was ended."""
    command = [sys.executable, "-m", "records.spreadsheets.child", str(path.absolute()), str(rows.absolute()), sheet]
    env = {"PATH": os.environ.get("PATH", ""), "PYTHONUTF8": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    process = subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )  # fmt: skip
    end = time.monotonic() + seconds
    try:
        while process.poll() is None and time.monotonic() < end:
            check()
            time.sleep(LOOK)
    finally:
        if process.poll() is None:
            process.kill()
        answer, _nothing = process.communicate()
    if process.returncode:  # by a limit, a signal, or a fault of a library: the file did it
        return {"refused": "too_much", "values": {}}
    return json.loads(answer)
