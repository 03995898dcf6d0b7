"""Dates as exact as known: a subset of EDTF (ISO 8601-2:2019), and the days that each can mean.

    2024   2024-07   2024-07-28        a year, a month, a day
    2024-07/2024-10                    some day between the two
    2024/..   ../2024                  on or after, on or before
    2024-07~   2024?                   about, uncertain (the days that it can mean stay the same)

The same rules stand in SQL as `edtf_first(text)` and `edtf_last(text)` (migration 0001), so that
whoever writes a date, the database works out its first and last day.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import models
from django.utils.deconstruct import deconstructible
from django.utils.translation import gettext as _

from .problem_codes import coded

FIRST_DAY = date.min  # stands for "no first day" in ../B
LAST_DAY = date.max  # stands for "no last day" in A/..

ONE = r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?([~?]?)"
ONE_RE = re.compile(ONE, re.ASCII)


class BadDate(ValueError):
    """Carries the sentence for the person who typed the date."""

    def __init__(self, sentence: str):
        super().__init__(coded("not_a_date", sentence))


@dataclass(frozen=True)
class Edtf:
    """A date as exact as known. `text` is the EDTF form; `first` and `last` the days that it allows."""

    text: str
    first: date
    last: date

    def __str__(self):
        return self.text

    @property
    def is_about(self) -> bool:
        return "~" in self.text

    @property
    def is_uncertain(self) -> bool:
        return "?" in self.text

    @property
    def is_exact_day(self) -> bool:
        return self.first == self.last


def parse(text: str) -> Edtf:
    """Read an EDTF date of our subset. Raises BadDate with a sentence."""
    begin, slash, end = text.partition("/")
    if not slash:
        first, last = _days(text, text)
        return Edtf(text, first, last)
    if begin == end == "..":
        raise BadDate(_("“%s” allows every day; leave the date empty instead.") % text)
    first = FIRST_DAY if begin == ".." else _days(begin, text)[0]
    last = LAST_DAY if end == ".." else _days(end, text)[1]
    if first > last:
        raise BadDate(_("“%s” ends before it begins.") % text)
    return Edtf(text, first, last)


def _days(one: str, text: str) -> tuple[date, date]:
    """First and last day of one date without a slash; `text` is the whole that it is a part of."""
    found = ONE_RE.fullmatch(one)
    if not found:
        raise BadDate(
            _("“%s” is not a date. Write 2024, 2024-07, 2024-07-28, or an interval such as 2024-07/2024-10.") % text
        )
    year, month, day = (int(n) if n else None for n in found.groups()[:3])
    try:
        if day is not None:
            return date(year, month, day), date(year, month, day)
        if month is not None:
            return date(year, month, 1), date(year, month, monthrange(year, month)[1])
        return date(year, 1, 1), date(year, 12, 31)
    except ValueError:
        raise BadDate(_("“%s” is not a day of the calendar.") % text) from None


def order(a: Edtf, b: Edtf) -> int | None:
    """-1 if `a` lies before `b`, 1 if after, 0 for the same single day, None where the sources leave it open."""
    if a.last < b.first:
        return -1
    if b.last < a.first:
        return 1
    if a.is_exact_day and a.first == b.first and a.last == b.last:
        return 0
    return None


def just_before(text: str) -> str:
    """The date before one, just as exact: `2025-07` before `2025-08`, `2024-12-31` before `2025-01-01`. Raises BadDate."""
    if "/" in text:
        raise BadDate(_("Give a day, a month or a year."))
    plain = text.rstrip("~?")
    try:
        day = parse(text).first - timedelta(days=1)
    except OverflowError:
        raise BadDate(_("“%s” is not a day of the calendar.") % text) from None
    return day.isoformat()[: len(plain)] + text[len(plain) :]


# ---- Korean forms ----------------------------------------------------------------------------------

KOREAN_ONE = re.compile(
    r"(?P<about>약\s*)?(?P<y>\d{4})\s*(?:[.년/-]\s*(?:(?P<m>\d{1,2})\s*(?:[.월/-]\s*(?:(?P<d>\d{1,2})\s*[.일]?)?)?)?)?"
    r"\s*(?P<q>경|께|\?|~\?)?"
)


def read(text: str) -> str:
    """What a person typed (`2022.7.`, `2025~`, `2021년 5월 24일`, EDTF itself) as EDTF. Raises BadDate."""
    text = text.strip().translate(FULL_WIDTH)
    if not text:
        return ""
    try:
        return parse(text).text if text[-1] != "~" else parse(_korean(text)).text
    except BadDate:
        return parse(_korean(text)).text


FULL_WIDTH = {ord("０") + n: ord("0") + n for n in range(10)} | {
    ord("．"): ".", ord("～"): "~", ord("〜"): "~", ord("–"): "~", ord("—"): "~",
}  # fmt: skip


def _korean(text: str) -> str:
    begin, tilde, end = (part.strip() for part in text.partition("~"))
    if not tilde:
        begin, tilde, end = (part.strip() for part in re.sub(r"\s*부터\s*", "~", text, count=1).partition("~"))
    end = end.removesuffix("까지").strip()
    if not tilde:
        return _korean_one(text.removesuffix("까지").strip()) if "까지" not in text else f"../{_korean_one(begin[:-2])}"
    return f"{_korean_one(begin) if begin else '..'}/{_korean_one(end) if end else '..'}"


def _korean_one(text: str) -> str:
    found = KOREAN_ONE.fullmatch(text.strip())
    if not found:
        raise BadDate(_("“%s” is not a date. Write 2024, 2024. 7. or 2024. 7. 28.") % text)
    parts = [found["y"], *(f"{int(found[k]):02d}" for k in "md" if found[k])]
    mark = "~" if found["about"] or found["q"] in ("경", "께") else "?" if found["q"] == "?" else ""
    return "-".join(parts) + mark


def show(text: str | None, language: str) -> str:
    """An EDTF date as an office writes it: `2024. 7. 28.` in Korean, `2024-07-28` in English."""
    if not text:
        return ""
    begin, slash, end = text.partition("/")
    if not slash:
        return _show_one(text, language)
    if begin == "..":
        return f"{_show_one(end, language)}까지" if language == "ko" else f"by {_show_one(end, language)}"
    if end == "..":
        return f"{_show_one(begin, language)}부터" if language == "ko" else f"from {_show_one(begin, language)}"
    return f"{_show_one(begin, language)} ~ {_show_one(end, language)}"


def _show_one(text: str, language: str) -> str:
    plain, mark = text.rstrip("~?"), text[-1]
    if language != "ko":
        return {"~": f"about {plain}", "?": f"{plain} (?)"}.get(mark, plain)
    year, *rest = plain.split("-")
    parts = [year, *(str(int(part)) for part in rest)]
    shown = parts[0] if len(parts) == 1 else " ".join(f"{part}." for part in parts)
    return {"~": f"{shown}경", "?": f"{shown}(?)"}.get(mark, shown)


# ---- in the database -------------------------------------------------------------------------------


class EdtfField(models.CharField):
    """An EDTF date, NULL where no source states it. Put `edtf_days(name)` beside it for its first and last day."""

    def __init__(self, *args, **kwargs):
        kwargs |= {"max_length": 32, "null": True, "blank": True}
        super().__init__(*args, **kwargs)

    def deconstruct(self):
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "null", "blank"):
            del kwargs[fixed]
        return name, path, args, kwargs

    def db_check(self, connection):
        return f'edtf_is_valid("{self.column}")'

    def clean(self, value, model_instance):
        from django.core.exceptions import ValidationError

        try:
            return parse(value).text if value else None
        except BadDate as problem:
            raise ValidationError(str(problem)) from None

    def get_prep_value(self, value):
        return super().get_prep_value(value) or None


@deconstructible
class EdtfFirst(models.Func):
    function = "edtf_first"
    arity = 1


@deconstructible
class EdtfLast(models.Func):
    function = "edtf_last"
    arity = 1


def edtf_days(name: str):
    """The first and last day that the date in field `name` can mean, kept by the database."""
    return tuple(
        models.GeneratedField(expression=func(name), output_field=models.DateField(null=True), db_persist=True)
        for func in (EdtfFirst, EdtfLast)
    )
