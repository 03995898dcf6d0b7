"""Versions that ended because a date of the record became another one: `history.<table>.dates_moved`.

They are few among many versions. With the present row they are all that one needs to say what a date was, one after
the other (slips/); indexes of their own find them by record and by instant.
"""

from django.db import connection

MOVED_INDEXES = {
    "_moved": "(id, version) WHERE dates_moved",
    "_moved_at": "(until, id) WHERE dates_moved",
}

# Of each version whether the next one has other dates; the last one has none, and its mark stays as it is.
NOTE = """
UPDATE history.{table} h SET dates_moved = true
FROM (SELECT history_id, lead(version) OVER w IS NOT NULL AND ({differ}) AS differs FROM (
        SELECT history_id, id, version, {dates} FROM history.{table}
        UNION ALL SELECT NULL, id, version, {dates} FROM public.{table}) v
      WINDOW w AS (PARTITION BY id ORDER BY version)) s
WHERE s.history_id = h.history_id AND s.differs AND h.dates_moved IS NOT TRUE
"""


def dates_of(columns: list[str]) -> list[str]:
    """Those of a table's columns that hold a date as exact as known."""
    return [name for name in columns if f"{name}_first" in columns]


def moved_sql(columns: list[str], before: str, after: str) -> str:
    """The condition that a date of the row `before` is another one in the row `after`."""
    dates = dates_of(columns)
    return " OR ".join(f'{before}"{name}" IS DISTINCT FROM {after}"{name}"' for name in dates) or "false"


def note_moved(tables: dict[str, list[str]]) -> None:
    """Mark the closed versions of these tables (with their columns) that no trigger closed."""
    with connection.cursor() as cursor:
        for table, columns in tables.items():
            if dates := dates_of(columns):
                differ = " OR ".join(f'"{name}" IS DISTINCT FROM lead("{name}") OVER w' for name in dates)
                named = ", ".join(f'"{name}"' for name in dates)
                cursor.execute(NOTE.format(table=table, differ=differ, dates=named))
