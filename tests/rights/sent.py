"""What is sent along: the question that an address needs, and bodies for which somebody who may is let do something."""

from .routes import Route
from .targets import Target

TWO_MOMENTS = "as_of=2020&as_of_to=2030"
# By address. Where nothing is said, none is asked.
QUESTIONS = {
    "/api/v1/compare/<pk>/": TWO_MOMENTS,
    "/api/v1/compare/<pk>/<key>/": TWO_MOMENTS,
    "/api/v1/compare/totals/": TWO_MOMENTS,
    "/api/v1/compare/totals/lines/": TWO_MOMENTS,
    "/api/v1/duplicates/": "kind=institution",
    "/en/accounts/me/calendars/": "of=programs/alpha",
    "/en/compare/<kind>/": TWO_MOMENTS,
    "/en/compare/<kind>/<key>/": TWO_MOMENTS,
    "/en/compare/totals/": TWO_MOMENTS,
    "/en/documents/new/": "record={alpha}",
    "/language/": "to=ko",
}
# By method and address. Where nothing is said, an empty form or object is sent.
BODIES = {
    "PATCH /api/v1/<kind>/<pk>/": lambda w, target: {"visibility": target.name, "reason": "as it is"},
    "PATCH /api/v1/views/<pk>/": lambda w, target: {"name": "another name"},
    "POST /api/v1/<kind>/": lambda w, target: NEW.get(target.kind, {}) | {"reason": "new"},
    "POST /api/v1/<kind>/<pk>/retire/": lambda w, target: {"reason": "no longer", "with_parts": True},
    "PATCH /api/v1/updates/<pk>/": lambda w, target: {"sections": {"narrative": {"narrative_en": "Done."}}},
    "POST /api/v1/dues/<pk>/extend/": lambda w, target: {"until": "2099-01-01", "reason": "ill"},
    "POST /api/v1/exports/": lambda w, target: {"format": "xlsx", "list": "projects"},
    "POST /api/v1/updates/": lambda w, target: {"project": w.one.slug, "institution": "gist", **PERIOD},
    "POST /api/v1/updates/<pk>/reopen/": lambda w, target: {"text": "more"},
    "POST /api/v1/updates/<pk>/say/": lambda w, target: {"text": "hello"},
    "POST /en/updates/begin/": lambda w, target: {"project": w.one.slug, "institution": "gist", **PERIOD},
    "POST /en/updates/<id>/edit/": lambda w, target: {"do": "save", "version": target.row.version},
    "POST /en/updates/<id>/say/": lambda w, target: {"text": "hello"},
    "POST /en/updates/<id>/watch/": lambda w, target: {"watch": "1"},
    "POST /api/v1/webhooks/": lambda w, target: HOOK,
    "PATCH /api/v1/webhooks/<pk>/": lambda w, target: {"state": "paused"},
    "POST /en/accounts/me/calendars/": lambda w, target: {"kinds": "project", "language": "en"},
    "POST /en/accounts/me/calendars/<id>/act/": lambda w, target: {"do": "renew"},
    "POST /en/accounts/me/webhooks/": lambda w, target: HOOK,
    "POST /en/accounts/me/webhooks/<id>/": lambda w, target: HOOK | {"version": target.row.version},
    "POST /en/accounts/me/webhooks/<id>/act/": lambda w, target: {"do": "ping"},
    "POST /api/v1/views/": lambda w, target: {"kind": "project", "name": "mine", "query": ""},
}
HOOK = {"name": "a hook", "url": "https://receiver.example/"}
PERIOD = {"period_starts_on": "1999-01-01", "period_ends_on": "1999-06-30"}
NEW = {"projects": {"slug": "fresh", "title_en": "New", "program": "alpha", "status": "planned"}}
FORMS = (  # of the API: they take files
    "POST /api/v1/<kind>/import/", "POST /api/v1/<kind>/<pk>/file/", "POST /api/v1/updates/<pk>/files/",
)  # fmt: skip


def question(route: Route, w) -> str:
    asked = QUESTIONS.get(route.address, "")
    return f"?{asked.format(alpha=w.alpha.pk)}" if asked else ""


def sent(method: str, route: Route, target: Target, w) -> dict:
    """What the test client is given besides the address."""
    if method == "GET":
        return {}
    which = f"{method} {route.address}"
    body = BODIES[which](w, target) if which in BODIES else {}
    version = getattr(target.row, "version", None)
    headers = {"if-match": f'"{version}"'} if version else {}
    if route.address.startswith("/api/v1/updates/"):
        headers["idempotency-key"] = "one"
    as_json = {"content_type": "application/json"} if route.is_api and which not in FORMS else {}
    return {"data": body, "headers": headers} | as_json
