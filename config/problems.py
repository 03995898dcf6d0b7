"""Every refusal of the API as RFC 9457 problem details, in the reader's language; and what is said when we fail.

    {"type": "/api/problems/stale", "title": …, "status": 412, "detail": …, "code": "stale", "errors": […], "request_id": …}

`errors` says everything that is wrong at once, each with its code and its place: `pointer` (into the body), `parameter` or
`header`. The codes stand in records/problem_codes.py.
"""

import logging
import secrets
import sys
from collections.abc import Iterable

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import InterfaceError, OperationalError, connection, transaction
from django.http import Http404, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views import defaults
from psycopg.errors import QueryCanceled
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from records.asking import BadQuery
from records.problem_codes import CODES
from records.refusals import Refused, Stale

log = logging.getLogger(__name__)
OF_DRF = {  # its codes → ours
    "not_authenticated": "not_signed_in",
    "authentication_failed": "bad_token",
    "permission_denied": "not_allowed",
    "throttled": "too_many_requests",
    "parse_error": "malformed",
    "error": "invalid",
}
AWAY_SECONDS = 5  # Retry-After while the database cannot be reached
AWAY = ("08", "57P", "53300")  # SQLSTATEs: the connection failed, the server stops or starts, too many connections


def problem(error: Exception, context: dict) -> Response | None:
    """DRF's exception handler."""
    said = _said(error)
    if said is None:
        return None
    set_rollback()
    status, headers, body = said
    return Response(body, status=status, headers=headers)


def _said(error: Exception) -> tuple[int, dict, dict] | None:
    """(status, headers, body); None for what is no refusal but a fault of ours."""
    match error:
        case BadQuery():
            errors = [{"parameter": p.parameter, "code": p.code, "detail": p.message} for p in error.problems]
            return 400, {}, body(400, "bad_question", _("The question cannot be answered as asked."), errors)
        case Refused():
            errors = [{"pointer": pointer(f.field), "code": f.code, "detail": f.message} for f in error.faults]
            return 400, {}, body(400, "refused", _("The change was refused; nothing was done."), errors)
        case Stale():
            version = error.moved[0].row.version
            detail = _("Somebody changed the record meanwhile: it has version %d now. Read it again.") % version
            errors = [{"header": "If-Match", "code": "stale", "detail": detail}]
            return 412, {"ETag": f'"{version}"'}, body(412, "stale", detail, errors, version=version)
        case OperationalError() if isinstance(error.__cause__, QueryCanceled):
            if connection.in_atomic_block:
                transaction.set_rollback(True)
            return 422, {}, body(422, "too_costly", too_costly())
        case OperationalError() | InterfaceError() if is_away(error):
            log.error("the database cannot be reached", exc_info=error)
            return 503, {"Retry-After": str(AWAY_SECONDS)}, away()
        case RequestDataTooBig():
            return 413, {}, body(413, "too_large", _("The body is too large."))
        case Http404():
            return 404, {}, body(404, "not_found", _("There is no such record, or you may not see it."))
        case PermissionDenied():
            return 403, {}, body(403, "not_allowed", str(error) or CODES["not_allowed"].advice)
        case exceptions.APIException():
            return _of_drf(error)
    return None


def too_costly() -> str:
    return _(
        "To answer this takes longer than an answer may take. Narrow it by a filter, or ask for the rows as a file"
        " (format=csv, format=jsonl) and add them up yourself."
    )


def _of_drf(error: exceptions.APIException) -> tuple[int, dict, dict]:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))
    status = error.status_code
    if not isinstance(error.detail, str):
        return status, headers, body(status, "invalid", _("Something in the request is wrong."), list(_flat(error)))
    code = OF_DRF.get(error.detail.code, error.detail.code)
    if str(error.detail).startswith("CSRF"):
        code = "csrf"
    header = getattr(error, "header", "")  # the one that is wrong
    detail = str(error.detail)
    return (
        status,
        headers,
        body(status, code, detail, [{"header": header, "code": code, "detail": detail}] if header else ()),
    )


def _flat(error: exceptions.APIException) -> Iterable[dict]:
    """What a serializer of DRF found, as `errors`."""

    def walk(said, place: str):
        match said:
            case dict():
                for name, below in said.items():
                    yield from walk(below, place if name == "non_field_errors" else f"{place}/{name}")
            case list():
                for below in said:
                    yield from walk(below, place)
            case _:
                yield {"pointer": f"#{place}", "code": "not_a_value", "detail": str(said)}

    return walk(error.detail, "")


def pointer(field: str) -> str:
    """RFC 6901 as a fragment; places inside of several parts are named with / already."""
    return f"#/{field.replace('~', '~0')}" if field else "#"


def body(status: int, code: str, detail: str, errors: Iterable[dict] = (), **extra) -> dict:
    """The problem details; `request_id` is the one by which the log knows the request."""
    code = code if code in CODES else "invalid"
    return {
        "type": f"/api/problems/{code}",
        "title": str(CODES[code].title),
        "status": status,
        "detail": str(detail),
        "code": code,
        "errors": list(errors),
        "request_id": structlog.contextvars.get_contextvars().get("request_id", ""),
        **extra,
    }


def refused(status: int, code: str, detail: str, headers: dict | None = None, errors: Iterable[dict] = ()):
    """Problem details for what is refused before a view of DRF is reached."""
    said = body(status, code, detail, errors)
    return JsonResponse(said, status=status, headers=headers, content_type="application/problem+json")


# ---- the database is away ------------------------------------------------------------------------------


def is_away(error: BaseException | None) -> bool:
    """Whether this says that the database cannot be reached, rather than that it did not like a question."""
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(AWAY)


def away() -> dict:
    return body(503, "unavailable", _("The registry cannot be reached at the moment. Nothing was done."))


# ---- Django's own handlers -----------------------------------------------------------------------------


def no_such_address(request, rest: str) -> JsonResponse:
    """What the API says of an address that it does not know."""
    detail = _("There is no address /api/%s. /api/v1/ lists those that there are.") % rest
    return refused(404, "no_such_address", detail)


def bad_request(request, exception):
    """`handler400`: what Django refuses before any of our code reads it."""
    if not request.path.startswith("/api/"):
        return defaults.bad_request(request, exception)
    if isinstance(exception, RequestDataTooBig):
        return refused(413, "too_large", _("The body is too large."))
    return refused(400, "malformed", _("Something in the request is wrong."))


def permission_denied(request, exception):
    """`handler403`."""
    if not request.path.startswith("/api/"):
        return defaults.permission_denied(request, exception)
    return refused(403, "not_allowed", str(exception) or CODES["not_allowed"].advice)


def page_not_found(request, exception):
    """`handler404`."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception)
    return refused(404, "no_such_address", _("There is no such record, or you may not see it."))


def server_error(request):
    """`handler500`: a page that needs neither database nor static files, or problem details for machines.

    Both say the request id, by which the log has the rest.
    """
    request_id = getattr(request, "id", "")
    if request.path.startswith("/api/"):
        if is_away(sys.exception()):
            response = JsonResponse(away(), status=503, headers={"Retry-After": str(AWAY_SECONDS)})
        else:
            detail = _("We failed to answer. The log has the reason under this request_id.")
            response = JsonResponse(body(500, "internal", detail), status=500)
        response["Content-Type"] = "application/problem+json"
        return response
    nonce = secrets.token_urlsafe(16)
    page = HttpResponseServerError(render_to_string("500.html", {"request_id": request_id, "nonce": nonce}))
    page["Content-Security-Policy"] = f"default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'"
    return page
