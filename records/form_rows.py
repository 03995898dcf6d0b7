"""Rows that are typed together with the record that they belong to: its roles, parties, amounts by year."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.http import QueryDict
from django.urls import reverse
from django.utils.http import urlencode

from .beside import number
from .citing import BESIDE_ROW, CitingForm
from .forms import Drawn, ValuesForm
from .kinds import Kind, Related, Type, kinds
from .labels import mentioned
from .past_rows import as_they_were
from .rights import Reader

MOST = 20  # rows of one kind in a form; the list has the others
MOST_SENT = 200


class RowForm(ValuesForm):
    """One row: one that exists (`began`), a new one, or the pattern of new ones."""

    def __init__(self, kind, names, typed, *, number, **more):
        super().__init__(kind, names, typed, prefix=f"{kind.name}-{number}", in_row=True, **more)
        self.number = number
        for field in self.fields.values():
            field.widget.attrs["aria-label"] = f"{self.what}: {field.label}"
        self.citing: CitingForm | None = None

    @property
    def what(self) -> str:
        """What the row is called: “role 3”."""
        return f"{self.kind.label_one} {self.number + 1 if isinstance(self.number, int) else '__m__'}"

    def drawn(self) -> list[Drawn]:
        return [Drawn(self[name], "") for name in self.fields]

    @property
    def is_removed(self) -> bool:
        return bool(self.data.get(self.add_prefix("remove")))

    @property
    def id(self) -> str:
        return self.data.get(self.add_prefix("id"), "")

    @property
    def version(self) -> str:
        return self.data.get(self.add_prefix("version"), "")

    @property
    def url(self) -> str:
        """Where the row has all its fields."""
        return reverse("edit", args=[self.kind.plural, self.id]) if self.id else ""

    @property
    def is_used(self) -> bool:
        """Whether it has to be read at all."""
        if self.began is None:
            return not (self.id or self.is_removed) and (not self.is_blank() or self.citing.is_used)
        return True


class Rows:
    """The rows of one related kind in the form of a record."""

    def __init__(self, related: Related, typed: QueryDict, *, parent, reader: Reader):
        self.related, self.kind, self.parent = related, kinds()[related.kind], parent
        self.typed, self.reader = typed, reader
        self.names = names_of(related, self.kind)
        self.forms: list[RowForm] = []
        self.has_more = False

    # -- drawing it for the first time -------------------------------------------------------------------

    def read_first(self) -> list:
        """The first rows, as they are now."""
        if self.parent is None:
            return []
        rows = self.kind.rows().visible_to(self.reader).filter(**{self.related.by: self.parent.id})
        sort = (self.related.sort or self.kind.order).removeprefix("-")
        order = sort if sort in self.kind.fields and sort != self.related.by else "id"
        found = list(rows.order_by(order, "id")[: MOST + 1])
        self.has_more = len(found) > MOST
        return found[:MOST]

    def lay_out(self, rows: list, blank: int = 0) -> None:
        """Note the rows and some empty ones in what is typed; their inputs are filled when their names are known."""
        for n, row in enumerate(rows):
            prefix = f"{self.kind.name}-{n}-"
            self.typed[f"{prefix}id"], self.typed[f"{prefix}version"] = str(row.id), str(row.version)
        self.typed[f"{self.kind.name}-count"] = str(len(rows) + blank)
        if self.has_more:
            self.typed[f"{self.kind.name}-more"] = "1"

    # -- reading what was typed --------------------------------------------------------------------------

    def sent_ids(self) -> dict[int, UUID]:
        """Ids of the rows that were there when the form was drawn, by number."""
        found = {}
        for n in range(self.count if self.parent else 0):
            try:
                found[n] = UUID(self.typed.get(f"{self.kind.name}-{n}-id", ""))
            except ValueError:
                continue
        return found

    @property
    def count(self) -> int:
        return min(number(self.typed.get(f"{self.kind.name}-count")), MOST_SENT)

    def read_began(self, present: Iterable = ()) -> None:
        """The rows as they were in the versions that the form carries. One query; more only for rows that moved."""
        ids = self.sent_ids()
        present = {row.id: row for row in present}
        if set(ids.values()) - set(present):
            rows = self.kind.rows().with_retired_visible_to(self.reader).filter(id__in=ids.values())
            present = {row.id: row for row in rows}
        versions = {id: self.typed.get(f"{self.kind.name}-{n}-version", "") for n, id in ids.items()}
        self.began = as_they_were(self.kind, present, versions)
        self.has_more = bool(self.typed.get(f"{self.kind.name}-more"))

    def make_forms(self, known: Mapping, currency: str, cited: dict) -> None:
        """`cited`: what all CitingForms of the sheet have in common."""
        self._known, self._currency, self._cited = known, currency, cited
        ids = self.sent_ids()
        self.forms = [self._form(n, self.began.get(ids.get(n))) for n in range(self.count)]

    def pattern(self) -> RowForm:
        """An empty row that the script copies; its number is `__n__`."""
        return self._form("__n__", None)

    def _form(self, n, began) -> RowForm:
        common = {"reader": self.reader, "known": self._known}
        form = RowForm(self.kind, self.names, self.typed, number=n, began=began, currency=self._currency, **common)
        form.fill(began, [name for name in self.names if form.add_prefix(name) not in self.typed])
        form.take_theirs()
        form.citing = CitingForm(self.typed, prefix=form.prefix, names=BESIDE_ROW, **self._cited)
        return form

    def ids(self) -> tuple[dict[str, set], set]:
        """What the rows refer to: (by kind, of any kind)."""
        return references(self.kind, self.names, self.began.values())

    def add(self) -> None:
        self.typed[f"{self.kind.name}-count"] = str(min(self.count + 1, MOST_SENT))

    # -- words -------------------------------------------------------------------------------------------

    @property
    def title(self) -> str:
        return str(self.related.title or self.kind.label_many)

    @property
    def most(self) -> int:
        return MOST

    @property
    def heads(self) -> list[tuple[str, str]]:
        """(label, type) of each column."""
        return [(str(field.label), field.type) for field in (self.kind.typed_fields[name] for name in self.names)]

    @property
    def all_url(self) -> str:
        return f"{reverse('list', args=[self.kind.plural])}?{urlencode({self.related.by: self.parent.id})}"


def names_of(related: Related, kind: Kind) -> list[str]:
    """The fields of a row: those behind the columns that the record's page shows."""
    names = []
    for column in related.columns:
        names += [n for n in (column, f"{column}_ko", f"{column}_en") if n in kind.typed_fields]
    return names


def references(kind: Kind, names: Iterable[str], rows: Iterable) -> tuple[dict[str, set], set]:
    """Ids that these rows refer to in these fields: (by kind, of any kind)."""
    fields = (kind.typed_fields[name] for name in names)
    return mentioned([([field for field in fields if field.type in (Type.REF, Type.RECORD)], rows)])
