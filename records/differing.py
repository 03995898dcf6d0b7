"""Where sources differ: statements about one attribute of a record that cannot all be true, found by workers.

Statements are compared where they speak of the same date, plans with plans and facts with facts. Numbers of one unit differ
where no number fits them all (“about” leaves 5 % on either side), dates where no day does, instants where they are two.
Any other value differs as a text, and only in a field: a record has one name, but many a free attribute has several values.
Prose and lists are told by each source in its own words.

What differs is opened once as a Disagreement. It is not opened again after somebody decided on it, or took it back, unless
something else has been said since. One that was found and is open is closed when its statements no longer differ.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .figures import Figure
from .history import change
from .kinds import Kind, Type, kinds
from .labels import in_both
from .models import Disagreement
from .showing import attribute_word

FINDER = "사업대장 · registry"  # who is named for what nobody did
AT_ONCE = 2000  # rows written by one statement
COMPARED = (Type.TEXT, Type.CHOICE, Type.REF, Type.RECORD, Type.DATE, Type.INSTANT, Type.INTEGER, Type.DECIMAL,
            Type.MONEY, Type.BOOLEAN)  # fmt: skip
NO_LONGER = ("인용한 값이 더는 서로 다르지 않음.", "The statements no longer differ.")

SAID = """
SELECT c.record_id, c.attribute, coalesce(c.speaks_of, '') AS at, c.certainty = 'planned' AS is_plan, c.value, c.unit,
  c.qualifier, c.visibility
FROM public.records_citation c WHERE NOT c.is_retired AND c.value <> '' AND {of_these}
"""

DIFFER = """
CASE
  WHEN min(unit) = max(unit) AND bool_and(numbers IS NOT NULL) THEN max(numbers[1]) > min(numbers[2])
  WHEN min(unit) = max(unit) AND bool_and(days IS NOT NULL) THEN max(days[1]) > min(days[2])
  WHEN min(unit) = max(unit) AND bool_and(instant IS NOT NULL) THEN max(instant) > min(instant)
  ELSE bool_and(is_field) AND (min(value) <> max(value) OR min(unit) <> max(unit))
END"""

# Per record and attribute that differs: from which level on one sees it, and what kind of values these are.
FOUND = f"""
WITH said AS ({SAID}),
field (kind, attribute) AS (SELECT * FROM unnest(%(kinds)s::text[], %(attributes)s::text[])),
several AS (
  SELECT record_id, attribute, at, is_plan FROM said GROUP BY 1, 2, 3, 4
  HAVING min(value) <> max(value) OR min(unit) <> max(unit)
),
read AS (
  SELECT s.*, r.kind, f.kind IS NOT NULL AS is_field, public.statement_numbers(s.value, s.qualifier) AS numbers,
    public.statement_days(s.value) AS days, public.statement_instant(s.value) AS instant
  FROM said s JOIN several USING (record_id, attribute, at, is_plan)
  JOIN public.records_record r ON r.id = s.record_id AND NOT r.is_retired
  LEFT JOIN field f ON f.kind = r.kind AND f.attribute = s.attribute
),
differing AS (SELECT record_id, attribute, at, is_plan FROM read GROUP BY 1, 2, 3, 4 HAVING {DIFFER}),
seen AS (
  SELECT record_id, attribute, l.level, min(kind) AS kind, bool_and(numbers IS NOT NULL) AS are_numbers,
    bool_and(days IS NOT NULL) AS are_days
  FROM read JOIN differing USING (record_id, attribute, at, is_plan) JOIN (VALUES (0), (1), (2)) l (level) ON visibility <= l.level
  GROUP BY record_id, attribute, at, is_plan, l.level HAVING {DIFFER}
),
found AS (
  SELECT record_id, attribute, min(kind) AS kind, min(level) AS level, bool_and(are_numbers) AS are_numbers,
    bool_and(are_days) AS are_days
  FROM seen GROUP BY 1, 2
)
"""

# Not opened again: what is open, and what was decided or taken back when the same was said.
TO_OPEN = (
    FOUND
    + """
SELECT f.record_id, f.attribute, f.kind, f.level, f.are_numbers, f.are_days FROM found f
WHERE NOT EXISTS (
  SELECT FROM public.records_disagreement d WHERE d.record_id = f.record_id AND d.attribute = f.attribute
   AND (d.state = 'open' AND NOT d.is_retired
        OR public.statements_at(f.record_id, f.attribute, d.updated_at) = public.statements_at(f.record_id, f.attribute, clock_timestamp())))
ORDER BY f.record_id, f.attribute
"""
)

OPEN = """
SELECT d.id, d.visibility, f.level,
  (SELECT CASE WHEN min(c.value) = max(c.value) THEN min(c.value) END FROM public.records_citation c
   WHERE c.record_id = d.record_id AND c.attribute = d.attribute AND NOT c.is_retired AND c.value <> '') AS left_over
FROM public.records_disagreement d LEFT JOIN found f USING (record_id, attribute)
WHERE d.origin = 'found' AND d.state = 'open' AND NOT d.is_retired AND {of_these_d} ORDER BY d.id
"""


@dataclass(frozen=True)
class Differs:
    """What is to be opened: about which attribute of which record, and who sees it."""

    record: UUID
    attribute: str
    kind: str
    level: int
    are_numbers: bool
    are_days: bool


def find(scopes: set[UUID] | None) -> None:
    """Compare what is said of these records (None: of all), open what differs and close what no longer does. One change."""
    new = [_opened(one) for one in _to_open(scopes)]
    moved = [row for row in _open(scopes) if row[1] != row[2]]
    if not (new or moved):
        return
    with change(actor_name=FINDER):
        for n in range(0, len(new), AT_ONCE):
            Disagreement.objects.bulk_create(new[n : n + AT_ONCE])
        for id, _visibility, level, left_over in moved:
            if level is None:
                _close(id, left_over or "")
            else:
                Disagreement.objects.filter(id=id, state=Disagreement.State.OPEN).update(visibility=level)


def differences() -> Iterator[str]:
    """What is found to differ and not opened, or open and no longer differing."""
    for one in _to_open(None):
        yield f"disagreements: {one.attribute} of {one.record} differs and is not open"
    for id, visibility, level, _left in _open(None):
        if level != visibility:
            yield f"disagreements: {id} is open, and its statements say otherwise"


def _opened(one: Differs) -> Disagreement:
    kind = kinds()[one.kind]
    ko, en = in_both(_Topic(kind, one.attribute))
    return Disagreement(
        record_id=one.record,
        attribute=one.attribute,
        kind=_nature(kind, one),
        topic_ko=ko[:300],
        topic_en=en[:300],
        severity=_weight(kind, one.attribute),
        origin=Disagreement.Origin.FOUND,
        visibility=one.level,
    )


@dataclass(frozen=True)
class _Topic:
    kind: Kind
    attribute: str

    def __str__(self):
        return attribute_word(self.attribute, self.kind)


def _close(id: UUID, left_over: str) -> None:
    Disagreement.objects.filter(id=id, state=Disagreement.State.OPEN).update(
        state=Disagreement.State.DECIDED,
        adopted=left_over,
        reason_ko=NO_LONGER[0],
        reason_en=NO_LONGER[1],
        decided_by=FINDER,
        decided_on=timezone.localdate().isoformat(),
    )


def _nature(kind: Kind, one: Differs) -> str:
    declared = kind.all_fields.get(one.attribute)
    if one.attribute.startswith("total_") or (declared and declared.type is Type.MONEY):
        return Disagreement.Kind.MONEY
    if (declared and declared.type in (Type.DATE, Type.INSTANT)) or (one.are_days and not one.are_numbers):
        return Disagreement.Kind.DATE
    if kind.label_base and one.attribute.startswith(kind.label_base):
        return Disagreement.Kind.SPELLING
    return Disagreement.Kind.COUNT if one.are_numbers else Disagreement.Kind.VALUE


def _weight(kind: Kind, attribute: str) -> str:
    """Major: money, and what a record's page says first."""
    declared = kind.all_fields.get(attribute)
    is_money = attribute.startswith("total_") or (declared and declared.type is Type.MONEY)
    is_first = attribute in kind.facts or attribute.removesuffix("_ko").removesuffix("_en") in (
        kind.label_base,
        *kind.facts,
    )
    return Disagreement.Severity.MAJOR if is_money or is_first else Disagreement.Severity.MINOR


# ---- asking --------------------------------------------------------------------------------------------


def _to_open(scopes: Iterable[UUID] | None) -> list[Differs]:
    return [Differs(*row) for row in _asked(TO_OPEN, scopes)]


def _open(scopes: Iterable[UUID] | None) -> list[tuple]:
    return _asked(FOUND + OPEN, scopes)


def _asked(sql: str, scopes: Iterable[UUID] | None) -> list[tuple]:
    these = "true" if scopes is None else "{}.record_id = ANY(%(scopes)s)"
    names, attributes = zip(*compared_fields(), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(
            sql.format(of_these=these.format("c"), of_these_d=these.format("d")),
            {"kinds": list(names), "attributes": list(attributes), "scopes": list(scopes or ())},
        )
        return cursor.fetchall()


@cache
def compared_fields() -> tuple[tuple[str, str], ...]:
    """(kind, field) of which a record has one value that sources can state."""
    return tuple(
        (kind.name, field.name)
        for kind in kinds().values()
        for field in kind.typed_fields.values()
        if field.type in COMPARED
        and not (field.type is Type.TEXT and field.max_length is None)
        and field.name != "visibility"
    )


DISAGREEMENTS = Figure("disagreements", find, differences, "records_citation", _("disagreements"))
