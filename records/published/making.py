"""Writes the package of a day: what anyone may see, from one moment, file by file.

the lists as CSV (exports.py) → read again as they are written: rows, sums → gzip → described (describing.py) → one rename
"""

import codecs
import csv
import gzip
import hashlib
import json
import logging
import os
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import override

from .. import figures
from ..columns import Form, choosable
from ..data_version import data_version
from ..exports import Export
from ..feed import position_here
from ..kinds import Kind, Type, kinds
from ..lists import ListQuery
from ..rights import ANYONE, Reader, Visibility
from ..snapshot import snapshot
from .describing import described, resource
from .folders import DESCRIPTOR, UNFINISHED, Published, all_published, next_of, prune, published_on, root, withdraw

log = logging.getLogger(__name__)
LOCK = "the package of a day"
# Whether a version that stood in a package made at `then` is of a record that is hidden today. A version may have ended
# in a transaction that was not over then, and the package's moment lies a little after its transaction began: rather one
# package too many is written again.
HIDDEN_SINCE = f"""
SELECT EXISTS (SELECT FROM history.version
  WHERE until > %(then)s - interval '1 hour' AND updated_at <= %(then)s + interval '10 seconds'
  AND visibility = {Visibility.PUBLIC:d} AND NOT is_retired AND visibility_today > {Visibility.PUBLIC:d})
"""
csv.field_size_limit(2**31 - 1)


class AtWork(Exception):
    """Somebody else writes a package at this moment."""


@dataclass(frozen=True)
class Written:
    """What lies in a file: the size and hash of the file, and by its own cells how many rows, and what each amount adds up to."""

    bytes: int
    sha256: str
    rows: int
    sums: dict[str, dict[str, int | float]]


def publish(*, anew: bool = False) -> tuple[Published, bool]:
    """The package of today, and whether it was written now. One that is there stays, unless `anew`. Raises AtWork."""
    figures.clear_stale_marks()
    with snapshot():
        _only_one()
        withdraw_what_is_hidden_now()
        day = timezone.localdate()
        found = published_on(day)
        if found and not anew:
            return found, False
        made = root() / f"{UNFINISHED}{uuid.uuid4().hex}"
        made.mkdir(parents=True)
        write_package(made, ANYONE, day)
        package = next_of(day)
        made.rename(package.folder)
        prune(day)
    return package, True


def withdraw_what_is_hidden_now() -> None:
    """What is past is read by today's rights: a package goes that lists a record which not everybody may see any more."""
    for package in all_published():
        with connection.cursor() as cursor:
            cursor.execute(HIDDEN_SINCE, {"then": package.created})
            is_hidden = cursor.fetchone()[0]
        if is_hidden:
            log.warning("the package of %s lists what is no longer public: it is withdrawn", package.day)
            withdraw(package.day)


def _only_one() -> None:
    """One that dies leaves the lock with its connection."""
    number = int.from_bytes(hashlib.sha256(LOCK.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise AtWork


def write_package(
    folder: Path, reader: Reader, day: date, *, said: Callable[[int, int], None] = lambda done, of: None
) -> int:
    """All that this reader may see, from one moment: how many rows. `said` is told how many files are done."""
    with override("en"), snapshot():
        version, position = data_version(), str(position_here(reader))
        with connection.cursor() as cursor:
            cursor.execute("SELECT now()")  # when this transaction began: not after the moment that it sees
            created = cursor.fetchone()[0].astimezone(UTC).isoformat().replace("+00:00", "Z")
        resources: list[dict] = []
        for kind in kinds().values():
            said(len(resources), len(kinds()))
            export, name = export_of(kind, reader), f"{kind.plural}.csv.gz"
            resources.append(resource(export, name, write_csv(export, folder / name)))
        totals = import_string(settings.PUBLISHED_TOTALS)(reader)
        about = described(day, version, created, resources, totals, position, is_public=reader == ANYONE)
    with (folder / DESCRIPTOR).open("w", encoding="utf-8") as file:
        file.write(json.dumps(about, ensure_ascii=False, indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    return sum(one["rowCount"] for one in resources)


def export_of(kind: Kind, reader: Reader) -> Export:
    """The list of a kind as the API gives it to this reader as CSV, in the order of ids, so that equal rows make equal files."""
    return Export(ListQuery(kind, reader, sort="id"), Form.RAW, names=tuple(choosable(kind, reader)))


def write_csv(export: Export, path: Path) -> Written:
    with path.open("wb") as file:
        with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            rows, sums = added_up(export.kind, _lines(_written(export.csv(bom=False), packed)))
        file.flush()
        os.fsync(file.fileno())
    with path.open("rb") as file:
        return Written(path.stat().st_size, hashlib.file_digest(file, "sha256").hexdigest(), rows, sums)


def _written(pieces: Iterator[bytes], file) -> Iterator[bytes]:
    for piece in pieces:
        file.write(piece)
        yield piece


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """Lines with their ends, wherever pieces end."""
    rest, decoder = "", codecs.getincrementaldecoder("utf-8")()
    for piece in pieces:
        *lines, rest = (rest + decoder.decode(piece)).split("\n")
        yield from (line + "\n" for line in lines)
    if rest:
        yield rest


def added_up(kind: Kind, lines: Iterator[str]) -> tuple[int, dict[str, dict[str, int | float]]]:
    """How many rows a CSV has below its header, and the sum of each column of money by currency."""
    rows = csv.reader(lines, strict=True)
    head = next(rows)
    amounts = [(n, name) for n, name in enumerate(head) if _is_money(kind, name)]
    at = head.index("currency") if amounts else -1
    sums: dict[str, dict[str, Decimal]] = {name: defaultdict(Decimal) for _n, name in amounts}
    count = 0
    for row in rows:
        count += 1
        for n, name in amounts:
            if row[n]:
                sums[name][row[at]] += Decimal(row[n])
    return count, {name: {currency: number(of[currency]) for currency in sorted(of)} for name, of in sums.items()}


def _is_money(kind: Kind, name: str) -> bool:
    return name in kind.all_fields and kind.all_fields[name].type is Type.MONEY


def number(amount: Decimal) -> int | float:
    """As the API says amounts in major units."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
