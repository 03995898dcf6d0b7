"""What records are called, as SQL: what `labels.py` says, for what everybody may see. A missing language takes the other's text."""

import json
from collections.abc import Callable, Iterable
from functools import cache

from ..attributes import ATTRIBUTES
from ..kinds import Field, Kind, Type, kind_of, kinds
from ..labels import in_both
from .shapes import LANGUAGES, is_public, literal, word

DEPTH = 2  # a citation is called after the head count that it speaks of, and that after its scope; there it ends
LONGEST = 60  # signs of a value in a name

Called = Callable[[Field, str], str]  # what a reference of the row at hand leads to is called, in a language


def called(kind: Kind, row: str, language: str, leads_to: Called | None = None) -> str:
    """The label of a row of this kind at hand, beside what `beside` joins. `leads_to`: where references are joined already."""
    if kind.is_named:
        whole = _pair(row, kind.label_base, language)
    else:
        parts = [_part(kind, row, name, language, leads_to or _looked_up(kind, row)) for name in kind.label]
        whole = f"nullif(concat_ws(' · ', {', '.join(parts)}), '')"
    return f"coalesce({whole}, {literal(in_both(kind.label_one)[LANGUAGES.index(language)])})"


def called_by_id(id: str, of_kind: str, depth: int = DEPTH) -> str:
    """A subquery (ko, en) of one row: what the public record with this id and kind is called. Of all kinds only its own is read.

    Where nobody asks for it, PostgreSQL leaves it out.
    """
    rows = []
    for kind in kinds().values():
        leads = [kind.all_fields[name] for name in kind.label if _leads_anywhere(kind, name)]
        if leads and depth == 1:
            continue
        joins = [join for field in leads for join in join_record(kind, field, "x", depth - 1)]
        leads_to = _joined(kind, "x", depth - 1)
        names = ", ".join(f"{called(kind, 'x', c, leads_to)} AS {c}" for c in LANGUAGES)
        where = f"{of_kind} = '{kind.name}' AND x.id = {id} AND {is_public('x')}"
        rows.append(f"SELECT {names} FROM {table(kind)} x {' '.join([*beside(kind.label), *joins])} WHERE {where}")
    return f"(SELECT max(ko) AS ko, max(en) AS en FROM ({' UNION ALL '.join(rows)}) u)"


def join_record(kind: Kind, field: Field, row: str, depth: int = DEPTH) -> Iterable[str]:
    """What a reference to any record leads to, as `<field>_`, and what that is called, as `<field>_called`."""
    mark = "_" * (DEPTH - depth)  # deeper ones have names of their own
    there, what, value = f'"{field.name}_{mark}"', f'"{field.name}_called{mark}"', f'{row}."{column(kind, field.name)}"'
    yield f"LEFT JOIN public.records_record {there} ON {there}.id = {value} AND {is_public(there)}"
    yield f"LEFT JOIN LATERAL {called_by_id(f'{there}.id', f'{there}.kind', depth)} {what} ON true"


def beside(names: Iterable[str]) -> Iterable[str]:
    """What is joined to rows for the words of these fields."""
    if "attribute" in names:
        yield f"CROSS JOIN (SELECT {_attributes()}::jsonb AS attributes) words"


def attribute_word(value: str, language: str) -> str:
    """What a citation speaks of: a field, a figure or free words, some of which are numbered (`theme_2`). See `beside`."""
    n = LANGUAGES.index(language)
    return (
        f"coalesce(words.attributes -> {value} ->> {n},"
        rf" (words.attributes -> substring({value} from '^(\w+?)_\d+$') ->> {n}) || ' ' || substring({value} from '\d+$'),"
        f" replace({value}, '_', ' '))"
    )


def table(kind: Kind) -> str:
    return f'public."{kind.model._meta.db_table}"'


def column(kind: Kind, name: str) -> str:
    return kind.model._meta.get_field(name).column


def _pair(row: str, base: str, language: str) -> str:
    here, there = (language, "en" if language == "ko" else "ko")
    return f"coalesce(nullif({row}.{base}_{here}, ''), nullif({row}.{base}_{there}, ''))"


def _part(kind: Kind, row: str, name: str, language: str, leads_to: Called) -> str:
    if f"{name}_ko" in kind.all_fields:
        return _pair(row, name, language)
    field, value = kind.all_fields[name], f'{row}."{column(kind, name)}"'
    if field.type in (Type.REF, Type.RECORD):
        return leads_to(field, language)
    if field.type is Type.CHOICE:
        return word(field.words, value, language)
    if name == "attribute":
        return attribute_word(value, language)
    text = f"nullif({value}::text, '')"
    return f"CASE WHEN length({text}) > {LONGEST} THEN left({text}, {LONGEST - 1}) || '…' ELSE {text} END"


def _leads_anywhere(kind: Kind, name: str) -> bool:
    return name in kind.all_fields and kind.all_fields[name].type is Type.RECORD


def _looked_up(kind: Kind, row: str) -> Called:
    def leads_to(field: Field, language: str) -> str:
        other = kind_of(field.target)
        seen = f'y.id = {row}."{column(kind, field.name)}" AND {is_public("y", with_retired=True)}'
        return f"(SELECT {called(other, 'y', language)} FROM {table(other)} y WHERE {seen})"

    return leads_to


def _joined(kind: Kind, row: str, depth: int) -> Called:
    """As `join_record` joins them; what leads to one kind is looked up."""
    looked_up, mark = _looked_up(kind, row), "_" * (DEPTH - depth)
    return lambda field, c: f'"{field.name}_called{mark}".{c}' if field.type is Type.RECORD else looked_up(field, c)


@cache
def _attributes() -> str:
    """As `labels.py` has it: the first field that is called so, else the words for what has no field."""
    words: dict[str, object] = {}
    for kind in kinds().values():
        for field in kind.all_fields.values():
            words.setdefault(field.name, field.label)
    words = ATTRIBUTES | words
    return literal(json.dumps({name: in_both(label) for name, label in words.items()}, ensure_ascii=False))
