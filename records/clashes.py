"""Somebody else was faster: what one began from, what stands now, what was typed, field by field.

What only the others changed is taken over; where somebody typed, the person chooses. The form then stands on the new version.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .base import Change
from .forms import ValuesForm, held
from .labels import labels_for
from .refusals import Moved
from .showing import Shower, head_of


@dataclass(frozen=True)
class Choice:
    """One field where what was typed and what stands now differ. `name` is that of its radio buttons."""

    name: str
    label: str
    began: str
    now: str
    typed: str


@dataclass(frozen=True)
class Clash:
    """One record that moved: by which change, what of it is to be chosen, and what was taken over."""

    what: str  # "" for the record itself, else the row
    change: Change
    choices: tuple[Choice, ...]
    taken: tuple[Choice, ...]
    is_retired: bool


def merge(sheet, moved: Sequence[Moved]) -> list[Clash]:
    """Bring the forms of these records to the versions that stand now; what was typed stays."""
    changes = Change.objects.in_bulk({one.row.change_id for one in moved})
    return [_merged(sheet.placed[one.step][1], one.row, changes[one.row.change_id]) for one in moved]


def _merged(form: ValuesForm, now, change: Change) -> Clash:
    for virtual in form.kind.virtual:
        now.__dict__.setdefault(virtual.name, getattr(form.began, virtual.name, None))
    form.known |= labels_for(form.kind, [now], form.reader)
    shower = Shower(form.kind, [form.began, now], form.reader)
    choices, taken = [], []
    for name in form.fields:
        if held(form.kind, now, name) == held(form.kind, form.began, name):
            if name in form.changed:
                choices.append(_choice(form, shower, now, name))
        elif name not in form.changed:
            taken.append(_choice(form, shower, now, name))
            form.fill(now, [name])
        elif form.changed[name] != held(form.kind, now, name):
            choices.append(_choice(form, shower, now, name))
    _stand_on(form, now)
    return Clash(_row_name(form), change, tuple(choices), tuple(taken), now.is_retired)


def _choice(form: ValuesForm, shower: Shower, now, name: str) -> Choice:
    cells = [shower.cell(row, name).text for row in (form.began, now)]
    return Choice(f"choose-{form.add_prefix(name)}", head_of(form.kind, name), *cells, form.said(name))


def _stand_on(form: ValuesForm, now) -> None:
    """The form is about the version that stands now."""
    place = f"{form.prefix}-version" if form.prefix else "change-version"
    form.data[place] = str(now.version)
    form.began = now


def _row_name(form: ValuesForm) -> str:
    return f"{form.kind.label_one} {form.number + 1}" if form.prefix else ""
