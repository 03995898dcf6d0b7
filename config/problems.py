"""Every refusal of the API as RFC 9457 problem details, in the reader's language."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from records.asking import BadQuery


def problem(error: Exception, context: dict) -> Response | None:
    """DRF's exception handler."""
    if isinstance(error, BadQuery):
        errors = [{"parameter": p.parameter, "detail": p.message} for p in error.problems]
        return _response(400, _("The question cannot be answered as asked."), errors=errors)
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("There is no such record, or you may not see it."))
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
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
    body = {"type": "about:blank", "title": "Not Found", "status": 404, "detail": detail}
    return JsonResponse(body, status=404, content_type="application/problem+json")


def _response(status: int, detail: str, headers: dict | None = None, **extra) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        **extra,
    }
    return Response(body, status=status, headers=headers)
