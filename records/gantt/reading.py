"""What stands in the tree of a program's timeline, read from the kinds' own tables: a query for each level that is open, and
one for each kind, however many projects the program has.

So rights, `as_of` and the registry's past are those of every list, and a change is seen at once.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Count, F, Max, Min, Q, QuerySet, Value

from ..kinds import Dated, Kind, kinds
from .standing import Look

PAGE = 60  # projects of the first level on one page
MOST = 150  # rows of projects on one page; the branch that goes beyond is shown whole, and the page ends
MOST_BELOW = 60  # parts of one project, phases, rows of a group; the list has the others
MOST_MARKS = 40  # facts that a folded group draws; of more it draws from when to when they go
ON_TOP = 30  # milestones on one row
GROUPS = (
    "agreement", "event", "exchange", "course", "output", "committee", "participation", "role", "funding_line",
    "obligation",
)  # fmt: skip


@dataclass
class Group:
    """What belongs to a project, or to the program itself, of one kind."""

    kind: Kind
    number: int
    first: date | None
    last: date | None
    rows: list = field(default_factory=list)  # read where it is open, or where its few dates are drawn


@dataclass
class Node:
    """A project, or the program on top, with what was read of it."""

    kind: Kind
    row: object
    key: str
    depth: int = 0
    is_open: bool = False
    below: list["Node"] = field(default_factory=list)
    how_many_below: int = 0
    milestones: list = field(default_factory=list)
    phases: list = field(default_factory=list)
    has_phases: bool = False
    groups: dict[str, Group] = field(default_factory=dict)

    @property
    def id(self) -> UUID:
        return self.row.id

    def group_key(self, name: str) -> str:
        return f"{self.key}.{name}"

    def walk(self) -> Iterable["Node"]:
        yield self
        for node in self.below:
            yield from node.walk()


@dataclass
class Tree:
    """`top` is the program. `number` of projects of the first level there are; those shown begin with the one after
    `before`; `next` is the key of the first that is not shown."""

    top: Node
    number: int
    before: int
    next: str
    days: list[date]  # the first and the last that a project states


def read(kind: Kind, row, look: Look, opened: frozenset[str], begins: str = "") -> Tree:
    """The program with the projects of one page, and beneath each what is opened."""
    project = kinds()["project"]
    top = Node(kind, row, row.slug, is_open=True)
    rows = _rows(project, look).filter(program=row.id)
    is_first = Q(parent=None) | ~Q(parent__program=row.id)
    firsts = rows.filter(is_first).order_by("number", "id")
    number, *days = rows.aggregate(
        number=Count("id", filter=is_first),
        first=Min("starts_on_first"),
        last=Max("ends_on_last"),
        latest=Max("starts_on_last"),
    ).values()
    here = _from(firsts, begins)
    before = number - here.count() if begins else 0
    page = [Node(project, one, one.slug, 1, one.slug in opened) for one in here[: PAGE + 1]]
    _read_below(page[:PAGE], rows, opened)
    shown = _cut(page[:PAGE])
    top.below = page[:shown]
    nodes = list(top.walk())
    _read_on_rows(nodes, rows, look)
    _read_groups(nodes, look)
    _read_rows_of_groups(nodes, look, opened)
    days = [day for day in days if day and date.min < day < date.max]
    return Tree(top, number, before, page[shown].key if shown < len(page) else "", days)


def _rows(kind: Kind, look: Look) -> QuerySet:
    """The rows that exist for the reader and can have begun by the day that is looked at."""
    rows = kind.model.objects.visible_to(look.reader)
    if look.as_of is None:
        return rows
    begun = Q()
    for dated in kind.dated:
        begun |= Q(**{f"{dated.starts}_first": None}) | Q(**{f"{dated.starts}_first__lte": look.as_of})
    return rows.filter(begun)


def _from(firsts: QuerySet, begins: str) -> QuerySet:
    """Those from the project with this slug on; where there is none, all."""
    place = firsts.filter(slug=begins).values_list("number", "id").first() if begins else None
    if place is None:
        return firsts
    return firsts.filter(Q(number__gt=place[0]) | Q(number=place[0], id__gte=place[1]))


def _cut(page: list[Node]) -> int:
    """How many of the first level are shown, so that a page is not much longer than MOST rows."""
    rows = 0
    for n, node in enumerate(page):
        rows += sum(1 for _each in node.walk())
        if rows >= MOST:
            return n + 1
    return len(page)


def _read_below(nodes: list[Node], rows: QuerySet, opened: frozenset[str]) -> None:
    """The parts of what is open, level by level. A row is met once, whatever its parents say."""
    seen, left = {node.id for node in nodes}, 2 * MOST
    level = [node for node in nodes if node.is_open]
    while level and left > 0:
        by_id = {node.id: node for node in level}
        found = rows.filter(parent__in=by_id).order_by("number", "id")[:left]
        level = []
        for row in found:
            over = by_id[row.parent_id]
            left -= 1
            if row.id in seen or len(over.below) >= MOST_BELOW:
                continue
            seen.add(row.id)
            node = Node(over.kind, row, row.slug, over.depth + 1, row.slug in opened)
            over.below.append(node)
            level += [node] if node.is_open else []


def _read_on_rows(nodes: Sequence[Node], rows: QuerySet, look: Look) -> None:
    """How many parts each has, the milestones on each row, and the phases beneath those that are open."""
    by_id = {node.id: node for node in nodes}
    counted = rows.filter(parent__in=by_id).order_by().values_list("parent").annotate(number=Count("id"))
    for parent, number in counted:
        by_id[parent].how_many_below = number
    for row in (
        _rows(kinds()["milestone"], look).filter(scope__in=by_id).order_by("due_on_first", "id")[: ON_TOP * MOST]
    ):
        by_id[row.scope_id].milestones.append(row)
    open_ones = [node.id for node in nodes if node.is_open]
    for row in _rows(kinds()["phase"], look).filter(scope__in=open_ones).order_by("starts_on_first", "id")[: 5 * MOST]:
        by_id[row.scope_id].phases.append(row)


def _read_groups(nodes: Sequence[Node], look: Look) -> None:
    """What else belongs to each, counted by kind, and from when to when it goes: one statement."""
    by_id = {node.id: node for node in nodes}
    parts = []
    for name, by, only, whose in _ways(nodes):
        first, last = _ends(kinds()[name].dated[-1])
        rows = _rows(kinds()[name], look).filter(**{f"{by}__in": [node.id for node in whose]}, **only).order_by()
        counted = rows.values_list(Value(name), by).annotate(number=Count("id"), first=Min(first), last=Max(last))
        parts.append(counted)
    for name, id, number, first, last in parts[0].union(*parts[1:], all=True) if parts else ():
        if name == "phase":
            by_id[id].has_phases = True
        else:
            by_id[id].groups[name] = Group(kinds()[name], number, first, last)


def _ways(nodes: Sequence[Node]) -> list[tuple[str, str, dict, list[Node]]]:
    """(kind, field, further conditions, nodes to which its rows lead): money of a project leads to the program too."""
    found = []
    for name in ("phase", *GROUPS):
        if "scope" in kinds()[name].fields:
            found.append((name, "scope", {}, list(nodes)))
        else:
            found.append((name, "program", {"project": None}, [node for node in nodes if node.kind.name == "program"]))
            found.append((name, "project", {}, [node for node in nodes if node.kind.name == "project"]))
    return [way for way in found if way[3]]


def _ends(dated: Dated) -> tuple[str, str]:
    """The columns of its first day and of its last."""
    return f"{dated.starts}_first", f"{dated.ends or dated.starts}_last"


def _read_rows_of_groups(nodes: Sequence[Node], look: Look, opened: frozenset[str]) -> None:
    """The rows of the groups that are open, and of those whose few dates a folded group draws."""
    by_id = {node.id: node for node in nodes}
    for name, by, only, whose in _ways(nodes):
        wanted = [
            node.id for node in whose if node.is_open and (group := node.groups.get(name)) and _is_read(node, group, opened)
        ]  # fmt: skip
        if not wanted:
            continue
        first, _last = _ends(kinds()[name].dated[-1])
        rows = _rows(kinds()[name], look).filter(**{f"{by}__in": wanted}, **only)
        for row in rows.order_by(F(first).asc(nulls_last=True), "id")[: (MOST_BELOW + 1) * len(wanted)]:
            group = by_id[getattr(row, f"{by}_id")].groups[name]
            if len(group.rows) <= MOST_BELOW:
                group.rows.append(row)


def _is_read(node: Node, group: Group, opened: frozenset[str]) -> bool:
    return node.group_key(group.kind.name) in opened or (is_of_points(group.kind) and group.number <= MOST_MARKS)


def is_of_points(kind: Kind) -> bool:
    """Whether rows of a kind lie on a day each, as events and papers do."""
    return all(dated.ends is None or dated.is_brief for dated in kind.dated)
