"""Values as the registry understands them: a field's as citations state it, and a stated one in words."""

from .cells import write
from .kinds import Kind, Type
from .reading import currency_of
from .showing import understood


def as_text(kind: Kind, record, attribute: str) -> str:
    """The value of a field as files write it, and citations understand it."""
    field = kind.all_fields[attribute]
    name = f"{attribute}_id" if field.type in (Type.REF, Type.RECORD) else attribute
    return write(field, getattr(record, name), currency_of(kind, {}, record) if field.type is Type.MONEY else "")


def in_words(kind: Kind | None, attribute: str, value: str) -> str:
    """A value in words, where the attribute is a field with choices, or the value a date."""
    declared = kind.all_fields.get(attribute) if kind else None
    if declared and declared.type is Type.CHOICE:
        return str(declared.words.get(value, value))
    return understood(value)
