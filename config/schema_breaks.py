"""What of a change of the OpenAPI schema breaks a client of before.

A client sends what it sent and reads what it read. So a request may only be asked for less, and an answer may only say
more: an answer's field or type that goes, a parameter or body that is asked for newly, a value that is no longer taken.
(Of the libraries for this none in Python is kept up; oasdiff is a program of its own, in Go.)
"""

import json
from collections.abc import Iterator

METHODS = ("get", "post", "put", "patch", "delete")
Schema = dict


def normal(schema: Schema) -> str:
    """As it is kept in the repository: sorted, without its texts, an operation or a component to a line."""
    methods = {
        path: {method: _plain(operation) for method, operation in by_method.items()}
        for path, by_method in schema["paths"].items()
    }
    whole = {"paths": methods, "components": _plain(schema.get("components", {}))}
    lines = [f"{json.dumps(part)}: {{\n{_lines(whole[part])}\n}}" for part in sorted(whole)]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _plain(value, *, are_names: bool = False):
    """Without descriptions, which may be bettered and differ by language; `are_names` keeps fields that are called so."""
    match value:
        case dict():
            return {
                key: _plain(one, are_names=key in ("properties", "headers", "parameters"))
                for key, one in value.items()
                if are_names or key not in ("description", "title", "summary", "tags", "security")
            }
        case list():
            return [_plain(one) for one in value]
    return value


def _lines(parts: dict) -> str:
    return ",\n".join(
        f"{json.dumps(name)}: {{\n"
        + ",\n".join(
            f" {json.dumps(key)}: {json.dumps(part[key], sort_keys=True, ensure_ascii=False)}" for key in sorted(part)
        )
        + "\n}"
        for name, part in sorted(parts.items())
    )


def breaks(before: Schema, after: Schema) -> list[str]:
    """What breaks, each in a sentence that names its place; [] where nothing does."""
    return list(_Comparing(before, after).all())


class _Comparing:
    def __init__(self, before: Schema, after: Schema):
        self.before, self.after = before, after
        self.known: set[tuple] = set()  # pairs of components on the way down: schemas may hold themselves

    def all(self) -> Iterator[str]:
        for path, methods in self.before["paths"].items():
            for method in METHODS:
                if method not in methods:
                    continue
                now = self.after["paths"].get(path, {}).get(method)
                place = f"{method.upper()} {path}"
                if now is None:
                    yield f"{place} is gone"
                else:
                    yield from self.operation(place, methods[method], now)

    def operation(self, place: str, before: dict, now: dict) -> Iterator[str]:
        if before.get("operationId") != now.get("operationId"):
            yield f"{place}: its operationId {before.get('operationId')} became {now.get('operationId')}"
        yield from self.parameters(place, _parameters(before), _parameters(now))
        yield from self.body(place, before.get("requestBody"), now.get("requestBody"))
        yield from self.responses(place, before["responses"], now["responses"])

    def parameters(self, place: str, before: dict, now: dict) -> Iterator[str]:
        for key, one in before.items():
            if key not in now:
                yield f"{place}: the parameter {key[0]} is gone"
            else:
                at = f"{place}: the parameter {key[0]}"
                if now[key].get("required") and not one.get("required"):
                    yield f"{at} is asked for newly"
                yield from self.sent(at, one.get("schema", {}), now[key].get("schema", {}))
        for key in now.keys() - before.keys():
            if now[key].get("required"):
                yield f"{place}: the new parameter {key[0]} is asked for"

    def body(self, place: str, before: dict | None, now: dict | None) -> Iterator[str]:
        if not before:
            if now and now.get("required"):
                yield f"{place}: a body is asked for newly"
            return
        if not now:
            yield f"{place}: its body is gone"
            return
        if now.get("required") and not before.get("required"):
            yield f"{place}: a body is asked for newly"
        for media, one in before["content"].items():
            if media not in now["content"]:
                yield f"{place}: a body as {media} is no longer taken"
            else:
                yield from self.sent(
                    f"{place}: the body", one.get("schema", {}), now["content"][media].get("schema", {})
                )

    def responses(self, place: str, before: dict, now: dict) -> Iterator[str]:
        for status, one in before.items():
            one = self._found(self.before, one)
            if not status.startswith("2"):
                continue  # how it fails may change; its form is the one component Problem, which is compared below
            if status not in now:
                yield f"{place}: the answer {status} is gone"
                continue
            answer = self._found(self.after, now[status])
            for name in one.get("headers", {}).keys() - answer.get("headers", {}).keys():
                yield f"{place}: the header {name} of the answer {status} is gone"
            for media, body in one.get("content", {}).items():
                if media not in answer.get("content", {}):
                    yield f"{place}: the answer {status} as {media} is gone"
                else:
                    new = answer["content"][media].get("schema", {})
                    yield from self.read(f"{place}: the answer {status}", body.get("schema", {}), new)
        for status in ("400",):
            media = "application/problem+json"
            old, new = (
                self._found(whole, which.get(status, {})).get("content", {}).get(media)
                for whole, which in ((self.before, before), (self.after, now))
            )
            if old and not new:
                yield f"{place}: the answer {status} as {media} is gone"
            elif old:
                yield from self.read(f"{place}: a problem", old["schema"], new["schema"])

    # -- schemas -----------------------------------------------------------------------------------------

    def sent(self, place: str, before: Schema, now: Schema) -> Iterator[str]:
        """What a client sends: everything that was taken is taken."""
        if self._is_known("sent", before, now):
            return
        before, now = self._found(self.before, before), self._found(self.after, now)
        yield from _types(place, now, before, "no longer takes")
        if gone := _words(before) - _words(now) if _words(now) else set():
            yield f"{place} no longer takes {_said(gone)}"
        elif _words(now) and not _words(before):
            yield f"{place} takes only {_said(_words(now))}"
        for limit, is_narrower in LIMITS.items():
            if limit in now and (limit not in before or is_narrower(now[limit], before[limit])):
                yield f"{place} is held to {limit} {now[limit]}"
        if "pattern" in now and now["pattern"] != before.get("pattern"):
            yield f"{place} is held to the pattern {now['pattern']}"
        for name in sorted(set(now.get("required", ())) - set(before.get("required", ()))):
            yield f"{place}/{name} is asked for newly"
        yield from self._within(place, before, now, self.sent, "is no longer taken")

    def read(self, place: str, before: Schema, now: Schema) -> Iterator[str]:
        """What a client reads: nothing is there that was not foreseen, and nothing is missing."""
        if self._is_known("read", before, now):
            return
        before, now = self._found(self.before, before), self._found(self.after, now)
        yield from _types(place, before, now, "may newly be")
        if gone := _words(before) - _words(now) if _words(now) else set():
            yield f"{place} never is {_said(gone)} any more"
        for name in sorted(set(before.get("required", ())) - set(now.get("required", ()))):
            if name in now.get("properties", {}):
                yield f"{place}/{name} may newly be missing"
        yield from self._within(place, before, now, self.read, "is gone")

    def _within(self, place: str, before: Schema, now: Schema, compare, gone: str) -> Iterator[str]:
        for name, one in before.get("properties", {}).items():
            if name not in now.get("properties", {}):
                yield f"{place}/{name} {gone}"
            else:
                yield from compare(f"{place}/{name}", one, now["properties"][name])
        if "items" in before and "items" in now:
            yield from compare(f"{place}/*", before["items"], now["items"])
        if isinstance(before.get("additionalProperties"), dict) and isinstance(now.get("additionalProperties"), dict):
            yield from compare(f"{place}/*", before["additionalProperties"], now["additionalProperties"])

    def _is_known(self, way: str, before: Schema, now: Schema) -> bool:
        refs = (way, before.get("$ref"), now.get("$ref"))
        if not (refs[1] and refs[2]):
            return False
        is_known = refs in self.known
        self.known.add(refs)
        return is_known

    def _found(self, whole: Schema, schema: Schema) -> Schema:
        """The schema itself, where it is one of the components, or that together with null."""
        if "$ref" in schema:
            found: Schema = whole
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            return self._found(whole, found)
        for several in ("oneOf", "anyOf", "allOf"):
            if several in schema:
                parts = [self._found(whole, part) for part in schema[several]]
                return _together(parts) | {k: v for k, v in schema.items() if k != several}
        return schema


LIMITS = {
    "maximum": lambda now, before: now < before,
    "minimum": lambda now, before: now > before,
    "maxLength": lambda now, before: now < before,
    "minLength": lambda now, before: now > before,
    "maxItems": lambda now, before: now < before,
    "minItems": lambda now, before: now > before,
}


def _together(parts: list[Schema]) -> Schema:
    whole: Schema = {}
    types = {one for part in parts for one in _kinds(part)}
    for part in parts:
        whole |= {k: v for k, v in part.items() if k not in ("type", "properties")}
        whole["properties"] = whole.get("properties", {}) | part.get("properties", {})
    if types and all(_kinds(part) for part in parts):
        whole["type"] = sorted(types)
    return whole


def _kinds(schema: Schema) -> set[str]:
    given = schema.get("type", ())
    found = {given} if isinstance(given, str) else set(given)
    return found | {"number"} if "integer" in found and "number" in found else found


def _types(place: str, wide: Schema, narrow: Schema, text: str) -> Iterator[str]:
    """Types of `narrow` that `wide` has not. A schema without a type has all of them."""
    if not _kinds(wide):
        return
    if not _kinds(narrow):
        yield f"{place} {text} anything"
        return
    more = {one for one in _kinds(narrow) - _kinds(wide) if not (one == "integer" and "number" in _kinds(wide))}
    if more:
        yield f"{place} {text} {_said(more)}"


def _words(schema: Schema) -> set:
    return {word for word in schema.get("enum", ()) if word is not None}


def _said(words) -> str:
    return ", ".join(sorted(map(str, words)))


def _parameters(operation: dict) -> dict:
    return {(one["name"], one["in"]): one for one in operation.get("parameters", ())}
