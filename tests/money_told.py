"""What totals must say to a reader, told slowly from the oracle of the figures: for the tests of money."""

from collections import defaultdict
from uuid import UUID

from funding.models import LineFigure, Rollup
from funding.rollups import WHOLE
from funding.rollups.facts import SUMS
from funding.rollups.plainly import MEASURES, Counted, lines_plainly
from labs.models import Institution
from programs.models import Project
from records.rights import Reader, Visibility

KEY = ("fiscal_year", "payer_kind", "payer_place", "form", "currency", "state")
OF_LINE = ("scope", "program", "payer", "recipient", "category")
VALUE_OF = {
    "program": lambda c: c.line.program_id,
    "project": lambda c: c.line.project_id,
    "payer": lambda c: c.line.payer_id,
    "recipient": lambda c: c.line.recipient_id,
    "category": lambda c: c.line.category or None,
    "fiscal_year": lambda c: c.year,
    "payer_kind": lambda c: c.line.payer_kind,
    "abroad": lambda c: c.line.abroad,
    "form": lambda c: c.line.form,
    "currency": lambda c: c.line.currency,
    "state": lambda c: c.line.state,
}


def told(reader: Reader, *, group_by=(), program=None, project=None, only=None, as_of=None) -> set[tuple]:
    """The rows that `totals` must give to this reader."""
    only = only or {}
    hidden = set(Institution.objects.filter(visibility__gt=reader.level).values_list("id", flat=True))

    def shown(name: str, counted: Counted):
        value = VALUE_OF[name](counted)
        return None if name in ("payer", "recipient") and value in hidden else value

    parents = dict(Project.objects.values_list("id", "parent"))
    groups: dict[tuple, list[Counted]] = defaultdict(list)
    for counted in _seen(reader, as_of):
        is_asked = program in (None, counted.line.program_id) and project in (None, *_above(counted, parents))
        if is_asked and all(VALUE_OF[name](counted) in values for name, values in only.items()):
            groups[tuple(shown(name, counted) for name in (*group_by, "currency"))].append(counted)
    is_by_year = "fiscal_year" in group_by or len(only.get("fiscal_year", ())) == 1
    return {(*group, *_measures(of, is_by_year)) for group, of in groups.items()}


def _seen(reader: Reader, as_of) -> list[Counted]:
    of_level = {level: lines_plainly(level, as_of) for level in {reader.level, max(reader.level, Visibility.SHARED)}}

    def level(program: UUID) -> int:
        return max(reader.level, Visibility.SHARED) if program in reader.takes_part_in else reader.level

    return [c for here, all_lines in of_level.items() for c in all_lines if level(c.line.program_id) == here]


def _above(counted: Counted, parents: dict) -> list[UUID]:
    found, project = [], counted.line.project_id
    while project:
        found.append(project)
        project = parents[project]
    return found


def _measures(counted: list[Counted], is_by_year: bool) -> tuple:
    sums = {m: total([getattr(c, m) for c in counted]) for m in MEASURES}
    remaining = None if sums["committed"] is None else sums["committed"] - (sums["spent"] or 0)
    lines = defaultdict(list)
    for c in counted:
        lines[c.line.id, c.year if is_by_year else None].append(c.planned is None and c.committed is None)
    return (*sums.values(), remaining, len(lines), sum(map(all, lines.values())))


def total(values: list[int | None]) -> int | None:
    stated = [value for value in values if value is not None]
    return sum(stated) if stated else None


# ---- what is stored, added up --------------------------------------------------------------------------------


def stored_lines(level: int) -> dict[tuple, tuple]:
    """What the stored figures of lines come to for a reader of this level, by line and year."""
    names = ("line", *OF_LINE, *KEY)
    return _added(LineFigure.objects.filter(level__lte=level).values(*names, *SUMS), names)


def lines_as_told(level: int) -> dict[tuple, tuple]:
    found = {}
    for c in lines_plainly(level):
        line = c.line
        of_line = (line.project_id or line.program_id, line.program_id, line.payer_id, line.recipient_id, line.category)
        found[line.id, *of_line, *c.key] = (*(getattr(c, m) for m in MEASURES), 1, int(_is_unstated(c)))
    return found


def _is_unstated(c: Counted) -> bool:
    return c.planned is None and c.committed is None


def stored(level: int) -> dict[tuple, tuple]:
    """What the stored parts come to for a reader of this level, in the shape of `plainly`."""
    rows = []
    for row in LineFigure.objects.filter(level__lte=level).values("scope", *KEY, *SUMS):
        rows += [row | {"span": "own"}, row | {"span": "tree"}]
    rows += [row | {"span": "tree"} for row in Rollup.objects.filter(level__lte=level).values("scope", *KEY, *SUMS)]
    return _added(rows, ("span", "scope", *KEY))


def _added(rows, names: tuple) -> dict[tuple, tuple]:
    groups: dict[tuple, dict] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
    for row in rows:
        group = groups[tuple((row[name] or None) if name == "fiscal_year" else row[name] for name in names)]
        for name in SUMS:
            group[name] += row[name]
    return {
        key: (*(of[m] if of[f"with_{m}"] else None for m in MEASURES), of["lines"], of["unstated"])
        for key, of in groups.items()
        if of["lines"]
    }


__all__ = ["WHOLE", "lines_as_told", "stored", "stored_lines", "told", "total"]
