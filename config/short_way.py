"""The short way of the API: what can be answered without the long chain of middlewares, router and view.

    GET /api/v1/… without a cookie → who asks, data version → tag of the answer
      If-None-Match names it        → 304
      kept under it in this process → as kept
      a list that can be compiled   → SQL, envelope (records/compiled.py)
      all else                      → the long way; its answer is kept under its tag

Nothing is said here that the long way does not say. Our own middlewares stand on both; the tag is that of
`records/conditional.py`; what Django's middlewares add is taken from an answer that the long way gave to the same address
by the same host and protocol. A tag stands for one data version, asked of the database at each request, one set of rights
and one question: nothing old is found under it, and nothing that another asker may not see.
"""

import inspect
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from types import SimpleNamespace

import orjson
import psycopg
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.handlers.wsgi import WSGIRequest
from django.db import DatabaseError, connection
from django.http import HttpResponse
from django.utils import translation
from django.utils.module_loading import import_string

from config.middleware import request_id
from records.asking import BadQuery
from records.compiled import page_as_json
from records.conditional import data_state, headers_of, tag_of, tags_in
from records.data_version import data_version
from records.kinds import Kind, kinds_by_plural
from records.list_api import link_to, list_asked

LARGEST = 2**20  # bytes of an answer that is kept
MOST_HEADS = 1000
LIST = re.compile(r"/api/v1/([a-z-]+)/")
OTHER_VIEWS = ("documents", "disagreements")  # lists with more to them
LONG = {
    "as_of",
    "known_at",
    "format",
    "group_by",
    "measure",
    "count",
    "flat",
    "include",
    "view",
}  # what no page takes here
OF_REQUEST = {"x-request-id", "ratelimit", "ratelimit-policy", "retry-after", "set-cookie"}
OF_ANSWER = {"content-length", "link", "etag", "data-version", "data-at", "figures"}
NOT_OF_304 = {"content-type", "link"}


class TheLongWay(Exception):
    """This is not answered here."""


@dataclass(frozen=True)
class Answer:
    body: bytes
    headers: dict[str, str]

    @property
    def tag(self) -> str:
        return self.headers["ETag"].strip('"').rpartition(".")[2]


class Kept:
    """Answers by what they answer, until there is no more room: then what was not asked for the longest time goes."""

    def __init__(self, most_bytes: int):
        self.most_bytes, self.bytes = most_bytes, 0
        self._answers: OrderedDict[tuple, Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple) -> Answer | None:
        with self._lock, suppress(KeyError):
            self._answers.move_to_end(key)
            return self._answers[key]
        return None

    def keep(self, key: tuple, answer: Answer) -> None:
        if len(answer.body) > LARGEST:
            return
        with self._lock:
            if before := self._answers.pop(key, None):
                self.bytes -= len(before.body)
            self._answers[key] = answer
            self.bytes += len(answer.body)
            while self.bytes > self.most_bytes:
                self.bytes -= len(self._answers.popitem(last=False)[1].body)


class ShortWay:
    """A WSGI application in front of Django's."""

    def __init__(self, django):
        self.django, self.kept = django, Kept(settings.KEPT_BYTES)
        self._heads: OrderedDict[tuple, dict[str, str]] = OrderedDict()
        self._chain = self._answer
        for middleware in reversed(_ours()):
            self._chain = middleware(self._chain if middleware is not request_id else _only_well(self._chain))
        django.request_class = lambda environ: environ.get("registry.request") or WSGIRequest(environ)

    def __call__(self, environ, start_response):
        if not is_short(environ):
            return self.django(environ, start_response)
        request = environ["registry.request"] = WSGIRequest(environ)
        request.user = AnonymousUser()
        try:
            response = self._chain(request)
        except TheLongWay:
            return self._the_long_way(request, start_response)
        except (psycopg.Error, DatabaseError):
            connection.close()
            return self._the_long_way(request, start_response)
        start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
        return [response.content]

    # -- the short way ---------------------------------------------------------------------------------

    def _answer(self, request) -> HttpResponse:
        if "known_at" in request.GET:
            raise TheLongWay
        if connection.close_at is not None and time.monotonic() >= connection.close_at:
            connection.close()
        language = request.GET.get("lang") or translation.get_language_from_request(request)
        if language not in ("ko", "en"):
            raise TheLongWay
        translation.activate(language)
        version = data_version()
        tag = tag_of(request.path, request.GET, reader=request.reader, version=version, language=language)
        key = (tag, *_door(request))
        answer = self.kept.get(key)
        if answer is None:
            answer = self._page(request, version, tag)
            self.kept.keep(key, answer)
        given = request.META.get("HTTP_IF_NONE_MATCH")
        if given and any(tag == "*" or tag.rpartition(".")[2] == answer.tag for tag in tags_in(given)):
            headers = {name: value for name, value in answer.headers.items() if name.lower() not in NOT_OF_304}
            response = HttpResponse(status=304, headers=headers | {"Content-Length": "0"})
            del response["Content-Type"]
            return response
        return HttpResponse(answer.body, headers=answer.headers)

    def _page(self, request, version, tag: str) -> Answer:
        """A page of a list. Raises TheLongWay."""
        head, kind = self._heads.get(_where(request)), _kind(request)
        if head is None or kind is None or request.GET.get("money", "") not in ("", "major", "minor"):
            raise TheLongWay
        request.query_params, is_minor = request.GET, request.GET.get("money") == "minor"
        view = SimpleNamespace(
            request=request, kind=kind, reader=request.reader, as_of=None, problems=[], is_minor=is_minor
        )
        try:
            page = page_as_json(*list_asked(view))
        except BadQuery:
            raise TheLongWay from None
        if page is None:
            raise TheLongWay
        rows = [orjson.Fragment(row) for row in page.rows]
        body = orjson.dumps({"results": rows, "next_cursor": page.next_cursor} | data_state(version))
        own = link_to(request, page.next_cursor) | headers_of(version)
        return Answer(body, head | own | {"ETag": f'"{tag}"', "Content-Length": str(len(body))})

    # -- the long way ----------------------------------------------------------------------------------

    def _the_long_way(self, request, start_response) -> Iterable[bytes]:
        """Django's answer. What is made of records is kept, and what such an answer says besides."""
        response = self.django(request.environ, start_response)
        is_json = response.get("Content-Type") == "application/json" and not response.streaming
        if is_json and response.status_code == 200 and {"ETag", "Data-Version"} <= response.headers.keys():
            headers = {name: value for name, value in response.items() if name.lower() not in OF_REQUEST}
            answer = Answer(response.content, headers)
            self._heads[_where(request)] = {n: value for n, value in headers.items() if n.lower() not in OF_ANSWER}
            if len(self._heads) > MOST_HEADS:
                self._heads.popitem(last=False)
            self.kept.keep((answer.tag, *_door(request)), answer)
        return response


def is_short(environ) -> bool:
    return (
        environ["REQUEST_METHOD"] == "GET"
        and environ["PATH_INFO"].startswith("/api/v1/")
        and environ.get("HTTP_ACCEPT", "*/*") in ("*/*", "application/json")
        and not {"HTTP_COOKIE", "HTTP_IF_MATCH"} & environ.keys()
    )


def _ours() -> list:
    """Our own middlewares. Those that are classes go on Django's and stay on the long way, as Django's do."""
    found = [import_string(path) for path in settings.MIDDLEWARE if path.startswith("config.")]
    return [one for one in found if inspect.isfunction(one)]


def _only_well(get_response):
    """What is refused is refused on the long way, in all its form. Stands below what writes the line of the log."""

    def middleware(request):
        response = get_response(request)
        if response.status_code not in (200, 304):
            raise TheLongWay
        return response

    return middleware


def _kind(request) -> Kind | None:
    found = LIST.fullmatch(request.path)
    if not found or found[1] in OTHER_VIEWS or not LONG.isdisjoint(request.GET):
        return None
    return kinds_by_plural().get(found[1])


def _door(request) -> tuple[str, str]:
    """By which host and protocol it is asked: links in the answer name them."""
    meta = request.META
    return meta.get("HTTP_HOST", ""), meta["wsgi.url_scheme"] + meta.get("HTTP_X_FORWARDED_PROTO", "")


def _where(request) -> tuple:
    """What the head of an answer depends on, besides the answer."""
    language = request.GET.get("lang", "") + request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    return (*_door(request), request.path, language, "HTTP_AUTHORIZATION" in request.META)
