"""The whole form of a record: its values, the rows that are typed with it, the sources of all that, and why.

What is typed lives in one QueryDict, from which everything is drawn: at first it holds the record as it is, later what
was sent. Saving makes steps of it, which `commands.apply` carries out as one change.
"""

import contextlib
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

from django.forms import Media
from django.http import QueryDict

from . import commands
from .about_change import ChangeForm
from .base import Record
from .beneath import parts_below
from .beside import number
from .citing import ALL, BESIDE_VALUE, CitingForm, may_be_cited
from .clashes import Clash, merge
from .commands import Author, Create, Done, Edit, Retire, Step
from .form_rows import RowForm, Rows, references
from .forms import DrawnGroup, ValuesForm
from .kinds import Kind
from .labels import labels_of
from .past_rows import as_they_were
from .refusals import Fault, Refused, Stale
from .rights import Reader
from .steps import filled_in, new_id

UNCITED = ("source", "citation")  # say themselves where they come from
GO_WITH_A_ROW = {"citation"}  # what is retired with a row that is taken out


class Sheet:
    """`row` is the record as it is now, None for a new one."""

    def __init__(self, kind: Kind, row, typed: QueryDict, *, reader: Reader, last: UUID | None = None, laid_out=None):
        self.kind, self.row, self.typed, self.reader = kind, row, typed, reader
        self.change = ChangeForm(kind, typed, is_new=row is None)
        self.began = self._as_it_was() if row else None
        self.rows = [Rows(r, typed, parent=row, reader=reader) for r in kind.related if r.is_typed]
        present = laid_out or {}
        for rows in self.rows:
            rows.read_began(present.get(rows.kind.name, ()))
        self.known = self._names(last)
        self._make_forms(self.known.get(last))
        self.clashes: list[Clash] = []
        self.placed: list[tuple[Step, ValuesForm]] = []

    # -- making it ---------------------------------------------------------------------------------------

    @classmethod
    def of_record(cls, kind: Kind, row, *, reader: Reader, last: UUID | None = None) -> "Sheet":
        """The form of a record as it is now."""
        return cls._drawn(kind, row, row, reader, last, {"change-version": str(row.version)})

    @classmethod
    def of_new(cls, kind: Kind, *, given: dict, reader: Reader, last: UUID | None = None) -> "Sheet":
        """The form of a record that is to be, with the values that are given."""
        return cls._drawn(kind, None, filled_in(kind, kind.model(), given), reader, last, {})

    @classmethod
    def _drawn(cls, kind, row, shown, reader, last, more: dict) -> "Sheet":
        typed, laid_out = QueryDict(mutable=True), {}
        typed.update({"change-key": uuid4().hex} | more)
        for related in (related for related in kind.related if related.is_typed):
            rows = Rows(related, typed, parent=row, reader=reader)
            laid_out[rows.kind.name] = rows.read_first()
            rows.lay_out(laid_out[rows.kind.name])
        sheet = cls(kind, row, typed, reader=reader, last=last, laid_out=laid_out)
        sheet.known |= _labels(kind, sheet.main.fields, [shown], reader) if row is None else {}
        sheet.main.fill(shown)
        return sheet

    def _as_it_was(self):
        sent = self.typed.get("change-version", "")
        return as_they_were(self.kind, {self.row.id: self.row}, {self.row.id: sent})[self.row.id]

    def _names(self, last: UUID | None) -> dict:
        """Labels of every record that stands in an input, and of the source that was cited last."""
        by_kind, anything = references(self.kind, self.kind.typed_fields, [self.began] if self.began else [])
        for rows in self.rows:
            more, any_kind = rows.ids()
            anything |= any_kind
            for name, ids in more.items():
                by_kind[name] |= ids
        if last:
            by_kind["source"].add(last)
        anything |= chosen_in(self.typed)
        return labels_of(by_kind, anything, self.reader)

    def _make_forms(self, last) -> None:
        common = {"reader": self.reader, "known": self.known}
        self.main = ValuesForm(self.kind, self.kind.typed_fields, self.typed, began=self.began, **common)
        self.main.take_theirs()
        self.cited = cited = {"last": last, "drawn": {}} | common
        self.citing = {
            name: CitingForm(self.typed, prefix=name, names=BESIDE_VALUE, **cited)
            for name in may_be_cited(self.main.fields)
            if self.kind.name not in UNCITED
        }
        self.cite_all = CitingForm(self.typed, prefix=ALL, **cited)
        currency = self._currency()
        for rows in self.rows:
            rows.make_forms(self.known, currency, cited)

    def _currency(self) -> str:
        """Of the amounts in the rows beneath, where the record says it."""
        return self.typed.get("currency", "").strip() or getattr(self.began, "currency", "")

    def add_row(self, name: str) -> None:
        """One more empty row of this kind; everything typed stays."""
        for rows in self.rows:
            if rows.kind.name == name:
                rows.add()
                rows.make_forms(self.known, self._currency(), self.cited)

    # -- reading and saving ------------------------------------------------------------------------------

    def used_rows(self) -> Iterator[tuple[Rows, RowForm]]:
        return ((rows, form) for rows in self.rows for form in rows.forms if form.is_used)

    def used_forms(self) -> list[ValuesForm]:
        """What has to be read, in the order of the page."""
        forms = [self.main, *(form for form in self.citing.values() if form.is_used)]
        for _rows, form in self.used_rows():
            if not form.is_removed:
                forms += [form, form.citing] if form.citing.is_used else [form]
        return [*forms, self.cite_all] if self.cite_all.is_used else forms

    def check(self) -> bool:
        """Read all of it, and find all that is wrong with it."""
        checked = [form.check() for form in [*self.used_forms(), self.change]]
        return all(checked)

    def save(self, by: Author) -> Done | None:
        """Carry it out. None where it was refused: then the forms know why."""
        if not self.check():
            return None
        self._make_steps()
        if not self.placed:
            return Done()
        try:
            return commands.apply([step for step, _form in self.placed], by=by)
        except Refused as refused:
            self._tell(refused.faults)
        except Stale as stale:
            self.clashes = merge(self, stale.moved)
        return None

    def key(self) -> str:
        """The same for the same form sent twice; another one when something else was typed."""
        sent = sorted((name, values) for name, values in self.typed.lists() if name != "csrfmiddlewaretoken")
        return f"{self.typed.get('change-key', '')[:64]}:{hashlib.sha256(repr(sent).encode()).hexdigest()[:32]}"

    def _tell(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            form = self.placed[fault.step][1] if self.placed else self.main
            if fault.field in self.change.fields and fault.field not in form.fields:
                form = self.change
            if fault.message not in form.errors.get(fault.field, ()):
                form.fault(fault.field, fault.message)

    # -- steps -------------------------------------------------------------------------------------------

    def _make_steps(self) -> None:
        self.placed = []
        self.sources = self._levels_of_sources()
        id = self._main_step()
        level = self.main.values.get("visibility", 0)
        self._cite_main(id, level)
        for rows, form in self.used_rows():
            self._row_steps(rows, form, id, level)

    def _place(self, step: Step, form: ValuesForm) -> None:
        self.placed.append((step, form))

    def _main_step(self) -> UUID:
        if self.row is None:
            id = new_id()
            self._place(Create(self.kind, self.main.changed, id), self.main)
            return id
        return self._edit_step(self.main, self.row.id, self.typed.get("change-version", ""))

    def _edit_step(self, form: ValuesForm, id: UUID, version: str) -> UUID:
        """An edit where something changed; the id of the record that will hold the values."""
        if not form.changed:
            return id
        successor = new_id() if self.change.since and form.kind.is_succeeded else None
        self._place(
            Edit(form.kind, id, number(version), form.changed, self.change.since, self.change.is_correction, successor),
            form,
        )
        return successor or id

    def _row_steps(self, rows: Rows, form: RowForm, parent: UUID, level: int) -> None:
        if form.is_removed:
            alone = set(parts_below({form.began.id})) <= GO_WITH_A_ROW
            self._place(Retire(form.kind, form.began.id, number(form.version), with_parts=alone), form)
            return
        if form.began is None:
            id = new_id()
            given = {rows.related.by: parent, "visibility": level}
            self._place(Create(form.kind, form.changed | given, id), form)
        else:
            id, level = self._edit_step(form, form.began.id, form.version), form.began.visibility
        touched = form.touched()
        if form.citing.is_used:
            self._cite(form.citing, form, touched or form.fields, id, level)
        elif self.cite_all.is_used:
            self._cite(self.cite_all, form, touched, id, level)

    def _cite_main(self, id: UUID, level: int) -> None:
        touched = set(self.main.touched())
        for name, citing in self.citing.items():
            if citing.is_used:
                self._cite(citing, self.main, [name], id, level)
            elif self.cite_all.is_used and name in touched:
                self._cite(self.cite_all, self.main, [name], id, level)

    def _cite(self, citing: CitingForm, form: ValuesForm, names: Iterable[str], record: UUID, level: int) -> None:
        level = max(level, self.sources.get(citing.values.get("source"), 0))
        for step in citing.steps(form, names, record, level):
            self._place(step, citing)

    def _levels_of_sources(self) -> dict[UUID, int]:
        """How hidden the sources are that are cited here."""
        ids = {form.values.get("source") for form in self.used_forms() if isinstance(form, CitingForm)} - {None}
        return dict(Record.objects.filter(id__in=ids).values_list("id", "visibility")) if ids else {}

    # -- drawing -----------------------------------------------------------------------------------------

    def groups(self) -> list[DrawnGroup]:
        return self.main.groups(self.citing)

    def problems(self) -> list["Problem"]:
        """Everything wrong, in the order of the page, each with its place."""
        found = []
        for form in [*self.used_forms(), self.change]:
            for name, said in form.errors.items():
                found += [_problem(form, name, message) for message in said]
        return found

    @property
    def media(self) -> Media:
        media = self.main.media + self.cite_all.media
        for rows in self.rows:
            media += rows.pattern().media
        return media


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: at which input (its id, "" for none), what that is called, and why."""

    at: str
    what: str
    message: str


def _problem(form, name: str, message: str) -> Problem:
    if name not in form.fields:
        return Problem("", "", message)
    row = f"{form.kind.label_one} {form.number + 1}: " if isinstance(form, RowForm) else ""
    return Problem(form[name].id_for_label or form[name].auto_id, f"{row}{form.fields[name].label}", message)


def chosen_in(typed: QueryDict) -> set[UUID]:
    """Ids that were chosen in inputs of records."""
    found = set()
    for name, values in typed.lists():
        if name.endswith("_id"):
            with contextlib.suppress(ValueError):
                found.add(UUID(values[-1]))
    return found


def _labels(kind: Kind, names: Iterable[str], rows: list, reader: Reader) -> dict:
    by_kind, anything = references(kind, names, rows)
    return labels_of(by_kind, anything, reader)
