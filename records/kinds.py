"""What a kind of record shows and takes: the declaration that list, page, form, API, files and search read.

Each kind is declared beside its model (`programs/kinds.py: PROJECT = Kind(…)`) and named in `settings.KINDS`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date
from enum import StrEnum
from functools import cache, cached_property
from types import MappingProxyType
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from .base import Record, RecordBase
from .dates import EdtfField
from .rights import Reader


class Type(StrEnum):
    """What a field holds, for those who read, filter, write or draw it."""

    ID = "id"
    TEXT = "text"
    LIST = "list"  # of texts
    CHOICE = "choice"
    REF = "ref"  # to a record of one kind
    RECORD = "record"  # to a record of any kind
    DATE = "date"  # EDTF
    INTEGER = "integer"
    DECIMAL = "decimal"
    MONEY = "money"  # minor units inside, major units outside
    BOOLEAN = "boolean"
    INSTANT = "instant"


@dataclass(frozen=True)
class Field:
    """One field of a kind, as everybody outside the model sees it."""

    name: str
    type: Type
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    target: "type[models.Model] | None" = None
    is_required: bool = False
    is_private: bool = False
    is_written: bool = True
    is_asked: bool = True  # may be filtered and sorted by
    max_length: int | None = None
    empty: object = None  # what an empty cell or input means, where it need not be filled in
    check: Callable | None = dataclass_field(default=None, compare=False, repr=False)  # raises ValidationError

    @cached_property
    def words(self) -> dict[str, str]:
        return dict(self.choices)


@dataclass(frozen=True)
class Filter:
    """A question that is not one about a single field, e.g. projects by an institution that takes part."""

    name: str
    label: str
    condition: Callable[[Sequence, Reader], Q]  # gets the values as read (several mean "or"), and who asks
    type: Type = Type.TEXT
    target: "type[models.Model] | None" = None
    choices: tuple[tuple[str, str], ...] = ()
    along: str = (
        ""  # the order in which what is asked for is found by an index: that of the list, unless another is asked for
    )


@dataclass(frozen=True)
class Related:
    """Rows of another kind that a record's page shows: those whose field `by` is this record."""

    kind: str
    by: str
    columns: tuple[str, ...]
    title: str = ""
    sort: str = ""  # as a list takes it; the kind's own order where empty
    only: tuple[tuple[str, str], ...] = ()  # further conditions, as a list takes them: ("project__isnull", "true")
    is_typed: bool = False  # the form of the record has these rows in it, with the columns as their fields
    with_parts: bool = False  # what sources say of parts of the rows stands beside these: of the amounts of a line
    alike: tuple[str, ...] = ()  # what a row that is entered beneath the record takes from it


@dataclass(frozen=True)
class Group:
    """Fields that stand together in a form, under a heading."""

    title: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class AsOf:
    """What of a kind counts on a day of the world's clock.

    Period: rows that can have begun and cannot have ended. Series: of the rows with equal `key`, the latest that counts.
    A value of a kind with `is_succeeded` that changed on a day gets a row of its own from that day; the old row stays.
    """

    starts: str
    ends: str = ""
    key: tuple[str, ...] = ()
    is_succeeded: bool = False


NEVER: Mapping[str, tuple[str, ...] | None] = MappingProxyType({})


@dataclass(frozen=True)
class Dated:
    """A dated fact of a kind: the field(s) that hold its date.

    `planned` and `open` say when it is only a plan and when it is still awaited (late once its day is past): fields and the
    values that make it so (None: is empty), all of them; none named: never. Values, so that SQL and the slow account of
    the tests each follow them on their own.
    """

    fact: str
    starts: str
    ends: str | None = None
    planned: Mapping[str, tuple[str, ...] | None] = NEVER
    open: Mapping[str, tuple[str, ...] | None] = NEVER
    unless_same_as: str = ""  # no fact where this field says the same
    is_brief: bool = False  # where no end is stated, it ends when it begins
    real: str = ""  # the field with the day on which it came true
    first_plan: str = ""  # the field that states what was planned first


@dataclass(frozen=True, eq=False)
class Counter:
    """How what is only ever added is taken back: by a row against it.

    `against`: its column with the row that it is against. `columns`: where else it differs from that row `t`, as SQL;
    `is_needed`: whether anything is left of `t`.
    """

    against: str
    columns: Mapping[str, str]
    is_needed: str
    sentence: str  # for who would change such a record


@dataclass(frozen=True, eq=False)  # each is there once: what is kept by kind is found without looking at all of it
class Kind:
    name: str
    plural: str  # in addresses, the API and files
    model: type[RecordBase]
    fields: tuple[str, ...]  # what API and files show and take, in their order
    columns: tuple[str, ...]  # of the list page; `name` stands for name_ko and name_en
    label: tuple[str, ...]  # what a row is called: ("name",), ("title",), or parts such as ("researcher", "part")
    order: str  # how a list is sorted when nobody says; "-" for descending
    search: tuple[str, ...] = ()
    orders: Mapping[str, object] = dataclass_field(
        default_factory=dict, compare=False
    )  # fields sorted by another value
    numbers: tuple[str, ...] = ()  # fields that name one record and no other, as ORCID does; slugs do so anyway
    may_share_names: bool = False  # two people of one name are two; two institutions of one name are likely one
    apart: (
        tuple[str, ...] | str
    ) = ()  # what tells namesakes apart: fields (the first facts where none are named), or the
    # dotted path of a function (rows, reader) -> {id: one line in the reader's language}
    virtual: tuple[Field, ...] = ()  # worked out by the queryset's for_list(), read only
    filters: tuple[Filter, ...] = ()
    facts: tuple[str, ...] = ()  # the strip on top of a record page
    related: tuple[Related, ...] = ()
    dated: tuple[Dated, ...] = ()
    owners: tuple[str, ...] = ()
    carries: str = (
        ""  # the field with what it is a part in: that one's dates stand on the timelines of its other owners too
    )
    under: tuple[
        str, ...
    ] = ()  # references that may be empty, to what is never more hidden than the record: triggers see to it
    as_of: "AsOf | Callable | None" = None  # a rule, or a function of rows and day
    private: tuple[str, ...] = ()  # own institution and officers only
    owned: Callable[[Sequence[RecordBase], Reader], set[UUID]] | str = (
        ""  # ids of rows of the reader's own institution;
    )
    # a dotted path where the function stands on a higher floor
    owns: str = ""  # dotted path of a function (reader) -> text that differs where `owned` does
    attach: Callable[[Sequence[RecordBase], Reader, date | None], None] | None = (
        None  # sets further virtual fields on rows
    )
    money: tuple[str, ...] = ()
    adds: Mapping[str, tuple[str, ...]] = dataclass_field(
        default_factory=dict, compare=False
    )  # numbers that rows add up
    # to, and the fields that tell unlike ones apart; money by currency anyway
    fixed: tuple[str, ...] = ()  # given once, when the record is made: a document's file
    asks_reason: bool = False  # each change says why: money
    counter: Counter | None = None  # what is only added: never edited (but for its visibility), retired or deleted
    known_by: tuple[str, ...] = ()  # fields that say, where all are filled in, that a record is there already
    groups: tuple[Group, ...] = ()  # of its form; () where the types of the fields say it (forms.groups_of)
    in_menu: bool = False
    drawn: tuple[str, ...] = ()  # kinds whose entries its timeline draws; (): all
    part_of: str = ""  # the field with the record that it is a part of: its changes are told with that one's
    sums: str = ""  # dotted path of a function (ids) -> sentences: what rows of money come to
    in_sql: str = ""  # dotted path of a `reporting.Worked`: its virtual fields as SQL
    page: str = ""  # dotted path of a function (RecordPage) -> dict: what only this kind's page has besides

    # -- what follows from the above ------------------------------------------------------------------

    @cached_property
    def all_fields(self) -> dict[str, Field]:
        """id, the declared fields, the virtual ones and what the database keeps, by name."""
        names = ("id", *self.fields)
        found = {name: self._field(name) for name in names}
        found |= {virtual.name: virtual for virtual in self.virtual}
        found |= {
            name: self._field(name) for name in ("visibility", "is_retired", "merged_into", "version", "updated_at")
        }
        return found

    @cached_property
    def written_fields(self) -> dict[str, Field]:
        """What files and forms take: without what the database works out."""
        return {name: f for name, f in self.all_fields.items() if f.is_written}

    @cached_property
    def typed_fields(self) -> dict[str, Field]:
        """What a person or a program may write into a record; retiring and merging have their own commands."""
        ours = ("id", "is_retired", "merged_into", *self.fixed)
        return {name: f for name, f in self.written_fields.items() if name not in ours}

    @property
    def is_succeeded(self) -> bool:
        return isinstance(self.as_of, AsOf) and self.as_of.is_succeeded

    def _field(self, name: str) -> Field:
        column = self.model._meta.get_field(name)
        common = {
            "name": name,
            "label": KEPT.get(name) or getattr(column, "output_field", column).verbose_name,
            "is_required": not column.blank and not column.null and not column.has_default() and column.editable,
            "is_private": name in self.private,
            "is_written": name == "id" or (column.editable and not column.generated),
            "empty": column.get_default() if column.has_default() else None if column.null else "",
            "check": column.run_validators,
        }
        if name in self.money:
            return Field(type=Type.MONEY, **common)
        if name == "visibility":
            return Field(type=Type.CHOICE, choices=visibility_words(), **common)
        if column.choices:
            return Field(type=Type.CHOICE, choices=tuple(column.choices), **common)
        if isinstance(column, models.ForeignKey):
            target = column.remote_field.model
            return Field(type=Type.RECORD if target is Record else Type.REF, target=target, **common)
        if getattr(column, "generated", False):
            column = column.output_field
        for python, kind in TYPES:
            if isinstance(column, python):
                return Field(type=kind, max_length=getattr(column, "max_length", None), **common)
        raise TypeError(f"{self.name}.{name}: no type for {column!r}")

    @cached_property
    def refs(self) -> tuple[Field, ...]:
        return tuple(f for f in self.all_fields.values() if f.type in (Type.REF, Type.RECORD))

    @cached_property
    def has_slug(self) -> bool:
        return "slug" in self.fields

    @cached_property
    def label_base(self) -> str:
        """`name` or `title` where the kind has names; else ''."""
        return next((base for base in ("name", "title") if f"{base}_ko" in self.fields), "")

    @property
    def is_named(self) -> bool:
        """Whether a record is called by a name of its own; a role has a title, but is called after who has it."""
        return self.label_base in self.label

    @property
    def label_one(self):
        return self.model._meta.verbose_name

    @property
    def label_many(self):
        return self.model._meta.verbose_name_plural

    def rows(self):
        """All rows, with what the kind's lists need."""
        rows = self.model.objects.all()
        return rows.for_list() if hasattr(rows, "for_list") else rows

    @cached_property
    def attached_fields(self) -> frozenset[str]:
        """The virtual fields that a row has only after `attached`."""
        given = self.rows().query.annotations if self.attach else [virtual.name for virtual in self.virtual]
        return frozenset(virtual.name for virtual in self.virtual).difference(given)

    def attached(self, rows: list, reader: Reader, as_of: date | None = None) -> list:
        """These rows with the virtual fields that depend on who asks and for which day."""
        if self.attach and rows:
            self.attach(rows, reader, as_of)
        return rows

    def own(self, rows: Sequence[RecordBase], reader: Reader) -> set[UUID]:
        """Ids of those rows whose private fields are the reader's own."""
        function = import_string(self.owned) if isinstance(self.owned, str) and self.owned else self.owned
        return function(rows, reader) if function else set()

    def counting_on(self, rows, day: date | None):
        """Of these rows, those that count on `day` (None: rows as they are, series reduced to nothing)."""
        if day is None or self.as_of is None:
            return rows
        if callable(self.as_of):
            return self.as_of(rows, day)
        rule = self.as_of
        rows = rows.filter(Q(**{f"{rule.starts}_first": None}) | Q(**{f"{rule.starts}_first__lte": day}))
        if rule.ends:
            rows = rows.filter(Q(**{f"{rule.ends}_last": None}) | Q(**{f"{rule.ends}_last__gte": day}))
        if rule.key:
            rows = rows.filter(id__in=latest_of(self, rows))
        return rows


def latest_of(kind: Kind, rows):
    """Ids of the latest row for each key of a series (by the first day that its date can mean; ties by the last day, then id)."""
    rule = kind.as_of
    first, last = f"{rule.starts}_first", f"{rule.starts}_last"
    return (
        rows.order_by(*rule.key, models.F(first).desc(nulls_last=True), models.F(last).desc(nulls_last=True), "-id")
        .distinct(*rule.key)
        .values("id")
    )


KEPT = {"id": "id", "version": _("version")}  # what the database keeps, as people call it
TYPES = (
    (models.UUIDField, Type.ID),
    (EdtfField, Type.DATE),
    (ArrayField, Type.LIST),
    (models.BooleanField, Type.BOOLEAN),
    (models.DecimalField, Type.DECIMAL),
    (models.IntegerField, Type.INTEGER),
    (models.DateTimeField, Type.INSTANT),
    ((models.CharField, models.TextField), Type.TEXT),
)


def visibility_words():
    from .rights import Visibility

    return tuple((v.name.lower(), v.label) for v in Visibility)


@cache
def kinds() -> dict[str, Kind]:
    """Every kind by its name, from the ground floor up."""
    declared = [import_string(path) for path in settings.KINDS]
    return {kind.name: kind for kind in declared}


@cache
def kinds_by_plural() -> dict[str, Kind]:
    return {kind.plural: kind for kind in kinds().values()}


OPENED_FIRST = ("program", "project", "institution", "researcher", "lab", "funding_line", "source")


def in_order() -> list[Kind]:
    """What officers open first comes first: programs and projects, then who, then money and sources; then what has a name."""
    rank = {name: n for n, name in enumerate(OPENED_FIRST)}
    return sorted(kinds().values(), key=lambda kind: (rank.get(kind.name, 99), not kind.in_menu, not kind.label_base))


@cache
def kind_of(model: type[models.Model]) -> Kind:
    return next(kind for kind in kinds().values() if kind.model is model)
