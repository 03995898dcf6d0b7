"""Which column of a file is which of ours: known of files that we gave out, remembered, guessed, or chosen."""

import difflib
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256

from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import override

from .. import columns
from ..columns import Column, Form
from ..kinds import Kind
from ..problem_codes import coded
from ..refusals import Fault, Refused
from .models import ColumnMapping

LOOKED_AT = 20  # rows among which the headers are looked for
NEAR = 0.8  # likeness of a header to one of ours, from which on it is guessed
COMMON = {  # headers of offices, by field; compared as `_folded` gives them
    "name_ko": ("성명", "이름", "한글성명", "국문명", "기관명", "name"),
    "name_en": ("영문명", "영문성명", "englishname", "nameinenglish"),
    "title_ko": ("과제명", "사업명", "제목", "title"),
    "title_en": ("영문과제명", "영문제목", "englishtitle"),
    "starts_on": ("시작일", "착수일", "from", "startdate"),
    "ends_on": ("종료일", "완료일", "to", "enddate"),
    "amount": ("금액", "집행액", "amount"),
    "outside_key": ("전표번호", "관리번호", "key"),
    "posted_on": ("일자", "집행일", "date"),
}


@dataclass(frozen=True)
class Mapped:
    """Where the headers stand, in which form the file is ("" if it is not ours), and per column which of ours, or ""."""

    header_row: int
    headers: list[str]
    form: str
    columns: list[str]
    is_certain: bool  # a file of ours, or mapped by the same person before: nobody has to choose


def targets(kind: Kind) -> dict[str, Column]:
    """The columns that can be brought in, and those that say what a reference is called, by name."""
    return {c.name: c for c in columns.all_columns(kind) if c.is_written or c.is_label or c.name == "version"}


def choosable(kind: Kind) -> dict[str, str]:
    """What may be chosen for a column of a file: a reference by its key or its name alike. Name and label."""
    chosen = {name: c for name, c in targets(kind).items() if not c.is_label and name != "is_retired"}
    return {name: "ID" if name == "id" else str(c.field.label) for name, c in chosen.items()}


def header_row(lines: Sequence[tuple[int, list]]) -> int:
    """The number of the row that has the headers: the first of the first rows that is about as wide as any of them."""
    first = lines[:LOOKED_AT]
    filled = [(number, sum(1 for cell in line if cell not in ("", None))) for number, line in first]
    most = max(count for _number, count in filled)
    return next(number for number, count in filled if count * 2 > most)


def mapped(kind: Kind, lines: Sequence[tuple[int, list]], owner_id: int, row: int = 0) -> Mapped:
    """The columns of a file as far as they are known or can be guessed. `row`: where the headers stand, if that was said."""
    row = row or header_row(lines)
    line = next((cells for number, cells in lines if number == row), None)
    if line is None:
        raise Refused([Fault("header_row", _("There is no row %d with anything in it.") % row)])
    headers = [cell.strip() if isinstance(cell, str) else "" for cell in line]
    if twice := sorted({header for header in headers if header and headers.count(header) > 1}):
        raise Refused(_("Two columns have the same header: %s. Rename one of them.") % ", ".join(twice))
    form, known = columns.recognise(kind, headers)
    names = [column.name if column else "" for column in known]
    if {"id", "version"} <= set(names):
        return Mapped(row, headers, form.value, names, is_certain=True)
    before = ColumnMapping.objects.filter(owner_id=owner_id, kind=kind.name, headers=digest(headers)).first()
    if before:
        return Mapped(row, headers, "", [before.columns.get(header, "") for header in headers], is_certain=True)
    return Mapped(row, headers, "", _guessed(kind, headers, known), is_certain=False)


def checked(kind: Kind, headers: Sequence[str], chosen: Mapping[str, str]) -> list[str]:
    """What was chosen, by the number of a column (from 0), as a list. Raises Refused."""
    allowed, faults = choosable(kind) | dict.fromkeys(targets(kind)), []
    found = [chosen.get(str(n), "") or "" for n in range(len(headers))]
    for n, name in enumerate(found):
        if name and name not in allowed:
            faults.append(Fault(f"column-{n}", coded("unknown_field", _("There is no field “%s”.") % name)))
        elif name and found.index(name) < n:
            faults.append(Fault(f"column-{n}", coded("twice", _("Two columns cannot be the same field."))))
    if not faults and not any(name not in ("", "id", "version") for name in found):
        faults.append(Fault("", _("Choose what at least one column is.")))
    if faults:
        raise Refused(faults)
    return found


def remember(kind: Kind, headers: Sequence[str], chosen: Sequence[str], owner_id: int) -> None:
    ColumnMapping.objects.update_or_create(
        owner_id=owner_id,
        kind=kind.name,
        headers=digest(headers),
        defaults={"columns": dict(zip(headers, chosen, strict=True)), "used_at": Now()},
    )


def digest(headers: Sequence[str]) -> str:
    return sha256(json.dumps(sorted(headers), ensure_ascii=False).encode()).hexdigest()


# ---- guessing ------------------------------------------------------------------------------------------


def _guessed(kind: Kind, headers: Sequence[str], known: Sequence[Column | None]) -> list[str]:
    """A guess for each column, to be looked at; each of ours once, the surest first."""
    allowed, taken = choosable(kind), set()
    found = [column.name if column and column.name in allowed else "" for column in known]
    for n, column in enumerate(known):  # what a reference is called stands for the reference where its key does not
        if column and column.is_label and column.field.name not in found:
            found[n] = column.field.name
    taken |= set(found)
    for likeness in (1.0, NEAR):
        for n, header in enumerate(headers):
            name = "" if found[n] or not header else _nearest(kind, header, likeness, taken)
            if name:
                found[n] = name
                taken.add(name)
    return found


def _nearest(kind: Kind, header: str, likeness: float, taken: set[str]) -> str:
    words = {word: name for word, name in _words(kind).items() if name not in taken}
    near = difflib.get_close_matches(_folded(header), words, n=1, cutoff=likeness)
    return words[near[0]] if near else ""


@cache
def _words(kind: Kind) -> dict[str, str]:
    """What a column may be called: names of the API, labels in both languages, words of offices."""
    found: dict[str, str] = {}
    for language in ("ko", "en"):
        with override(language):
            for name, label in choosable(kind).items():
                found.setdefault(_folded(name), name)
                found.setdefault(_folded(label), name)
    for name, words in COMMON.items():
        if name in choosable(kind):
            for word in words:
                found.setdefault(word, name)
    return found


def _folded(header: str) -> str:
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", header).casefold())


OWN_FORM = Form.KO  # words in both languages and lists as people write them are taken in it
