"""One value as a cell of a file, and back. The same forms in every file: ids, words, EDTF, exact decimals, JSON lists."""

import json
import re
import uuid
from datetime import UTC, datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from .dates import BadDate, parse
from .kinds import Field, Type
from .money import major_text, to_minor
from .problem_codes import coded
from .rights import Visibility

WHOLE = re.compile(r"-?\d{1,20}", re.ASCII)
NUMBER = re.compile(r"-?\d{1,20}(\.\d{1,20})?", re.ASCII)


YEARS = range(1900, 2201)  # of an instant that somebody could have meant


class BadCell(ValueError):
    """Carries the sentence for whoever made the file."""


def write(field: Field, value, currency: str = "") -> str:
    """`currency` is that of the row, for money."""
    if value is None or value == "":
        return ""
    match field.type:
        case Type.LIST:
            return json.dumps(value, ensure_ascii=False)
        case Type.BOOLEAN:
            return "true" if value else "false"
        case Type.MONEY:
            return major_text(value, currency)
        case Type.DECIMAL:
            return f"{value.normalize():f}"
        case Type.INSTANT:
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Type.CHOICE if field.name == "visibility":
            return Visibility(value).name.lower()
    return str(value)


def unread(text: str) -> str:
    """A cell that can be read only later, as text that can be stored until then."""
    if not can_be_stored(text):
        raise BadCell(coded("cannot_be_stored", _("The text contains a character that cannot be stored.")))
    return text


def can_be_stored(text: str) -> bool:
    """Whether the database takes it: no NUL, and no half of a character, as JSON can name one."""
    try:
        return "\x00" not in text and bool(text.encode() or True)
    except UnicodeEncodeError:
        return False


def read(field: Field, text: str, currency: str = ""):
    """The value of a cell. Raises BadCell."""
    try:
        value = _read(field, unread(text), currency)
        if field.check and text:
            field.check(value)
        return value
    except BadDate as bad:
        raise BadCell(str(bad)) from None
    except ValidationError as bad:
        raise BadCell(" ".join(bad.messages)) from None
    except BadCell:
        raise
    except (ValueError, OverflowError, RecursionError):
        raise BadCell(
            coded("not_a_value", _("“%(text)s” is not %(what)s.") % {"text": text, "what": _what(field)})
        ) from None


def read_given(field: Field, text: str):
    """As `read`, for what is sent on purpose: the default is for what is left out, an empty value does not mean it."""
    if text == "" and field.empty not in (None, "", []):
        raise BadCell(coded("required", _("This must not be empty.")))
    return read(field, text)


def _read(field: Field, text: str, currency: str):
    if text == "":
        if field.is_required or field.name == "id":
            raise BadCell(coded("required", _("This must not be empty.")))
        return field.empty
    match field.type:
        case Type.ID | Type.REF | Type.RECORD:
            return uuid.UUID(text)
        case Type.LIST:
            value = json.loads(text)
            if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
                raise ValueError
            if not can_be_stored("".join(value)):
                raise ValueError
            return value
        case Type.DATE:
            return parse(text).text
        case Type.INTEGER:
            return int(text) if WHOLE.fullmatch(text) else _no()
        case Type.DECIMAL:
            return Decimal(text) if NUMBER.fullmatch(text) else _no()
        case Type.MONEY:
            return to_minor(text, currency)
        case Type.INSTANT:
            return _instant(text)
        case Type.BOOLEAN:
            return {"true": True, "false": False}.get(text) if text in ("true", "false") else _no()
        case Type.CHOICE:
            return _choice(field, text)
    if field.max_length and len(text) > field.max_length:
        raise BadCell(coded("too_long", _("Longer than %d characters.") % field.max_length))
    return text


def _instant(text: str) -> datetime:
    """ISO 8601 with its offset: an instant without one is ambiguous."""
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise BadCell(
            coded("not_an_instant", _("“%s” lacks its offset; write for example 2025-06-19T14:00+09:00.") % text)
        )
    return when.astimezone(UTC) if when.astimezone(UTC).year in YEARS else _no()


def _no():
    raise ValueError


def _choice(field: Field, text: str):
    words = [str(word) for word, _label in field.choices]
    if text not in words:
        raise BadCell(
            coded(
                "not_a_choice",
                _("“%(text)s” is not allowed; allowed: %(all)s.") % {"text": text, "all": ", ".join(words)},
            )
        )
    return Visibility[text.upper()].value if field.name == "visibility" else text


def _what(field: Field) -> str:
    return {
        Type.ID: _("an id"),
        Type.REF: _("an id"),
        Type.RECORD: _("an id"),
        Type.LIST: _("a JSON list of texts"),
        Type.INTEGER: _("a whole number"),
        Type.DECIMAL: _("a number"),
        Type.INSTANT: _("an instant such as 2025-06-19T14:00+09:00"),
        Type.MONEY: _("an amount in this currency"),
        Type.BOOLEAN: _("true or false"),
    }.get(field.type, _("a value of this column"))
