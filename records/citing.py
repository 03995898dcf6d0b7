"""Citing a source while a value is typed: beside each value, beside each row, or once for all that was changed.

A citation states what was typed, unless the person says how the source puts it.
"""

from collections.abc import Iterable, Iterator
from uuid import UUID

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from .cells import write as write_cell
from .declared import CITATION
from .forms import ValuesForm, held
from .kinds import Type
from .models import Citation
from .rights import Reader
from .steps import Create

BESIDE_VALUE = ("source", "place", "value_stated", "speaks_of", "certainty")
BESIDE_ROW = ("source", "place", "speaks_of", "certainty")
OF_THE_REGISTRY = ("slug", "visibility")  # what no source states
ALL = "all"


class CitingForm(ValuesForm):
    """A source of the value `cited`, of a row ("") or of all changed values (ALL).

    `last`: the source cited last. `drawn`: what the sheet has drawn of such forms.
    """

    def __init__(
        self,
        typed,
        *,
        prefix: str,
        reader: Reader,
        known: dict,
        names: Iterable[str] = BESIDE_ROW,
        last=None,
        drawn: dict[tuple[str, ...], tuple[str, str]],
    ):
        super().__init__(CITATION, names, typed, reader=reader, prefix=f"cite-{prefix}", known=known, in_row=True)
        self.last, self.drawn = last, drawn
        for name in set(self.fields):
            if self.add_prefix(name) not in self.data:
                self.fill(None, [name])

    @property
    def again(self) -> str:
        """The name of the box that says: the same source as last time."""
        return self.add_prefix("again")

    @property
    def is_again(self) -> bool:
        return bool(self.last and self.data.get(self.again))

    @property
    def is_used(self) -> bool:
        return self.is_again or not self.is_blank()

    @property
    def html(self) -> SafeString:
        """Those that nobody touched differ in nothing but the names of their inputs: one of them is drawn."""
        if self.is_used:
            return self._draw()
        fields = tuple(self.fields)
        if fields not in self.drawn:
            self.drawn[fields] = self.prefix, self._draw()
        prefix, drawn = self.drawn[fields]
        return SafeString(drawn.replace(prefix, self.prefix))

    def _draw(self) -> SafeString:
        return render_to_string("forms/citing.html", {"citing": self})

    def clean(self):
        if self.is_again and not self.typed("source").text:
            self.fill(_Cited(self.last.id), ["source"])
            self.known[self.last.id] = self.last
        super().clean()

    def steps(self, form: ValuesForm, names: Iterable[str], record: UUID, visibility: int) -> Iterator[Create]:
        """One citation for each of these fields of `form` that has a value, at least as hidden as its source."""
        given = {name: value for name, value in self.values.items() if name != "value_stated"}
        for name in names:
            stated = self.values.get("value_stated") or form.said(name)
            if stated:
                about = {"record": record, "attribute": name, "value_stated": stated, "visibility": visibility}
                yield Create(CITATION, given | about | understood(form, name))


class _Cited:
    """Stands for a citation of which only the source is known."""

    def __init__(self, source_id: UUID):
        self.source_id = source_id


def understood(form: ValuesForm, name: str) -> dict:
    """`value`, and the unit of an amount, as the registry understands what the source states."""
    declared = form.kind.typed_fields[name]
    value = form.values.get(name, held(form.kind, form.began, name))
    if declared.type in (Type.REF, Type.RECORD) or value is None:
        return {}
    if declared.type is Type.MONEY:
        return {"value": write_cell(declared, value, form.currency()), "unit": form.currency()}
    text = ", ".join(value) if declared.type is Type.LIST else write_cell(declared, value)
    about = Citation.Qualifier.ABOUT if declared.type is Type.DATE and "~" in text else Citation.Qualifier.EXACT
    return {"value": text, "qualifier": about}


def may_be_cited(names: Iterable[str]) -> list[str]:
    return [name for name in names if name not in OF_THE_REGISTRY]
