"""What an update proposes, in words: names of records, choices' words, amounts with their unit, days as the reader writes them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cached_property
from uuid import UUID, uuid4

from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from funding.models import FundingLine
from records.kinds import Field, Kind, Type, kind_of
from records.labels import Label, label_of, labels_of
from records.rights import Reader
from records.showing import Cell, Shower, label_cell
from records.templatetags.registry import when
from records.units import chosen, with_unit

from .models import Attachment, ProjectUpdate, Proposal, ProposedValue
from .writing.rows import from_json
from .writing.sections import BY_NAME, FILES, MONEY, WORDS, Section


class Words:
    """The values of these proposals for one reader. Everything that they name is read once: `also` has further values of theirs.

    Values are as `ProposedValue` holds them. A record that the reader may not see has no name.
    """

    def __init__(
        self,
        update: ProjectUpdate,
        proposals: Iterable[Proposal],
        reader: Reader,
        also: Mapping[int, object] | None = None,
    ):
        self.update, self.reader, self.unit = update, reader, chosen("won")
        self.proposals = list(proposals)
        self.labels = self._labels(also or {})

    def _labels(self, also: Mapping[int, object]) -> dict[UUID, Label]:
        by_kind: dict[str, set] = defaultdict(set)
        anything: set = set()
        for one in self.proposals:
            if one.record_id:
                by_kind["funding_line" if one.section == MONEY.name else one.kind].add(one.record_id)
            for value in one.values.all():
                if value.written_id:
                    anything.add(value.written_id)
                declared = BY_NAME[one.section].field(value.field)
                if declared.type is Type.REF:
                    ids = (value.value, value.was, also.get(value.id))
                    by_kind[kind_of(declared.target).name] |= {UUID(id) for id in ids if id}
        return labels_of(by_kind, anything, self.reader)

    @cached_property
    def _files(self) -> dict[str, Attachment]:
        return {str(file.id): file for file in self.update.attachments.all()}

    @cached_property
    def _currencies(self) -> dict[UUID, str]:
        ids = [one.record_id for one in self.proposals if one.section == MONEY.name]
        return dict(FundingLine.objects.filter(id__in=ids).values_list("id", "currency"))

    # -- what it is about --------------------------------------------------------------------------------

    def title(self, one: Proposal) -> Cell:
        """The record that it is about, or what a new one would be called."""
        section = BY_NAME[one.section]
        if one.record_id:
            label = self.labels.get(one.record_id)
            return label_cell(label) if label else Cell(_("not shown"))
        written = next((v.written_id for v in one.values.all() if v.written_id in self.labels), None)
        if section.is_record and written:
            return label_cell(self.labels[written])
        if section.is_record:
            return label_cell(self._label_of_new(section, one))._replace(href="")
        return Cell(capfirst(str(section.title)))

    def _label_of_new(self, section: Section, one: Proposal) -> Label:
        values = {value.field: value.value for value in one.values.all()}
        names = [values.get(f"name_{language}") or "" for language in ("ko", "en")]
        label = label_of(section.kind, _row(section.kind, values), self.labels)
        if any(names) and not values.get("researcher"):  # somebody whom the registry does not know
            return Label(label.id, label.kind, names[0] or names[1], names[1] or names[0], label.key)
        return label

    def label(self, one: Proposal, value: ProposedValue) -> str:
        """What the field is called."""
        return capfirst(BY_NAME[one.section].label(value.field))

    # -- its values --------------------------------------------------------------------------------------

    def proposed(self, one: Proposal, value: ProposedValue) -> Cell:
        section = BY_NAME[one.section]
        if section is MONEY:
            stated = value.value
            return self.amount(one, stated["amount"])._replace(sub=_("until %s") % when(stated["to_date"]))
        return self.held(one, value, value.value)

    def held(self, one: Proposal, value: ProposedValue, stands) -> Cell:
        """What the record holds, or held, in this field."""
        section = BY_NAME[one.section]
        if section is MONEY:
            return self.amount(one, stands) if stands is not None else Cell()
        if section is WORDS:
            return Cell(stands or "")
        if section is FILES:
            return self._file(stands)
        kind = _kind_with(section, value.field)
        row = _row(kind, {value.field: stands})
        cell = Shower(kind, [row], self.reader, labels=self.labels, own={row.id}).cell(row, value.field)
        if value.field == "doi" and stands:
            cell = cell._replace(href=f"https://doi.org/{stands}")
        if value.field == "effort_share" and stands:
            cell = cell._replace(text=f"{cell.text} %")
        return cell

    def amount(self, one: Proposal, minor: int) -> Cell:
        return Cell(with_unit(minor, self._currencies[one.record_id], self.unit), is_number=True, is_short=True)

    def _file(self, id: str | None) -> Cell:
        file = self._files.get(id or "")
        if file is None:
            return Cell()
        way = reverse("update_file", args=[self.update.id, file.id])
        return Cell(file.file_name, href=way, sub=filesizeformat(file.size))


def _kind_with(section: Section, name: str) -> Kind:
    """A new person's name is no field of their role."""
    return next((kind for kind, names in section.parts(is_new=True) if name in names), section.kind)


def _row(kind: Kind, values: Mapping[str, object]):
    """A row of the kind that holds only these values. It is never saved."""
    fields = {name: value for name, value in values.items() if name in kind.typed_fields}
    column = kind.model._meta.get_field
    return kind.model(
        id=uuid4(), **{column(n).attname: _value(kind.typed_fields[n], value) for n, value in fields.items()}
    )


def _value(declared: Field, value):
    stands = from_json(declared, value)
    return declared.empty if stands is None and declared.empty is not None else stands
