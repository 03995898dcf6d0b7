"""Every refusal of the API as RFC 9457 problem details, in the reader's language; and what is said when we fail."""

import secrets
from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponseServerError, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from records.asking import BadQuery
from records.refusals import Refused, Stale


def problem(error: Exception, context: dict) -> Response | None:
    """DRF's exception handler."""
    if isinstance(error, BadQuery):
        errors = [{"parameter": p.parameter, "code": p.code, "detail": p.message} for p in error.problems]
        return _response(400, _("The question cannot be answered as asked."), errors=errors)
    if isinstance(error, Refused):
        set_rollback()
        errors = [
            {"pointer": f"#/{f.field}" if f.field else "#", "code": f.code, "detail": f.message} for f in error.faults
        ]
        return _response(400, _("The change was refused; nothing was done."), errors=errors)
    if isinstance(error, Stale):
        set_rollback()
        row = error.moved[0].row
        detail = _("Somebody changed the record meanwhile: it has version %d now. Read it again.") % row.version
        return _response(412, detail, headers={"ETag": f'"{row.version}"'}, version=row.version)
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("There is no such record, or you may not see it."))
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(str(error) or None)
    if not isinstance(error, exceptions.APIException):
        return None
    set_rollback()
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))
    detail = error.detail if isinstance(error.detail, str) else _("Something in the request is wrong.")
    extra = {} if isinstance(error.detail, str) else {"errors": error.get_full_details()}
    return _response(error.status_code, str(detail), headers=headers, code=error.get_codes(), **extra)


def no_such_address(request, rest: str) -> JsonResponse:
    """What the API says of an address that it does not know."""
    detail = _("There is no address /api/%s. /api/v1/ lists those that there are.") % rest
    return refused(404, detail)


def refused(status: int, detail: str, headers: dict | None = None, **extra) -> JsonResponse:
    """Problem details for what is refused before a view of DRF is reached."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **extra}
    return JsonResponse(body, status=status, headers=headers, content_type="application/problem+json")


def server_error(request):
    """Django's `handler500`: a page that needs neither database nor static files, or problem details for machines.

    Both say the request id, by which the log has the rest.
    """
    request_id = getattr(request, "id", "")
    if request.path.startswith("/api/"):
        status = HTTPStatus.INTERNAL_SERVER_ERROR
        body = {"type": "about:blank", "title": status.phrase, "status": status, "request_id": request_id}
        return JsonResponse(body, status=status, content_type="application/problem+json")
    nonce = secrets.token_urlsafe(16)
    page = HttpResponseServerError(render_to_string("500.html", {"request_id": request_id, "nonce": nonce}))
    page["Content-Security-Policy"] = f"default-src 'none'; style-src 'nonce-{nonce}'; frame-ancestors 'none'"
    return page


def _response(status: int, detail: str, headers: dict | None = None, **extra) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **extra,
    }
    return Response(body, status=status, headers=headers)
