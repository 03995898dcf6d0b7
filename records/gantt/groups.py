"""What stands on the timeline of a record, in groups: of each kind the rows that belong to it, in the order of its page.

A group is a condition on the rows of one kind, so what it counts and lists is what its reader may see of them, now or as
the registry knew it. What carries (a participation, a role) stands for what one takes part in, split by the part taken
where there is much of it.
"""

from dataclasses import dataclass, replace
from functools import cache

from django.db import connection
from django.db.models import Q
from django.utils.text import capfirst

from ..base import Record
from ..kinds import Kind, Type, kind_of, kinds
from ..moments import address
from ..relations import Relation

EVERYTHING = ("program", "agreement", "event", "exchange", "course", "lab")  # the rest stands on the timelines of these
WITH_MUCH = ("program", "lab")  # of these: they lead to their own timelines


@dataclass(frozen=True)
class Group:
    """Rows of `kind` that lead by their field `by` to the record whose timeline it is; `key` names it in addresses."""

    key: str
    title: str
    kind: Kind
    condition: Q
    by: str = ""  # "" on the timeline of everything
    part: str = ""  # of what carries: those alone with which one takes this part
    asked: tuple[tuple[str, str], ...] = ()  # what its list is asked, as an address

    @property
    def carries(self) -> str:
        """The field with what its rows stand for on this timeline; "" where they stand for themselves."""
        return self.kind.carries if self.by and self.by != self.kind.carries else ""

    @property
    def list_url(self) -> str:
        """The list of all its rows, whether or not they are dated."""
        return address("list", self.kind.plural, **dict(self.asked))

    @property
    def called(self) -> Kind:
        """The kind with the label of its rows, without what all of them have in common."""
        return _called_without(self.kind, self.by)

    def split(self) -> list["Group"]:
        """The same by the part taken, for each part that any row takes."""
        field = part_of(self.kind)
        taken = set(
            self.kind.model.objects.filter(self.condition).order_by().values_list(field.name, flat=True).distinct()
        )
        return [
            replace(
                self,
                key=f"{self.key}-{value}".replace("_", "-"),
                title=f"{self.title} · {words}",
                condition=self.condition & Q(**{field.name: value}),
                part=value,
                asked=(*self.asked, (field.name, value)),
            )
            for value, words in field.choices
            if value in taken
        ]


def groups_of(kind: Kind, row, reader) -> list[Group]:
    """Of the kinds with dated facts, each way in which their rows may stand on the timeline of this record."""
    related = _belonging(row, reader)
    return [
        Group(
            key=f"{one.name}-{by}".replace("_", "-"),
            title=str(title),
            kind=one,
            condition=Q(**{by: row.id}, **only) | (Q(id__in=related.pop(one.name)) if one.name in related else Q()),
            by=by,
            asked=((by, str(row.id)), *((name, str(value).lower()) for name, value in only.items())),
        )
        for one, by, title, only in _there(_ways(kind), row, related)
    ]


def groups_of_everything() -> list[Group]:
    """What no other record has to be opened for."""
    return [
        Group(one.plural, capfirst(str(one.label_many)), one, Q())
        for one in (kinds()[name] for name in EVERYTHING if name in kinds())
    ]


def may_own(kind: Kind) -> bool:
    """Whether records of this kind have a timeline: dates of their own, or what says by a field of its own that it is theirs."""
    return bool(kind.dated) or any(
        field.type is Type.REF and kind_of(field.target) is kind
        for one in kinds().values()
        if one.dated
        for field in (one.all_fields[by] for by in one.owners)
    )


def part_of(kind: Kind):
    """The field that says which part one takes: what such rows are called after, besides who and in what."""
    return next(field for name in kind.label if (field := kind.all_fields.get(name)) and field.type is Type.CHOICE)


def _ways(kind: Kind) -> list[tuple[Kind, str, str, dict]]:
    """(kind of the rows, their field, heading, further conditions): as the record's page has them, then all other owners."""
    found = []
    for related in kind.related:
        one = kinds()[related.kind]
        if one.dated and related.by in one.owners:
            only = {name: value == "true" for name, value in related.only}
            found.append((one, related.by, capfirst(str(related.title or one.label_many)), only))
    there = {(one.name, by) for one, by, _title, _only in found}
    for one in kinds().values():
        fields = [by for by in one.owners if one.dated and _may_lead_to(one, by, kind)]
        several = sum(one.all_fields[by].type is Type.REF for by in fields) > 1  # sender and receiver of an exchange
        for by in fields:
            if (one.name, by) not in there:
                title = capfirst(str(one.label_many))
                found.append((one, by, f"{title} · {one.all_fields[by].label}" if several else title, {}))
    return found


def _there(ways: list, row, related: dict) -> list:
    """Of these ways those that any row goes, seen or not: most records have few of them."""
    asked = " UNION ALL ".join(
        f"(SELECT {n} FROM {one.model._meta.db_table} WHERE {one.model._meta.get_field(by).column} = %(id)s LIMIT 1)"
        for n, (one, by, _title, _only) in enumerate(ways)
    )
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(asked, {"id": row.id})
        found = {n for (n,) in cursor}
    return [way for n, way in enumerate(ways) if n in found or way[0].name in related]


def _may_lead_to(one: Kind, by: str, kind: Kind) -> bool:
    field = one.all_fields[by]
    return field.type is Type.RECORD or (field.type is Type.REF and kind_of(field.target) is kind)


def _belonging(row, reader) -> dict[str, list]:
    """Ids by kind of what belongs to the record besides what leads to it: an event of a second program."""
    said = Relation.objects.visible_to(reader).filter(other_id=row.id, kind=Relation.Kind.BELONGS_TO)
    found: dict[str, list] = {}
    for name, id in Record.objects.filter(id__in=said.values("record_id")).values_list("kind", "id"):
        found.setdefault(name, []).append(id)
    return found


@cache
def _called_without(kind: Kind, by: str) -> Kind:
    label = tuple(name for name in kind.label if name != by)
    return kind if label == kind.label or not label else replace(kind, label=label)
