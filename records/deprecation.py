"""What will go is said before it goes: Deprecation (RFC 9745) and Sunset (RFC 8594) on each answer, `deprecated` in the schema.

@deprecated(Deprecation(date(2027, 1, 4), date(2027, 7, 5), "/docs/api#columns"))      a whole operation
def list(self, request): …

deprecated_parameters = {"columns": Deprecation(…)}                                    one parameter of a view
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from django.utils.http import http_date


@dataclass(frozen=True)
class Deprecation:
    """From which day something should no longer be used, on which day it goes (if that is known), where to read on."""

    since: date
    until: date | None
    about: str

    def headers(self) -> dict[str, str]:
        said = {"Deprecation": f"@{_seconds(self.since)}", "Link": f'<{self.about}>; rel="deprecation"'}
        return said | ({"Sunset": http_date(_seconds(self.until))} if self.until else {})


def deprecated(what: Deprecation) -> Callable:
    """Mark a method of a view. It stands above `@action` and `@extend_schema`."""

    def marked(method):
        method.deprecation = what
        return method

    return marked


def of_view(view) -> Deprecation | None:
    """What is said of the operation that this request asks for."""
    return getattr(getattr(view, view.action or "", None), "deprecation", None)


def of_parameter(view, name: str) -> Deprecation | None:
    return getattr(view, "deprecated_parameters", {}).get(name)


def say(view, request, response) -> None:
    """Put it on an answer: the operation's own, else that of the parameter that goes first."""
    found = [one for one in _asked(view, request) if one]
    if not found:
        return
    first = min(found, key=lambda one: one.until or date.max)
    for name, value in first.headers().items():
        before = f"{response['Link']}, " if name == "Link" and response.has_header("Link") else ""
        response[name] = before + value


def _asked(view, request) -> Iterator[Deprecation | None]:
    yield of_view(view)
    yield from (of_parameter(view, name) for name in request.GET)


def _seconds(day: date) -> int:
    return int(datetime.combine(day, time.min, UTC).timestamp())
