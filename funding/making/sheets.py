"""Rows on their way into one table and into its history, as the text that COPY reads."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from .chance import NULL, Chance

OWN = ("id", "visibility", "is_retired", "version", "updated_at", "change_id")


class Sheet:
    """Present rows and closed versions of one kind.

    `columns` are written in this order; the last ones, `changing`, differ from version to version. All others of the
    model are empty. Each row had `past` earlier versions on average.
    """

    def __init__(self, chance: Chance, model, columns: str, changing: str, past: float):
        self.chance, self.model, self.table = chance, model, model._meta.db_table
        named = [*columns.split(), *changing.split()]
        fields = {f.column: f for f in model._meta.concrete_fields if not f.generated}
        rest = [column for column in fields if column not in named and column not in OWN]
        days = [f"{c}_{end}" for c in columns.split() for end in ("first", "last") if model_has(model, f"{c}_first")]
        self.columns = [*OWN, *named, *rest]
        self.past_columns = [*self.columns, *days, "until", "ended_by"]
        self._empty = "".join(f"\t{_empty(fields[column])}" for column in rest)
        self._counts, self._n = chance.counts(past), 0
        self.present: list[str] = []
        self.closed: list[str] = []

    def add(self, id: str, visibility: int, created: int, fixed: str, days: str, now: str, *then: str, retired="f"):
        """One row. `fixed` and `now` are the values of the columns and of the changing ones, tab between each; `days` the first
        and last days of its dates; `then` what the changing ones were, version after version, again and again."""
        chance, empty = self.chance, self._empty
        self._n += 1
        room = chance.changes - 1 - created
        past = min(self._counts[self._n % 997], room - 1)
        if past <= 0:
            at, since = created, chance.instants[created]
            self.present.append(
                f"{id}\t{visibility}\t{retired}\t1\t{since}\t{chance.first_change + at}\t{fixed}\t{now}{empty}\n"
            )
            return
        step = room // (past + 1)
        at, since, shift = created, chance.instants[created], chance.below(step)
        tail = f"{empty}\t{days}" if days else empty
        for n in range(past):
            until = created + (n + 1) * step + shift
            ends = chance.instants[until]
            self.closed.append(
                f"{id}\t{visibility}\tf\t{n + 1}\t{since}\t{chance.first_change + at}\t{fixed}\t{then[n % len(then)]}{tail}"
                f"\t{ends}\t{chance.first_change + until}\n"
            )
            at, since = until, ends
        self.present.append(
            f"{id}\t{visibility}\t{retired}\t{past + 1}\t{since}\t{chance.first_change + at}\t{fixed}\t{now}{empty}\n"
        )

    def take(self) -> tuple["Sheet", list[str], list[str]]:
        """What is on the sheet; the sheet is empty then."""
        taken = self, self.present, self.closed
        self.present, self.closed = [], []
        return taken

    @property
    def size(self) -> int:
        return len(self.present) + len(self.closed)


def model_has(model, column: str) -> bool:
    return any(f.column == column for f in model._meta.concrete_fields)


def _empty(field: models.Field) -> str:
    if field.null:
        return NULL
    if isinstance(field, ArrayField):
        return "{}"
    if field.has_default() and field.get_default() != "":
        return str(field.get_default())
    return ""
