"""A client of today understands the API of tomorrow: the schema is compared with the last one that was released."""

import copy
import json
import os
from functools import cache
from pathlib import Path

import pytest

from config.schema_breaks import breaks, normal

RELEASED = Path(__file__).parents[1] / "docs" / "openapi.json"


@cache
def current() -> dict:
    """The schema as it is; nobody changes it."""
    from drf_spectacular.generators import SchemaGenerator

    return json.loads(json.dumps(SchemaGenerator().get_schema(request=None, public=True), default=str))


@pytest.mark.django_db
def test_the_schema_breaks_no_client_of_the_last_one(english):
    now = current()
    broken = breaks(json.loads(RELEASED.read_text(encoding="utf-8")), now)
    assert not broken, "This breaks clients; add beside what there is, or deprecate it first:\n" + "\n".join(broken)
    if os.environ.get("WRITE_SCHEMA"):  # `make schema`
        RELEASED.write_text(normal(now), encoding="utf-8")


BEFORE = {
    "paths": {
        "/things/": {
            "get": {
                "operationId": "things_list",
                "parameters": [
                    {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["open", "closed"]}},
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 1000}},
                ],
                "responses": {
                    "200": {
                        "headers": {"ETag": {}},
                        "content": {
                            "application/json": {
                                "schema": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
                            },
                            "text/csv": {"schema": {"type": "string"}},
                        },
                    },
                    "400": {
                        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
                    },
                },
            },
            "post": {
                "operationId": "things_create",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingWritten"}}}
                },
                "responses": {"201": {}},
            },
        }
    },
    "components": {
        "schemas": {
            "Thing": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string"},
                    "size": {"type": ["integer", "null"]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
                },
            },
            "ThingWritten": {"type": "object", "properties": {"name": {"type": ["string", "null"]}}},
            "Problem": {"type": "object", "properties": {"code": {"type": "string", "enum": ["gone", "stale"]}}},
        }
    },
}
LIST, CREATE = "paths /things/ get", "paths /things/ post"
THING, WRITTEN = "components schemas Thing", "components schemas ThingWritten"


def changed(place: str, value) -> dict:
    """BEFORE with another value there; None takes it away."""
    schema = copy.deepcopy(BEFORE)
    *way, last = place.split()
    at = schema
    for part in way:
        at = at[int(part) if isinstance(at, list) else part]
    last = int(last) if isinstance(at, list) else last
    if value is None:
        del at[last]
    else:
        at[last] = value
    return schema


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        ("paths /things/", None, "GET /things/ is gone"),
        (f"{LIST}", None, "GET /things/ is gone"),
        (f"{LIST} operationId", "things", "operationId things_list became things"),
        (f"{LIST} parameters 0", None, "the parameter state is gone"),
        (f"{LIST} parameters 0 schema enum", ["open"], "no longer takes closed"),
        (f"{LIST} parameters 0 required", True, "state is asked for newly"),
        (f"{LIST} parameters 1 schema maximum", 100, "limit is held to maximum 100"),
        (f"{LIST} parameters 1 schema pattern", "^1", "limit is held to the pattern ^1"),
        (f"{LIST} responses 200 content text/csv", None, "the answer 200 as text/csv is gone"),
        (f"{LIST} responses 200 headers ETag", None, "the header ETag of the answer 200 is gone"),
        (f"{LIST} responses 200", None, "the answer 200 is gone"),
        (f"{THING} properties size", None, "the answer 200/*/size is gone"),
        (f"{THING} properties size type", ["string", "null"], "size may newly be string"),
        (f"{THING} properties id type", ["string", "null"], "id may newly be null"),
        (f"{THING} required", [], "id may newly be missing"),
        (f"{WRITTEN} required", ["name"], "the body/name is asked for newly"),
        (f"{WRITTEN} properties name type", "string", "the body/name no longer takes null"),
        (f"{WRITTEN} properties name maxLength", 9, "the body/name is held to maxLength 9"),
        (f"{WRITTEN} properties name", None, "the body/name is no longer taken"),
        (f"{CREATE} requestBody required", True, "a body is asked for newly"),
        (f"{CREATE} responses 201", None, "the answer 201 is gone"),
        ("components schemas Problem properties code enum", ["gone"], "a problem/code never is stale any more"),
    ],
)
def test_what_breaks_a_client_is_said_with_its_place(place, value, said):
    (broken, *_more) = breaks(BEFORE, changed(place, value))
    assert said in broken


def test_a_parameter_that_is_asked_for_breaks_a_client_and_one_that_may_be_sent_does_not():
    more = copy.deepcopy(BEFORE)
    more["paths"]["/things/"]["get"]["parameters"].append({"name": "colour", "in": "query", "required": True})
    assert breaks(BEFORE, more) == ["GET /things/: the new parameter colour is asked for"]
    more["paths"]["/things/"]["get"]["parameters"][-1]["required"] = False
    assert breaks(BEFORE, more) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("paths /more/", {"get": {"operationId": "more", "responses": {}}}),
        (f"{LIST} parameters 0 schema enum", ["open", "closed", "lost"]),
        (f"{LIST} parameters 1 schema maximum", 2000),
        (f"{LIST} parameters 1 schema type", ["integer", "string"]),
        (f"{LIST} responses 404", {}),
        (f"{THING} properties colour", {"type": "string"}),
        (f"{THING} properties size type", "integer"),
        (f"{THING} required", ["id", "size"]),
        (f"{WRITTEN} properties colour", {"type": "string"}),
        ("components schemas Problem properties code enum", ["gone", "stale", "new"]),
    ],
)
def test_what_is_added_breaks_nobody(place, value):
    assert breaks(BEFORE, changed(place, value)) == []


def test_how_a_schema_is_kept_does_not_hang_on_the_order_in_which_it_was_made():
    turned = dict(reversed(BEFORE.items()))
    assert normal(turned) == normal(BEFORE) and json.loads(normal(BEFORE)) == BEFORE


def test_texts_of_a_schema_are_not_kept_but_fields_that_are_called_so_are():
    said = changed(f"{THING} properties description", {"type": "string", "description": "in words"})
    said["paths"]["/things/"]["get"]["description"] = "The list."
    assert json.loads(normal(said)) == changed(f"{THING} properties description", {"type": "string"})
