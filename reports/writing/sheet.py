"""The form of a draft as its page draws it: sections that fold, tables of rows, each input with its name and its notes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django import forms
from django.forms.boundfield import BoundField
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records.amounts import said
from records.dates import show
from records.showing import language

from ..models import Attachment
from .draft import Draft, SectionOfDraft
from .rows import FileRow, Row
from .sections import FILES, MILESTONES, MONEY, OUTPUTS, WORDS, About

USUAL = (MILESTONES, OUTPUTS)  # typed so often that, where nothing stands there yet, an empty row does


@dataclass(frozen=True)
class Drawn:
    """One input, and what the officer wrote when its value was returned."""

    field: BoundField
    note: str | None
    size: str

    @property
    def head(self) -> str:
        return capfirst(str(self.field.label))


class DrawnRow:
    def __init__(self, row: Row, number: int | str):
        self.row, self.section = row, row.section
        self.what = str(row.label) if row.label else f"{row.section.kind.label_one} {number}"
        for field in row.inputs():
            if row.section is not WORDS:
                field.field.widget.attrs["aria-label"] = f"{self.what}: {field.label}"
            if field.name == "to_date":
                field.field.widget.attrs["placeholder"] = show(row.until.isoformat(), language())

    @property
    def prefix(self) -> str:
        return self.row.prefix

    @property
    def url(self) -> str:
        return self.row.label.url if self.row.label else ""

    @property
    def inputs(self) -> list[Drawn]:
        return [Drawn(field, self.row.notes.get(field.name), _size(field.field)) for field in self.row.inputs()]

    @property
    def problems(self) -> list[str]:
        """What is wrong with the row as a whole."""
        return [fault.message for fault in self.row.faults if not self._input_of(fault.field)]

    def _input_of(self, place: str) -> bool:
        return place.rpartition("/")[2] in {field.name for field in self.row.inputs()}

    @property
    def known(self) -> list[tuple[str, str]]:
        """Of a line: what the registry says to date."""
        if self.section is not MONEY:
            return []
        amounts = ((self.section.label(name), amount) for name, amount in self.row.known.items())
        return [(label, said(amount, self.row.line.currency)) for label, amount in amounts if amount]


def _size(field: forms.Field) -> str:
    """How wide the column of an input is."""
    declared = getattr(field, "declared", None)
    return declared.type if declared else ""


class DrawnSection:
    def __init__(self, part: SectionOfDraft, draft: Draft):
        self.part, self.section, self.name = part, part.section, part.name
        self.title, self.hint = capfirst(str(part.section.title)), part.section.hint
        rows = [DrawnRow(row, n) for n, row in enumerate((row for row in part.rows if row.is_new), 1)]
        self.new = rows if self.section.takes_new else []
        there = [row for row in part.rows if not row.is_new] if self.section is not WORDS else []
        self.there = [DrawnRow(row, n) for n, row in enumerate(there, 1)]
        self.words = [DrawnRow(row, 1) for row in part.rows] if self.section is WORDS else []
        self.files = [row for row in part.rows if isinstance(row, FileRow)]
        pattern = draft.pattern(self.section) if self.section.takes_new else None
        self.pattern = pattern and DrawnRow(pattern, "__m__")
        self.touched = sum(len(row.touched()) for row in part.rows) + len(self.files)
        self.wrong = sum(len(row.faults) for row in part.rows)
        self.returned = sum(len(row.notes) for row in part.rows)

    @property
    def is_files(self) -> bool:
        return self.section is FILES

    @property
    def is_money(self) -> bool:
        return self.section is MONEY

    @property
    def is_open(self) -> bool:
        """What there is something in, and what is usually written."""
        has_rows = self.there or self.new or self.words
        return bool(has_rows or self.touched or self.returned or self.is_files)

    @property
    def is_here(self) -> bool:
        """A section without rows that takes none is left out."""
        return bool(self.there or self.words or self.is_files or self.section.takes_new)

    @property
    def heads(self) -> list[tuple[str, str]]:
        return [(drawn.head, drawn.size) for drawn in self.there[0].inputs] if self.there else []

    @property
    def new_heads(self) -> list[tuple[str, str]]:
        return [(drawn.head, drawn.size) for drawn in self.pattern.inputs] if self.pattern else []

    @property
    def said(self) -> str:
        """Beside the title: how much of it was changed, is wrong, came back."""
        parts = []
        if self.touched:
            parts.append(ngettext("%d value", "%d values", self.touched) % self.touched)
        if self.wrong:
            parts.append(ngettext("%d to check", "%d to check", self.wrong) % self.wrong)
        if self.returned:
            parts.append(ngettext("%d returned", "%d returned", self.returned) % self.returned)
        return " · ".join(parts)


class Sheet:
    """The whole form. `draft` was checked already where its faults are to be shown."""

    def __init__(self, draft: Draft):
        self.draft, self.update = draft, draft.about.update
        self.sections = [one for one in (DrawnSection(part, draft) for part in draft.sections) if one.is_here]

    @property
    def media(self) -> forms.Media:
        rows = (row.row for section in self.sections for row in (*section.there, *section.new, section.pattern) if row)
        return sum((form.media for row in rows for form in row.typed_forms()), forms.Media())

    @property
    def problems(self) -> list[dict]:
        return [problem_of(self.draft, fault) for fault in self.draft.faults]

    @property
    def files(self) -> list[Attachment]:
        return list(self.update.attachments.all())


def problem_of(draft: Draft, fault) -> dict:
    """A fault as the page shows it: at which input, in words, why."""
    section, _slash, rest = fault.field.partition("/")
    key, _slash, name = rest.partition("/")
    rows = (row for part in draft.sections if part.name == section for row in part.rows if row.key == key)
    row = next(rows, None)
    if row is None:
        return {"at": "", "name": "", "what": "", "message": fault.message}
    field = next((field for field in row.inputs() if field.name == name), None)
    first = next(iter(row.inputs()), None)
    words = [str(row.section.title), str(row.label) if row.label else "", str(field.label) if field else ""]
    return {
        "at": (field or first).auto_id if (field or first) else f"s-{section}",
        "name": (field or first).html_name if (field or first) else "",
        "what": " · ".join(filter(None, words)),
        "message": fault.message,
    }


def empty_rows(about: About, content: Mapping, more: Iterable[str] = ()) -> dict[str, int]:
    """How many empty rows are drawn by section: where one usually stands, and those that were asked for."""
    blank = {s.name: 1 for s in USUAL if not content.get(s.name) and not (s.rows and s.rows(about).exists())}
    for name in more:
        blank[name] = blank.get(name, 0) + 1
    return blank


def summary(draft: Draft) -> str:
    """How many values are proposed and how many things are wrong, in words."""
    wrong = len(draft.faults)
    checked = ngettext("%d thing to check", "%d things to check", wrong) % wrong if wrong else _("nothing to check")
    return f"{draft.said} · {checked}"
