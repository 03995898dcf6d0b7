"""The tree of a program's timeline as lanes: the program with its phases, its projects with theirs, and what else belongs to each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import dates
from ..dates import Edtf
from ..kinds import Kind, Type, kinds
from ..labels import Label, label_of, labels_of, url_of
from ..moments import address
from ..showing import period_cell
from ..timelines.asking import Entry
from .dues import lane_of_dues
from .lanes import Lane, Mark, Toggle
from .marks import mark_of
from .owned import facts_of
from .question import Provided, Question, Span
from .reading import MOST_BELOW, Group, Node, Tree, is_of_points, read
from .standing import Look
from .window import span_of

SAID = ("planned", "suspended", "completed", "cancelled")  # states that a row says; most go on


def program_timeline(kind: Kind, row, label: Label, question: Question) -> Provided:
    """What the page of a program shows."""
    opened = question.open or frozenset()
    tree = read(kind, row, question.look, opened, question.query.get("begin", ""))
    rows = _Rows(question, opened, _labels(tree, question.look), facts_of(_ids(tree), question.look))
    due = lane_of_dues(kind, row, question)
    lanes = (*rows.of_program(tree), *([due] if due else ()))
    closed = {node.key for node in tree.top.walk() if node.how_many_below and not node.is_open}
    return Provided(
        lanes=lanes,
        span=_span(tree, lanes),
        next=question.href(begin=tree.next) if tree.next else "",
        first=question.href(begin=None) if tree.before else "",
        fold=question.href(open=None) if opened else "",
        unfold=question.href(open=sorted(opened | closed)) if closed else "",
    )


def _span(tree: Tree, lanes: Sequence[Lane]) -> Span | None:
    """All days of the program's projects, also of those on other pages, and of what is drawn."""
    days = [*tree.days, *(span_of(lanes) or ())]
    return (min(days), max(days)) if days else None


def _ids(tree: Tree) -> list[UUID]:
    """Every record whose dates are drawn."""
    nodes = list(tree.top.walk())
    groups = [group for node in nodes for group in node.groups.values()]
    each = (
        [node.row for node in nodes],
        *([*node.milestones, *node.phases] for node in nodes),
        *(g.rows for g in groups),
    )
    return [row.id for rows in each for row in rows]


def _labels(tree: Tree, look: Look) -> dict[UUID, Label]:
    """What the rows of open groups are called, which may be after others."""
    by_kind: dict[str, set] = {}
    for node in tree.top.walk():
        for group in node.groups.values():
            by_kind.setdefault(group.kind.name, set()).update(row.id for row in group.rows)
    return labels_of(by_kind, set(), look.reader)


@dataclass(frozen=True)
class _Rows:
    question: Question
    opened: frozenset[str]
    labels: dict[UUID, Label]
    facts: dict[UUID, list[Entry]]

    def _toggle(self, key: str, name: str) -> Toggle:
        is_open = key in self.opened
        words = _("fold “%s”") if is_open else _("open “%s”")
        return Toggle(self.question.href(open=sorted(self.opened ^ {key}) or None), words % name, is_open)

    def _own(self, row) -> list[Mark]:
        """The dates of what the lane itself is about, a period before single days, which say what they are beside it."""
        own = [self._mark(entry) for entry in self.facts.get(row.id, ())]
        own.sort(key=lambda one: one.is_point)
        return [replace(one, word=one.word if n else "") for n, one in enumerate(own)]

    def _mark(self, entry: Entry, *, label: str = "", href: str = "") -> Mark:
        """An entry; what the lane is not called after has its name beside it."""
        made = mark_of(entry, self.question.today, label=label, href=href)
        return replace(made, word=label) if label else made

    def of_program(self, tree: Tree) -> Iterable[Lane]:
        top = tree.top
        yield self._node(top, 0)
        yield from self._phases(top, 1)
        if tree.number:
            yield Lane(
                "projects", capfirst(str(kinds()["project"].label_many)), note=_shown(tree), is_head=True, when=""
            )
        for node in top.below:
            yield from self._branch(node)
        for group in _in_order(top):
            yield from self._group(top, group, 0)

    def _branch(self, node: Node) -> Iterable[Lane]:
        yield self._node(node, node.depth)
        if not node.is_open:
            return
        yield from self._phases(node, node.depth + 1)
        for below in node.below:
            yield from self._branch(below)
        if node.how_many_below > len(node.below):
            yield _further(f"{node.key}-below", kinds()["project"], "parent", node, node.how_many_below, node.depth + 1)
        for group in _in_order(node):
            yield from self._group(node, group, node.depth + 1)

    def _node(self, node: Node, depth: int) -> Lane:
        label = label_of(node.kind, node.row)
        number = getattr(node.row, "number", "")
        name = f"{number} {label}" if number and depth else str(label)
        own = self._own(node.row)
        return Lane(
            key=node.key,
            label=name,
            marks=(*own, *self._milestones(node)),
            href=label.url,
            depth=depth,
            toggle=self._toggle(node.key, str(label)) if depth and _has_more(node) else None,
            note=" · ".join(filter(None, (_state(node.kind, node.row), _parts(node)))),
            when=None if own else _("not in the sources"),
        )

    def _milestones(self, node: Node) -> Iterable[Mark]:
        """The day on which it was done, else the day on which it is due."""
        kind = kinds()["milestone"]
        for row in node.milestones:
            found = {entry.fact: entry for entry in self.facts.get(row.id, ())}
            label = str(label_of(kind, row))
            if row.state != "dropped" and (entry := found.get("done") or found.get("due")):
                first = found.get("first_planned")
                was = dates.parse(first.starts_on) if first and first.starts_on != entry.starts_on else None
                yield replace(self._mark(entry, label=label, href=url_of(kind, row)), was=was)

    def _phases(self, node: Node, depth: int) -> Iterable[Lane]:
        for row in node.phases[:MOST_BELOW]:
            yield self._row(kinds()["phase"], row, depth, _state(kinds()["phase"], row))

    def _row(self, kind: Kind, row, depth: int, note: str = "") -> Lane:
        label = self.labels.get(row.id) or label_of(kind, row)
        own = self._own(row)
        when = None if own else _("not in the sources")
        return Lane(f"r{row.id}", str(label), tuple(own), label.url, depth, note=note, when=when)

    def _group(self, node: Node, group: Group, depth: int) -> Iterable[Lane]:
        key = node.group_key(group.kind.name)
        name = capfirst(str(group.kind.label_many))
        is_open = key in self.opened
        marks = () if is_open else tuple(self._folded(group))
        told = None if marks and marks[0].is_summary else "" if marks or is_open else _("not in the sources")
        yield Lane(
            key=key.replace(".", "-"),
            label=name,
            marks=marks,
            depth=depth,
            toggle=self._toggle(key, name),
            note=_number(group.number),
            when=told,
            is_head=depth == 0,
        )
        if not is_open:
            return
        for row in group.rows[:MOST_BELOW]:
            yield self._row(group.kind, row, depth + 1)
        if group.number > MOST_BELOW:
            by = "scope" if "scope" in group.kind.fields else node.kind.name
            yield _further(f"{key}-all".replace(".", "-"), group.kind, by, node, group.number, depth + 1)

    def _folded(self, group: Group) -> Iterable[Mark]:
        """The few dates of a folded group, or from when to when they go."""
        if is_of_points(group.kind) and len(group.rows) == group.number:
            for row in group.rows:
                label = self.labels.get(row.id) or label_of(group.kind, row)
                for entry in self.facts.get(row.id, ()):
                    yield self._mark(entry, label=str(label), href=label.url)
        elif group.first or group.last:
            first, last = _day(group.first), _day(group.last)
            when = period_cell(
                first and first.text[:4], last and last.text[:4]
            ).text  # they may be known to the year only
            yield Mark(capfirst(str(group.kind.label_many)), when, first, last, count=group.number, is_summary=True)


def _day(day: date | None) -> Edtf | None:
    return Edtf(day.isoformat(), day, day) if day else None


def _in_order(node: Node) -> list[Group]:
    """Groups in the order in which a record's page has them."""
    order = [related.kind for related in node.kind.related]
    return sorted(
        node.groups.values(), key=lambda group: order.index(group.kind.name) if group.kind.name in order else 99
    )


def _has_more(node: Node) -> bool:
    return bool(node.how_many_below or node.groups or node.has_phases)


def _state(kind: Kind, row) -> str:
    return str(kind.all_fields["status"].words[row.status]) if row.status in SAID else ""


def _parts(node: Node) -> str:
    """How many parts a folded row has beneath it."""
    number = 0 if node.is_open else node.how_many_below
    return ngettext("%(number)d part", "%(number)d parts", number) % {"number": number} if number else ""


def _number(number: int) -> str:
    return ngettext("%(number)d entry", "%(number)d entries", number) % {"number": number}


def _shown(tree: Tree) -> str:
    """Which of the projects of the first level this page has."""
    last = tree.before + len(tree.top.below)
    if not tree.before and last == tree.number:
        return _number(tree.number)
    return _("%(first)d–%(last)d of %(all)d") % {"first": tree.before + 1, "last": last, "all": tree.number}


def _further(key: str, kind: Kind, by: str, node: Node, number: int, depth: int) -> Lane:
    """The way to the list with all of them."""
    value = label_of(node.kind, node.row).key if kind.all_fields[by].type is Type.REF else str(node.id)
    label = _("All %(number)d in the list") % {"number": number}
    return Lane(key, label, href=address("list", kind.plural, **{by: value}), depth=depth, when="")
