"""Where published packages lie: `<day>.<number>/` for each, the highest number of a day is the one that counts.

A package is written beside them and gets its name by one rename, so that it is there whole or not at all.
"""

import hashlib
import json
import re
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.formats import number_format

DESCRIPTOR = "datapackage.json"
UNFINISHED = "unfinished-"
FOLDER = re.compile(r"(\d{4}-\d{2}-\d{2})\.(\d{1,6})", re.ASCII)


@dataclass(frozen=True)
class Published:
    """One package: its day, and which of that day."""

    day: date
    number: int

    @property
    def folder(self) -> Path:
        return root() / f"{self.day}.{self.number}"

    @cached_property
    def descriptor(self) -> dict:
        return json.loads(_content(self.folder / DESCRIPTOR))

    @property
    def resources(self) -> list[dict]:
        return self.descriptor["resources"]

    @property
    def bytes(self) -> int:
        return sum(resource["bytes"] for resource in self.resources)

    @property
    def rows(self) -> int:
        return sum(resource["rowCount"] for resource in self.resources)

    @property
    def rows_said(self) -> str:
        return number_format(self.rows, force_grouping=True)

    @cached_property
    def created(self) -> datetime:
        return datetime.fromisoformat(self.descriptor["created"])

    @cached_property
    def sha256(self) -> str:
        """Of the descriptor, which has those of all files."""
        return hashlib.sha256(_content(self.folder / DESCRIPTOR)).hexdigest()

    def file(self, name: str) -> tuple[Path, str, str] | None:
        """(path, SHA-256, media type) of one of its files."""
        if name == DESCRIPTOR:
            return self.folder / name, self.sha256, "application/json"
        found = next((one for one in self.resources if one["path"] == name), None)
        return found and (self.folder / name, found["hash"].removeprefix("sha256:"), "application/gzip")


def _content(path: Path) -> bytes:
    return _read(path, path.stat().st_mtime_ns, path.stat().st_ino)


@lru_cache(maxsize=64)
def _read(path: Path, *_which: int) -> bytes:
    """A package that was withdrawn and written again has the same name."""
    return path.read_bytes()


def root() -> Path:
    return Path(settings.PUBLISHED_DIR)


def all_published() -> list[Published]:
    """The latest first; of a day only the one that counts."""
    last: dict[date, Published] = {}
    for one in _folders():
        if one.day not in last or one.number > last[one.day].number:
            last[one.day] = one
    return sorted(last.values(), key=lambda one: one.day, reverse=True)


def published_on(day: date) -> Published | None:
    return next((one for one in all_published() if one.day == day), None)


def next_of(day: date) -> Published:
    return Published(day, max((one.number for one in _folders() if one.day == day), default=0) + 1)


def _folders() -> list[Published]:
    if not root().is_dir():
        return []
    named = [FOLDER.fullmatch(path.name) for path in root().iterdir()]
    return [Published(date.fromisoformat(found[1]), int(found[2])) for found in named if found]


# ---- what goes again -------------------------------------------------------------------------------------


def prune(today: date) -> None:
    """Keep the last days and the firsts of months, and of a day the one that counts; the latest is always kept.

    What a dead worker left unfinished goes too: nobody else writes now, the caller holds the lock.
    """
    kept = all_published()
    oldest = today - timedelta(days=settings.DATA_DAYS)
    kept = [one for n, one in enumerate(kept) if n == 0 or one.day > oldest or one.day.day == 1]
    for path in root().iterdir():
        if path.name.startswith(UNFINISHED) or (FOLDER.fullmatch(path.name) and path not in {k.folder for k in kept}):
            shutil.rmtree(path, ignore_errors=True)


def withdraw(day: date) -> bool:
    """Take every package of this day away. Whether there was one."""
    found = [one for one in _folders() if one.day == day]
    for one in found:
        gone = one.folder.rename(root() / f"{UNFINISHED}{one.folder.name}")  # from now on nobody finds it
        shutil.rmtree(gone, ignore_errors=True)
    return bool(found)
