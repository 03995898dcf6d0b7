"""What the OpenAPI schema says of every operation alike: which values a parameter takes, what is answered beside success.

drf-spectacular reads each view; this goes over the whole that comes of it (POSTPROCESSING_HOOKS), so that no view has to
say what holds for all, and none can forget it.
"""

import re
from collections.abc import Iterable, Iterator
from http import HTTPStatus

from records.asking import LARGEST_LIMIT
from records.duplicates import searched_kinds
from records.kinds import Kind, Type, kind_of, kinds
from records.problem_codes import CODES, OF_ANSWERS
from records.timelines.sources import facts

LIST = re.compile(r"/api/v1/(?P<plural>[a-z-]+)/$")
ONE = re.compile(r"/api/v1/(?P<plural>[a-z-]+)/\{id\}/$")
METHODS = ("get", "post", "put", "patch", "delete")

BY_NAME = {  # what a parameter of this name takes, wherever it stands
    "lang": {"type": "string", "enum": ["ko", "en"]},
    "money": {"type": "string", "enum": ["major", "minor"]},
    "limit": {"type": "integer", "minimum": 1, "maximum": LARGEST_LIMIT},
    "as_of": {"type": "string", "format": "day"},
    "known_at": {"type": "string", "format": "moment"},
    "cursor": {"type": "string", "format": "cursor"},
    "view": {"type": "string", "format": "saved-view"},
    "format": {"type": "string", "enum": ["json", "csv", "jsonl"]},
    "flat": {"type": "string", "enum": ["1"]},
    "count": {"type": "string", "enum": ["exact"]},
    "group_by": {"type": "string", "format": "names"},
    "measure": {"type": "string", "format": "names"},
    "fields": {"type": "string", "format": "names"},
    "omit": {"type": "string", "format": "names"},
    "include": {"type": "string", "format": "names"},
    "Idempotency-Key": {"type": "string", "minLength": 1, "maxLength": 200},
    "If-Match": {"type": "string", "pattern": r'^"[0-9]{1,9}(\.[0-9A-Za-z_-]{1,64})?"$'},
}
UP_TO = re.compile(r"1 to (\d+)")  # how the text of a `limit` says it
OWN = {  # what one parameter of one address takes
    ("/api/v1/duplicates/", "kind"): lambda: {"type": "string", "enum": [kind.name for kind in searched_kinds()]},
    ("/api/v1/timelines/", "kind"): lambda: _some_of(kinds()),
    ("/api/v1/timelines/", "fact"): lambda: _some_of(facts()),
    ("/api/v1/timelines/", "record"): lambda: OF_TYPES[Type.ID],
    **{("/api/v1/timelines/", day): lambda: OF_TYPES[Type.DATE] for day in ("from", "to", "ends_from", "ends_to")},
}
OF_TYPES = {  # the format of what a filter on a field of this type takes
    Type.ID: {"type": "string", "format": "id"},
    Type.DATE: {"type": "string", "format": "edtf"},
    Type.DECIMAL: {"type": "string", "format": "decimal"},
    Type.MONEY: {"type": "string", "format": "decimal"},
    Type.INSTANT: {"type": "string", "format": "instant"},
}

READ = (400, 401, 406, 422, 429, 500, 503)
WRITTEN = (*READ, 403, 409, 413, 415)
SAYS = {
    302: "It was merged into another record, which is there.",
    304: "Nothing has changed since the answer with this ETag.",
    400: "Something in the request is wrong; `errors` says what, all of it at once.",
    401: "Not signed in, or the access token opens nothing.",
    403: "Not yours to do.",
    404: "There is no such record, or you may not see it.",
    406: "There is no answer in this form.",
    409: "A request with this Idempotency-Key is being carried out. Ask again.",
    410: "It is no longer there; `detail` has the address of its history.",
    412: "Somebody changed the record meanwhile.",
    413: "The body is too large.",
    415: "The body is of a kind that is not read here.",
    422: "The question takes longer than an answer may take; of a write: its Idempotency-Key was used for another request.",
    428: "If-Match is missing: the version that is changed.",
    429: "Too many requests.",
    500: "We failed; `request_id` is what the log knows it by.",
    503: "Busy, or the database cannot be reached. Nothing was done.",
}
NAMES = {status: HTTPStatus(status).name.title().replace("_", "") for status in SAYS}
BODILESS = (302, 304)
REQUEST_ID = {"X-Request-ID": {"description": "By which the log knows the request.", "schema": {"type": "string"}}}
OF_DATA = {  # of answers that are made of records
    "ETag": {"description": "Of the answer, for If-None-Match; of a record as it is now, for If-Match.", "schema": {"type": "string"}},
    "Data-Version": {"description": "Which version of the data this was read from.", "schema": {"type": "string"}},
    "Data-At": {"description": "When the latest change in it was made.", "schema": {"type": "string", "format": "date-time"}},
    "Figures": {"schema": {"type": "string", "enum": ["current", "recomputing"]}},
}  # fmt: skip
HEADERS = {
    302: {"Location": {"required": True, "schema": {"type": "string"}}},
    304: OF_DATA,
    401: {"WWW-Authenticate": {"schema": {"type": "string"}}},
    409: {"Retry-After": {"schema": {"type": "integer"}}},
    412: {"ETag": OF_DATA["ETag"]},
    429: {"Retry-After": {"schema": {"type": "integer"}}},
    503: {"Retry-After": {"schema": {"type": "integer"}}},
}
OF_LIMITS = {
    "RateLimit": {"schema": {"type": "string"}},
    "RateLimit-Policy": {"schema": {"type": "string"}},
}
NEXT_PAGE = {"Link": {"description": 'The next page: <…>; rel="next" (RFC 8288).', "schema": {"type": "string"}}}


def complete(result: dict, generator, request, public) -> dict:
    """A postprocessing hook of drf-spectacular."""
    components = result["components"]
    components.setdefault("schemas", {})["Problem"] = problem()
    components["responses"] = responses()
    components["headers"] = (
        OF_DATA | OF_LIMITS | NEXT_PAGE | REQUEST_ID | {k: v for of in HEADERS.values() for k, v in of.items()}
    )
    for component in components["schemas"].values():
        for name, said in component.get("properties", {}).items():
            if said.get("oneOf") == [{}, {"type": "null"}]:  # anything, which null is already
                component["properties"][name] = {key: value for key, value in said.items() if key != "oneOf"}
    for path, method, operation in operations(result):
        for parameter in operation.get("parameters", ()):
            parameter["schema"] = _takes(path, parameter)
        if method == "get":
            operation["security"] = [{}, *operation.get("security", ())]  # anyone reads what is public
        operation["responses"] = _responses(path, method, operation)
    return linked(result)


def operations(schema: dict) -> Iterator[tuple[str, str, dict]]:
    for path, methods in schema["paths"].items():
        for method in METHODS:
            if method in methods:
                yield path, method, methods[method]


# ---- what parameters take ------------------------------------------------------------------------------


def _takes(path: str, parameter: dict) -> dict:
    """The schema of a parameter: what its name says everywhere, or the field of the kind that is listed there."""
    name, said = parameter["name"], parameter["schema"]
    one = said.get("items", said)
    if one not in ({"type": "string"}, {"type": "string", "format": "date-time"}):
        return said  # the view knows better
    if parameter["in"] != "path":
        kind = _listed(path) if parameter["in"] == "query" else None
        one = _by_name(path, parameter) or (_of_list(kind, name) if kind else one)
    return said | {"items": one} if "items" in said else one


def _by_name(path: str, parameter: dict) -> dict | None:
    name = parameter["name"]
    if (path, name) in OWN:
        return OWN[path, name]()
    if name == "limit" and (most := UP_TO.search(parameter.get("description", ""))):
        return BY_NAME[name] | {"maximum": int(most[1])}
    return BY_NAME.get(name)


def _listed(path: str) -> Kind | None:
    found = LIST.fullmatch(path)
    return next((kind for kind in kinds().values() if found and kind.plural == found["plural"]), None)


def _of_list(kind: Kind, name: str) -> dict:
    """What a filter takes. An empty value means that it is not asked; JSON Schema's own formats would forbid that."""
    field_name, _sep, lookup = name.partition("__")
    field = kind.all_fields.get(field_name)
    if field is None or lookup in ("in", "contains", "isnull"):
        return {"type": "string"}
    if field.type is Type.REF and not kind_of(field.target).has_slug:
        return OF_TYPES[Type.ID]
    return OF_TYPES.get(field.type, {"type": "string"})


def _some_of(words: Iterable[str]) -> dict:
    """One or more of them, with commas between."""
    one = f"({'|'.join(words)})"
    return {"type": "string", "pattern": f"^{one}(,{one})*$"}


# ---- what is answered ----------------------------------------------------------------------------------


def problem() -> dict:
    """RFC 9457, as config/problems.py writes it."""
    place = {"type": "string"}
    one = {
        "type": "object",
        "required": ["code", "detail"],
        "properties": {
            "code": {"type": "string", "enum": sorted(CODES)},
            "detail": {"type": "string", "description": "what is wrong and what is allowed"},
            "pointer": place | {"description": "where in the body: a JSON pointer, such as #/title_en"},
            "parameter": place | {"description": "which parameter of the address"},
            "header": place | {"description": "which header"},
        },
    }
    return {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code", "errors", "request_id"],
        "properties": {
            "type": place | {"description": "an address that says what this means and what to do about it"},
            "title": place,
            "status": {"type": "integer"},
            "detail": place,
            "code": {"type": "string", "enum": sorted({*OF_ANSWERS, "not_a_version"})},
            "errors": {"type": "array", "items": one},
            "request_id": place,
            "version": {"type": "integer", "description": "with `stale`: the version that the record has now"},
        },
    }


def _responses(path: str, method: str, operation: dict) -> dict:
    said = {}
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            headers = OF_LIMITS | REQUEST_ID
            if "304" in operation["responses"]:
                headers = OF_DATA | headers
            if "cursor" in (p["name"] for p in operation.get("parameters", ())):
                headers = NEXT_PAGE | headers
            response["headers"] = _headers(headers) | response.get("headers", {})
        said[status] = response
    for status in sorted(_statuses(path, method, operation)):
        said[str(status)] = {"$ref": f"#/components/responses/{NAMES[status]}"}
    return said


def responses() -> dict:
    """What is answered beside success, by its name among the components."""
    body = {"content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    return {
        NAMES[status]: {"description": text, "headers": _headers(HEADERS.get(status, {}) | REQUEST_ID)}
        | ({} if status in BODILESS else body)
        for status, text in SAYS.items()
    }


def _headers(names: Iterable[str]) -> dict:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _statuses(path: str, method: str, operation: dict) -> set[int]:
    """What may be answered beside success."""
    found = set(READ if method == "get" else WRITTEN)
    if "{" in path:
        found.add(404)
    if any(p["name"] == "If-Match" for p in operation.get("parameters", ())):
        found |= {412, 428}
    if _is_record(path):
        found |= {302, 410} if method == "get" else set()
    elif method == "get":
        found |= {403, 404}  # what belongs to people asks who is there
    return found


def _is_record(path: str) -> bool:
    found = ONE.fullmatch(path) or LIST.fullmatch(path)
    return bool(found) and any(kind.plural == found["plural"] for kind in kinds().values())


# ---- links ---------------------------------------------------------------------------------------------


def linked(result: dict) -> dict:
    """From what was made to what can be done with it: create → get → edit → retire → restore, history; page → next page."""
    known = {
        operation["operationId"]: {one["name"] for one in operation.get("parameters", ())}
        for _path, _method, operation in operations(result)
    }
    for _path, _method, operation in operations(result):
        noun, _sep, verb = operation["operationId"].rpartition("_")
        for status in ("200", "201"):
            response = operation["responses"].get(status)
            if response and (links := _links(noun, verb, known)):
                response["links"] = links | response.get("links", {})
    return result


def _links(noun: str, verb: str, known: dict[str, set[str]]) -> dict:
    """By name; `known` are the parameters of each operation."""
    links = {}
    if verb in ("create", "edit", "restore", "retire", "get"):
        about = {"id": "$response.body#/id"}
        for then in ("get", "history", "edit", "retire", "restore"):
            if then == verb or "id" not in known.get(f"{noun}_{then}", ()):
                continue
            with_version = {"If-Match": "$response.header.ETag"} if "If-Match" in known[f"{noun}_{then}"] else {}
            links[then] = {"operationId": f"{noun}_{then}", "parameters": about | with_version}
    if verb == "list" and "cursor" in known[f"{noun}_list"]:
        links["next"] = {"operationId": f"{noun}_list", "parameters": {"cursor": "$response.body#/next_cursor"}}
        if "id" in known.get(f"{noun}_get", ()):
            links["first"] = {"operationId": f"{noun}_get", "parameters": {"id": "$response.body#/results/0/id"}}
    return links
