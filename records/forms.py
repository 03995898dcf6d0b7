"""The form of a row of any kind, from its declaration: what is typed, what it means, and what of it is new.

    row → texts in the inputs → what was typed → values, and faults at their fields

A form is always drawn from what was typed, so that nothing typed is lost, whatever is refused.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from .cells import BadCell
from .inputs import Reference, input_for
from .kinds import Group, Kind, Type
from .reading import currency_of
from .rights import Reader
from .showing import head_word

REFS = (Type.REF, Type.RECORD)
TINY, HALF = 50, 100  # characters of a text that has a quarter, or half, of a line
READ_LAST = (Type.MONEY, Type.INSTANT)  # need other values of the row: its currency, its time zone


class ValuesForm(forms.Form):
    """Fields of one row. `began`: the row as it was when its form was drawn; None for a new one.

    After cleaning, `values` holds all that could be read, and `changed` what differs from `began`.
    """

    use_required_attribute = False

    def __init__(
        self,
        kind: Kind,
        names: Iterable[str],
        typed: QueryDict,
        *,
        reader: Reader,
        prefix: str = "",
        began=None,
        known: Mapping[UUID, object],
        currency: str = "",
        in_row: bool = False,
    ):
        super().__init__(data=typed, prefix=prefix or None)
        self.kind, self.reader, self.began = kind, reader, began
        self.known, self.values, self.changed = known, {}, {}
        self._currency = currency
        self._errors = forms.utils.ErrorDict()  # none before `check`: drawing a form is not refusing it
        for name in names:
            self.fields[name] = input_for(kind, kind.typed_fields[name], reader, in_row=in_row)

    # -- what stands in the inputs -----------------------------------------------------------------------

    def fill(self, row, names: Iterable[str] | None = None) -> None:
        """Write the values of a row (None: what a new one has) into the inputs."""
        for name in self.fields if names is None else names:
            for end, text in self.fields[name].texts(held(self.kind, row, name), self).items():
                self.data[f"{self.add_prefix(name)}{end}"] = text

    def take_theirs(self) -> None:
        """Where somebody else was faster and the person chose what stands now: write that."""
        for name in self.fields:
            if self.data.pop(f"choose-{self.add_prefix(name)}", None) == ["theirs"]:
                self.fill(self.began, [name])

    def typed(self, name: str):
        field = self.fields[name]
        return field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))

    def is_as_it_was(self, name: str) -> bool:
        """Whether nobody touched the input; one that did not come along counts as such."""
        if self.fields[name].widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name)):
            return True
        return self.fields[name].is_as(self.typed(name), held(self.kind, self.began, name), self)

    def is_blank(self) -> bool:
        """A new row that nobody touched."""
        return self.began is None and all(self.is_as_it_was(name) for name in self.fields)

    def ids(self) -> set[UUID]:
        """Of the records that the row refers to."""
        names = [name for name in self.fields if self.kind.typed_fields[name].type in REFS]
        return {held(self.kind, self.began, name) for name in names} - {None}

    def currency(self) -> str:
        if self._currency or not self.kind.money:
            return self._currency
        return currency_of(self.kind, self.values, self.began)

    # -- what it means -----------------------------------------------------------------------------------

    def check(self) -> bool:
        """Read everything; whether all of it could be read."""
        self.full_clean()
        return not self._errors

    def touched(self) -> list[str]:
        return [name for name in self.fields if not self.is_as_it_was(name)]

    def clean(self):
        for name in sorted(self.fields, key=lambda name: self.kind.typed_fields[name].type in READ_LAST):
            try:
                self._read(name)
            except BadCell as bad:
                self.add_error(name, str(bad))
            except ValidationError as bad:
                self.add_error(name, bad)

    def _read(self, name: str) -> None:
        was = held(self.kind, self.began, name)
        if self.began is not None and self.is_as_it_was(name):
            self.values[name] = was
            return
        value = self.fields[name].meant(self.typed(name), self)
        self.values[name] = value
        if self.began is None or value != was:
            self.changed[name] = value

    def said(self, name: str) -> str:
        """What was typed, as one would quote it."""
        return self.fields[name].said(self.typed(name))

    def fault(self, name: str, message: str) -> None:
        """Place what was refused at its field, or at the whole."""
        self.add_error(name if name in self.fields else None, message)

    # -- how it is drawn ---------------------------------------------------------------------------------

    def __getitem__(self, name):
        field = self.fields[name]
        if isinstance(field, Reference):
            field.name_chosen(self.typed(name), self)
        return super().__getitem__(name)

    def groups(self, citing: Mapping[str, "ValuesForm"]) -> list["DrawnGroup"]:
        """The fields as people think of them, each with the form of its citation."""
        drawn = []
        for group in self.kind.groups or groups_of(self.kind):
            lines = self.lines((name for name in group.fields if name in self.fields), citing)
            if lines:
                drawn.append(DrawnGroup(str(group.title), lines))
        return drawn

    def lines(self, names: Iterable[str], citing: Mapping[str, "ValuesForm"]) -> list["DrawnLine"]:
        """Fields in lines: Korean and English side by side, as are from and to."""
        names, lines = list(names), []
        while names:
            together = [name for name in _beside(names[0]) if name in names]
            names = [name for name in names if name not in together]
            drawn = tuple(Drawn(self[name], _tongue(name), citing.get(name)) for name in together)
            lines.append(DrawnLine(self._head(together), drawn))
        return lines

    def _head(self, together: list[str]) -> str:
        base = together[0].removesuffix("_ko").removesuffix("_en")
        if base != together[0] and len(together) == 2:
            return head_word(self.kind, base)
        return str(_("period")) if len(together) == 2 else ""


@dataclass(frozen=True)
class Drawn:
    """One input; `tongue` is its language where it is one of two."""

    field: forms.BoundField
    tongue: str
    citing: "ValuesForm | None" = None

    @property
    def size(self) -> str:
        """How wide the input is: by the type of what it holds, a text by how long it can be."""
        declared = self.field.field.declared
        if declared.type is not Type.TEXT or not declared.max_length:
            return declared.type
        return "tiny" if declared.max_length <= TINY else "half" if declared.max_length <= HALF else "text"


@dataclass(frozen=True)
class DrawnLine:
    """Inputs side by side; `head` names what they have in common, "" where one stands alone."""

    head: str
    inputs: tuple[Drawn, ...]

    @property
    def is_in_two_languages(self) -> bool:
        return len(self.inputs) == 2 and bool(self.inputs[0].tongue)


def _tongue(name: str) -> str:
    return name[-2:] if name.endswith(("_ko", "_en")) else ""


@dataclass(frozen=True)
class DrawnGroup:
    title: str
    lines: list[DrawnLine]


def _beside(name: str) -> tuple[str, ...]:
    """The fields that stand in one line with this one, itself among them."""
    if _tongue(name):
        return f"{name[:-3]}_ko", f"{name[:-3]}_en"
    for pair in (
        ("starts_on", "ends_on"),
        ("starts_at", "ends_at"),
        ("floor_area", "floor_area_unit"),
        ("value", "unit"),
    ):
        if name in pair:
            return pair
    return (name,)


def held(kind: Kind, row, name: str):
    """What a row holds in a field; what a new one has where there is none."""
    if row is not None:
        return getattr(row, kind.model._meta.get_field(name).attname)
    column = kind.model._meta.get_field(name)
    return column.get_default() if column.has_default() else None if column.null or column.is_relation else ""


# ---- how fields are grouped ----------------------------------------------------------------------------

NAMES, BELONGS, WHAT, DATES, TEXTS, RIGHTS = (
    _("Names"), _("Belongs to"), _("What it is"), _("Dates"), _("Texts"), _("Rights"),
)  # fmt: skip


def groups_of(kind: Kind) -> list[Group]:
    """The groups that follow from the types of the fields."""
    found: dict[str, list[str]] = {title: [] for title in (NAMES, BELONGS, WHAT, DATES, TEXTS, RIGHTS)}
    for name, declared in kind.typed_fields.items():
        found[_group_of(kind, name, declared)].append(name)
    return [Group(title, tuple(names)) for title, names in found.items() if names]


def _group_of(kind: Kind, name: str, declared):
    base = name.removesuffix("_ko").removesuffix("_en")
    if name == "visibility":
        return RIGHTS
    if (base == kind.label_base and base in kind.label) or name in ("aliases", "slug"):
        return NAMES
    if declared.type in REFS:
        return BELONGS
    if declared.type in (Type.DATE, Type.INSTANT) or name == "time_zone":
        return DATES
    if base != name or (declared.type is Type.TEXT and declared.max_length is None):
        return TEXTS
    return WHAT
