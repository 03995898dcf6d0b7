"""Every address of the product, read from the addresses themselves, with the methods that it takes."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import get_resolver

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
NO_DOORS = {  # what the API looks like and what its refusals mean, the same for everybody
    "/api/schema/", "/api/explorer/", "/api/problems/", "/api/problems/<code>",
}  # fmt: skip
GROUP = re.compile(r"\(\?P<(\w+)>(?:[^()\[\]]|\[[^\]]*\])*\)")
CONVERTED = re.compile(r"<\w+:(\w+)>")
LANGUAGE = re.compile(r"^/(ko|en)/")


@dataclass(frozen=True)
class Route:
    """An address with its parameters in angle brackets. `kind`: the plural of the records that it is about, where it
    stands once for each kind (`/api/v1/projects/<pk>/` is `/api/v1/<kind>/<pk>/` of the kind `projects`)."""

    address: str
    methods: tuple[str, ...]
    kind: str = ""

    @property
    def is_api(self) -> bool:
        return self.address.startswith("/api/")

    @property
    def parameters(self) -> list[str]:
        """What is to be filled in, but for the kind."""
        return re.findall(r"<(?!kind>)(\w+)>", self.address)


def routes() -> list[Route]:
    return [route for route in map(_route, _walk(get_resolver())) if route.address not in NO_DOORS]


def _walk(resolver, before="/") -> Iterator[tuple[str, object]]:
    for pattern in resolver.url_patterns:
        address = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            yield from _walk(pattern, address)
        else:
            yield address, pattern.callback


def _route(found: tuple[str, object]) -> Route:
    pattern, view = found
    address = CONVERTED.sub(r"<\1>", GROUP.sub(r"<\1>", pattern)).replace("^", "").replace("$", "")
    address = LANGUAGE.sub("/en/", address)
    kind = getattr(getattr(view, "cls", None), "kind", None)
    if kind:
        address = address.replace(f"/{kind.plural}/", "/<kind>/", 1)
    actions = getattr(view, "actions", None)
    methods = [m for m in METHODS if m.lower() in actions] if actions else ["GET", "POST"]
    return Route(address.replace("<plural>", "<kind>"), tuple(methods), kind.plural if kind else "")
