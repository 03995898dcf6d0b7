"""The steps that a change is made of: create, edit, retire, restore. Each checks itself and then writes itself.

`commands.apply` carries them out; nothing else does.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from math import inf
from uuid import UUID

from django.db import IntegrityError, connection, models, transaction
from django.http import Http404
from django.utils.translation import gettext as _

from .base import Change, Record
from .beneath import columns_above, hold_above, hold_place, parts_below
from .dates import BadDate, just_before, parse
from .kinds import Kind, kinds
from .problem_codes import coded
from .refusals import Fault, Moved
from .rights import Reader
from .row_faults import row_faults
from .sentences import sentence

KEPT = ("id", "version", "updated_at", "change_id")  # by the database
ENOUGH = 2000  # parts to say that a record is not retired without them; what lies under these is not looked for


def needs_reason() -> Fault:
    return Fault("reason", coded("reason_required", _("Say why: this change is kept with its reason.")))


class Step:
    """One part of a change. `row` is the record as it is now, locked; None for one that is to be created."""

    kind: Kind
    row: models.Model | None = None
    below: Mapping[str, set[UUID]] | None = None  # of what is retired: the parts that it has, by kind

    def said(self) -> list:
        """What was asked, in plain values: for telling whether two requests are the same."""
        asked = {f.name: getattr(self, f.name) for f in fields(self)}
        return [type(self).__name__, asked | {"kind": self.kind.name}]

    def new_ids(self) -> list[UUID]:
        """Ids of records that it brings into being, where they were given to it."""
        return []

    def above(self) -> dict[str, UUID]:
        """By column: the records that it puts something under."""
        return {}

    def joins(self) -> set[UUID]:
        """Records of its own kind that it names anew."""
        return set()

    def changes(self) -> bool:
        return True

    def asks_reason(self) -> bool:
        return self.changes() and self.kind.asks_reason

    def faults(self, reason: str, new: set[UUID]) -> Iterator[Fault]:
        """Everything that is wrong. `new`: ids of the records that the same change creates."""
        if self.asks_reason() and not reason:
            yield needs_reason()

    def write(self) -> UUID:
        """Do it; returns the id of the record that now holds the values."""
        raise NotImplementedError

    def nature(self) -> tuple[str, str]:
        """(nature, effective_on) of a Change."""
        return "", ""


@dataclass
class Create(Step):
    """`values` by field, as rows hold them."""

    kind: Kind
    values: dict
    id: UUID | None = None  # from `new_id()`, where other steps of the change refer to it

    def new_ids(self):
        return [self.id] if self.id else []

    def above(self):
        return _above(self.kind, filled_in(self.kind, self.kind.model(), self.values))

    def _known(self):
        """The record that says this already: brought in once more, it is there once."""
        key = {name: self.values.get(name) for name in self.kind.known_by}
        if not key or not all(key.values()):
            return None
        row = self.kind.model.objects.filter(
            **{_attname(self.kind, name): value for name, value in key.items()}, is_retired=False
        ).first()
        is_same = row and all(_held(self.kind, row, name) == value for name, value in self.values.items())
        return row if is_same else None

    def faults(self, reason, new):
        filled = filled_in(self.kind, self.kind.model(), self.values)
        found = [
            *super().faults(reason, new),
            *retired_above(self),
            *row_faults(self.kind, filled, {*self.kind.typed_fields, *self.values}, new),
        ]
        if found and not self._known():  # asked last: who brings it in at the same time may be done by now
            yield from found

    def write(self):
        if known := self._known():
            return known.id
        row = filled_in(self.kind, self.kind.model(), self.values)
        if self.id:
            row.id = self.id
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            if known := self._known():  # who brought it in at the same time was first
                return known.id
            raise
        return row.id


@dataclass
class Edit(Step):
    """With `changed_on` (EDTF) the values are true from then. `is_correction`: the old ones never were."""

    kind: Kind
    id: UUID
    version: int
    values: dict
    changed_on: str = ""
    is_correction: bool = False
    successor: UUID | None = None  # from `new_id()`, for a row that begins with `changed_on`

    @property
    def changed(self) -> dict:
        """Those of the values that differ from the row's."""
        return {name: v for name, v in self.values.items() if _held(self.kind, self.row, name) != v}

    @property
    def overwrites(self) -> bool:
        """Whether a value that stood there is replaced, rather than a gap filled."""
        return any(_held(self.kind, self.row, name) not in (None, "", []) for name in self.changed)

    @property
    def succeeds(self) -> bool:
        """Whether the old row stays for its time, and a new one begins."""
        return bool(self.changed_on and self.kind.is_succeeded and self.changed)

    def new_ids(self):
        return [self.successor] if self.successor else []

    def above(self):
        """Those that it comes under, and all of them for a row that begins."""
        after = filled_in(self.kind, copied(self.kind, self.row), self.changed)
        places = _above(self.kind, after)
        return places if self.succeeds else {c: id for c, id in places.items() if id != getattr(self.row, c)}

    def joins(self):
        to = {f.name for f in self.kind.model._meta.fields if f.related_model is self.kind.model}
        return {id for name, id in self.values.items() if name in to and id}

    def changes(self):
        return bool(self.changed)

    def asks_reason(self):
        return super().asks_reason() or (bool(self.changed) and self.nature()[0] == Change.Nature.CORRECTION)

    def nature(self):
        if not self.changed:
            return "", ""
        if self.changed_on:
            return Change.Nature.CHANGE, self.changed_on
        is_correction = self.is_correction or (self.kind.is_succeeded and self.overwrites)
        return (Change.Nature.CORRECTION, "") if is_correction else ("", "")

    def faults(self, reason, new):
        yield from super().faults(reason, new)
        if self.row.is_retired:
            yield Fault("", coded("retired", _("This record is retired. Restore it before you change it.")))
        if self.kind.counter and set(self.changed) - {"visibility"}:
            yield Fault("", str(self.kind.counter.sentence))
            return
        yield from retired_above(self)
        bad_date = self._changed_on_fault()
        if bad_date:
            yield Fault("changed_on", bad_date)
            return
        if self.succeeds:
            yield from row_faults(self.kind, self._successor(), {*self.values, self.kind.as_of.starts}, new)
        else:
            after = filled_in(self.kind, copied(self.kind, self.row, keep_id=True), self.changed)
            yield from row_faults(self.kind, after, set(self.changed), new)

    def _changed_on_fault(self) -> str:
        if not self.changed_on:
            return ""
        try:
            day = parse(self.changed_on)
            just_before(self.changed_on)
        except BadDate as bad:
            return str(bad)
        began = getattr(self.row, f"{self.kind.as_of.starts}_first") if self.succeeds else None
        if began and day.first <= began:
            return _("The record begins on %s or later. Correct it instead, or give a later date.") % began.isoformat()
        return ""

    def write(self):
        if self.succeeds:
            return self._succeed()
        changed = self.changed
        if changed:
            filled_in(self.kind, self.row, changed).save(update_fields=list(changed))
        return self.id

    def _succeed(self) -> UUID:
        successor, ends = self._successor(), self.kind.as_of.ends
        if ends:
            setattr(self.row, ends, just_before(self.changed_on))
            self.row.save(update_fields=[ends])
        successor.save(force_insert=True)
        return successor.id

    def _successor(self):
        row = filled_in(self.kind, copied(self.kind, self.row), self.values)
        setattr(row, self.kind.as_of.starts, self.changed_on)
        if self.successor:
            row.id = self.successor
        return row


@dataclass
class Retire(Step):
    """`with_parts`: with everything that lies under it."""

    kind: Kind
    id: UUID
    version: int
    with_parts: bool = False

    def faults(self, reason, new):
        yield from super().faults(reason, new)
        if self.row.is_retired:
            yield Fault("", coded("retired", _("This record is already retired.")))
        if self.kind.counter:
            yield Fault("", str(self.kind.counter.sentence))
        counts = {} if self.with_parts else {kind: len(ids) for kind, ids in self.below.items()}
        if counts:
            what = ", ".join(f"{kinds()[kind].label_many} {count}" for kind, count in sorted(counts.items()))
            yield Fault(
                "with_parts", _("Under it there still are: %s. Retire them with it, or move them first.") % what
            )

    def write(self):
        for kind, ids in self.below.items() if self.with_parts else ():
            kinds()[kind].model.objects.filter(id__in=ids).update(is_retired=True)
        self.row.is_retired = True
        self.row.save(update_fields=["is_retired"])
        return self.id


@dataclass
class Restore(Step):
    """Bring a retired record back."""

    kind: Kind
    id: UUID
    version: int

    def faults(self, reason, new):
        yield from super().faults(reason, new)
        if not self.row.is_retired:
            yield Fault("", coded("state", _("This record is not retired.")))
        if self.row.merged_into_id:
            yield Fault("", sentence("record_merged_is_retired"))
        yield from (Fault("", fault.message) for fault in list(retired_above(self))[:1])

    def above(self):
        return _above(self.kind, self.row)

    def write(self):
        self.row.is_retired = False
        self.row.save(update_fields=["is_retired"])
        return self.id


# ---- rows ----------------------------------------------------------------------------------------------


def new_id() -> UUID:
    """An id for a record that is about to be created, so that other steps of the change can refer to it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT new_id()")
        return cursor.fetchone()[0]


def hold_rows(steps: Iterable[Step], reader: Reader) -> None:
    """Read and lock the rows of these steps, in one order for everybody. Raises Http404 for what the reader does not see.

    What a row is put under is locked with it: of two who put one under the other, the second sees what the first did.
    """
    wanted = [step for step in steps if not isinstance(step, Create)]
    for kind in (kinds()[name] for name in sorted({step.kind.name for step in wanted})):
        ids = {id for step in wanted if step.kind is kind for id in (step.id, *step.joins())}
        rows = kind.model.objects.with_retired_visible_to(reader).filter(id__in=ids).order_by("id")
        found = {row.id: row for row in rows.select_for_update(no_key=True, of=("self",))}
        for step in wanted:
            if step.kind is kind:
                if step.id not in found:
                    raise Http404(str(step.id))
                step.row = found[step.id]
    _hold_places(steps)


def _hold_places(steps: Iterable[Step]) -> None:
    """Nothing comes under what is retired, and what something comes under is not retired, until it is done."""
    retired = [step for step in steps if isinstance(step, Retire)]
    hold_place({step.id for step in retired})
    for step in retired:
        step.below = parts_below({step.id}, hold=step.with_parts, most=inf if step.with_parts else ENOUGH)
    hold_above({id for step in steps for id in step.above().values()})


def retired_above(step: Step) -> Iterator[Fault]:
    """At the fields that name what the record would lie under, where that is retired."""
    places = step.above()
    retired = set(Record.objects.filter(id__in=places.values(), is_retired=True).values_list("id", flat=True))
    for column, id in places.items():
        if id in retired:
            text = coded("retired", _("What it belongs to is retired as well. Restore that first."))
            yield Fault(column.removesuffix("_id"), text)


def _above(kind: Kind, row) -> dict[str, UUID]:
    return {column: id for column in columns_above(kind) if (id := getattr(row, column))}


def moved(steps: Iterable[Step]) -> list[Moved]:
    """Of these steps, those whose record has another version by now."""
    return [
        Moved(step.id, step.version, step.row, n)
        for n, step in enumerate(steps)
        if step.row is not None and step.row.version != step.version
    ]


def filled_in(kind: Kind, row, values: dict):
    """The row with these values."""
    for name, value in values.items():
        setattr(row, kind.model._meta.get_field(name).attname, value)
    return row


def copied(kind: Kind, row, *, keep_id: bool = False):
    """Another row with the same facts."""
    facts = [f for f in kind.model._meta.concrete_fields if not getattr(f, "generated", False) and f.name not in KEPT]
    copy = kind.model(**{f.attname: getattr(row, f.attname) for f in facts})
    if keep_id:
        copy.id = row.id
        copy._state.adding = False
    return copy


def _held(kind: Kind, row, name: str):
    return getattr(row, _attname(kind, name))


def _attname(kind: Kind, name: str) -> str:
    return kind.model._meta.get_field(name).attname
