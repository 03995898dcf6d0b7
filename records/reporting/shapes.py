"""What a view is made of, and pieces of SQL that all of them have in common."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..labels import in_both
from ..money import NO_MINOR_UNIT, THREE_DIGITS
from ..rights import Visibility

LANGUAGES = ("ko", "en")
PUBLIC = Visibility.PUBLIC.value


@dataclass(frozen=True)
class Column:
    """One column of a view; the comment is in Korean and English."""

    name: str
    sql: str
    comment: tuple[str, str]


@dataclass(frozen=True)
class View:
    name: str
    comment: tuple[str, str]
    columns: tuple[Column, ...]
    rows: str  # what stands after FROM

    def statements(self) -> Iterable[str]:
        columns = ",\n  ".join(f'{column.sql} AS "{column.name}"' for column in self.columns)
        # a barrier: no condition of the asker sees a row before the view has decided about it
        yield f'CREATE VIEW reporting."{self.name}" WITH (security_barrier) AS SELECT\n  {columns}\nFROM {self.rows}'
        yield f'COMMENT ON VIEW reporting."{self.name}" IS {literal(" / ".join(self.comment))}'
        for column in self.columns:
            said = literal(" / ".join(column.comment))
            yield f'COMMENT ON COLUMN reporting."{self.name}"."{column.name}" IS {said}'


@dataclass(frozen=True)
class Worked:
    """How the virtual fields of a kind are worked out beside its row `t`, as anybody sees them. Named by `Kind.in_sql`."""

    columns: Mapping[str, str]
    joins: str = ""


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def word(words: Mapping[str, object], value: str, language: str) -> str:
    """What a value is called, of these words; NULL where it is none of them."""
    known = {key: in_both(text)[LANGUAGES.index(language)] for key, text in words.items()}
    return f"({literal(json.dumps(known, ensure_ascii=False))}::jsonb ->> {value})"


def is_public(row: str, *, with_retired: bool = False) -> str:
    return f"{row}.visibility = {PUBLIC}" + ("" if with_retired else f" AND NOT {row}.is_retired")


def in_major_unit(amount: str, currency: str) -> str:
    """Minor units as an exact number in the major unit of the currency (money.py)."""
    none, three = (", ".join(map(literal, sorted(codes))) for codes in (NO_MINOR_UNIT, THREE_DIGITS))
    return (
        f"CASE WHEN {currency} IN ({none}) THEN ({amount})::numeric"
        f" WHEN {currency} IN ({three}) THEN round({amount} / 1000.0, 3) ELSE round({amount} / 100.0, 2) END"
    )
