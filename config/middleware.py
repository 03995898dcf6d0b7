"""By which name a request is known, who asks, and about which moment: worked out once per request."""

import logging
import re
import time
import uuid

from django.middleware.locale import LocaleMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from people.tokens import BadToken, Token, token_of
from programs.rules import reader_for
from records.cells import can_be_stored
from records.history import known_at
from records.moments import CLOCKS, as_day, as_instant, carrying

from . import logs
from .problems import refused

log = logging.getLogger(__name__)
READING = ("GET", "HEAD", "OPTIONS")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(get_response):
    """`request.id`: the proxy's X-Request-ID, or our own. The answer, each line of the log and each task carry it.

    One line per request. Its path has no name of a person in it (people's addresses are numbers), its query might.
    """

    def middleware(request):
        given = request.headers.get("X-Request-ID", "")
        request.id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        logs.forget()
        logs.keep_in_mind(request_id=request.id)
        began = time.monotonic()
        try:
            response = get_response(request)
            response["X-Request-ID"] = request.id
            ms = round((time.monotonic() - began) * 1000)
            seen = {"method": request.method, "path": request.path, "status": response.status_code, "ms": ms}
            log.info("request", extra=seen)
            return response
        finally:
            logs.forget()

    return middleware


class Language(LocaleMiddleware):
    """As Django's; but where the API has no such address, or no such file is published, a page of that name is no answer."""

    def process_request(self, request):
        super().process_request(request)
        asked = request.GET.get("lang", "") if request.path_info.startswith("/api/") else ""
        if asked in ("ko", "en"):
            translation.activate(asked)  # whatever refuses the request, it does so in this language

    def process_response(self, request, response):
        answer = super().process_response(request, response)
        if answer is response or not request.path_info.startswith(("/api/", "/data/", "/calendars/")):
            return answer
        patch_vary_headers(response, ["Accept-Language"])
        return response


def bearer(get_response):
    """Under /api/, `request.user` is the owner of the access token that is sent, and `request.token` the token.

    A token that opens nothing is refused, never taken for nobody; one that may only read writes nothing, one that may
    report writes nothing else.
    """

    def middleware(request):
        if not request.path_info.startswith("/api/"):
            return get_response(request)
        scheme, _space, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            try:
                request.token = token_of(key.strip())
            except BadToken as bad:
                return refused(401, "bad_token", str(bad), {"WWW-Authenticate": 'Bearer error="invalid_token"'})
            if request.method not in READING and not request.token.may_write_at(request.path_info):
                header = {"WWW-Authenticate": 'Bearer error="insufficient_scope"'}
                return refused(403, "token_scope", _may_only(request.token), header)
            request.user = request.token.owner
        response = get_response(request)
        patch_vary_headers(response, ["Authorization"])
        return response

    return middleware


def _may_only(token: Token) -> str:
    if token.scope == Token.Scope.REPORT:
        return _("This access token may only read, and send reports.")
    return _("This access token may only read.")


def reader(get_response):
    """`request.reader`: what the asker may see (records/rights.py), by today's rights."""

    def middleware(request):
        request.reader = SimpleLazyObject(lambda: reader_for(request.user))
        return get_response(request)

    return middleware


def storable(get_response):
    """Refuses a query or a form with a character that no column can hold. Forms with files are left to those who read them."""

    def middleware(request):
        is_form = request.content_type == "application/x-www-form-urlencoded"
        asked = [request.GET, request.POST] if is_form else [request.GET]
        names = [name for sent in asked for name, texts in sent.lists() if not all(map(can_be_stored, [name, *texts]))]
        if not names:
            return get_response(request)
        said = _("The text contains a character that cannot be stored.")
        if request.path_info.startswith("/api/"):
            errors = [{"parameter": name, "code": "cannot_be_stored", "detail": said} for name in names]
            return refused(400, "bad_question", _("The question cannot be answered as asked."), errors=errors)
        return render(request, "400.html", {"problems": [said]}, status=400)

    return middleware


def moment(get_response):
    """`request.as_of` (a day of the world) and `request.known_at` (an instant of the registry), from the address.

    Inside a `known_at` request every query reads the past, and what links elsewhere keeps the moment. Bad values are refused
    by the page or the API itself.
    """

    def middleware(request):
        request.as_of = request.known_at = None
        request.moment_problems = {}
        for name, understand in (("as_of", as_day), ("known_at", as_instant)):
            text = request.GET.get(name, "").strip()
            if text:
                try:
                    setattr(request, name, understand(text))
                except ValueError as bad:
                    request.moment_problems[name] = str(bad)
        with carrying({name: request.GET.get(name, "") for name in CLOCKS if getattr(request, name)}):
            if request.known_at is None or request.method not in ("GET", "HEAD"):
                return get_response(request)
            request.reader.level  # noqa: B018  by today's rights: worked out before we look into the past
            with known_at(request.known_at):
                return get_response(request)

    return middleware
