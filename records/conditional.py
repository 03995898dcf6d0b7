"""Answers that are asked for again: ETag, `If-None-Match` → 304 before a row is read, `If-Match` by the record's version.

    data version + rights + question (path, parameters, language, media type) + release of the program  =  tag

An answer made of records is the same as long as these are: not of the token, not of the clock (but for questions that
depend on the day, which hold it). The data version is asked before the rows are, so a tag is never newer than its answer.
`tag_of` needs no view, so that a cache in front of the views can ask by it.
"""

import hashlib
import re
from datetime import UTC
from functools import cache
from importlib.metadata import version as version_of

from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.crypto import salted_hmac
from django.utils.translation import get_language
from rest_framework import serializers
from rest_framework.response import Response

from .data_version import DataVersion, data_version
from .rights import Reader
from .saved import find_view

SAFE = ("GET", "HEAD")
OF_TODAY = ("ending", "late")  # filters that count from today
PERSONAL = ("others",)  # parameters whose answer depends on who asks, whatever their rights
VARIES = ("Accept", "Accept-Language", "Authorization", "Cookie")
TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')
SHAPING, WRITING = (".py", ".mo"), ("django", "djangorestframework", "orjson")  # what says how an answer is written
ANY = "*"


# ---- the tag -------------------------------------------------------------------------------------------


def tag_of(
    path: str,
    params: QueryDict,
    *,
    reader: Reader,
    version: DataVersion,
    language: str,
    media_type: str = "application/json",
    is_of_today: bool = False,
) -> str:
    """The name of what this reader is answered to this question now; equal for all who have the same rights."""
    view = find_view(params["view"], reader) if params.get("view") else None
    asked = {*params, *(QueryDict(view.query) if view else ())}
    said = [
        str(version),
        release(),
        reader.rights,
        path,
        sorted((name, params.getlist(name)) for name in params),
        language,
        media_type,
        [str(view.pk), view.query] if view else None,
        reader.user_id if asked.intersection(PERSONAL) else None,
        timezone.localdate().isoformat() if is_of_today or asked.intersection(OF_TODAY) else None,
    ]
    return salted_hmac("etag", repr(said), algorithm="sha256").hexdigest()[:24]


@cache
def release() -> str:
    """A stamp of the program: another one may write the same rows otherwise."""
    ours = [app for app in settings.INSTALLED_APPS if (settings.BASE_DIR / app).is_dir()]
    folders = [settings.BASE_DIR / name for name in ("config", "locale", *ours)]
    digest = hashlib.sha256(repr([version_of(library) for library in WRITING]).encode())
    for path in sorted(path for folder in folders for path in folder.rglob("*") if path.suffix in SHAPING):
        digest.update(str(path.relative_to(settings.BASE_DIR)).encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def tags_in(header: str) -> list[str]:
    """What an If-None-Match or If-Match names (RFC 9110, 13.1): tags without quotes; ["*"] for any; [] where it is none.

    That a tag is weak does not count: a proxy that compresses answers makes it so.
    """
    if header.strip() == ANY:
        return [ANY]
    found, at = [], 0
    while at < len(header):
        tag = TAG.match(header, at)
        if not tag:
            return []
        found.append(tag[2])
        at = tag.end()
    return found


# ---- what an answer says of its data -------------------------------------------------------------------


def data_state(version: DataVersion) -> dict:
    """For the envelope of an answer: the moment that its data is from, and whether a figure waits to be worked out."""
    return {"data_at": _instant(version), "is_stale": version.is_stale}


def headers_of(version: DataVersion) -> dict[str, str]:
    at = {"Data-At": _instant(version)} if version.at else {}
    return {"Data-Version": str(version), **at, "Figures": "recomputing" if version.is_stale else "current"}


def _instant(version: DataVersion) -> str | None:
    return version.at.astimezone(UTC).isoformat().replace("+00:00", "Z") if version.at else None


DATA_STATE = {
    "data_at": serializers.DateTimeField(
        allow_null=True, help_text="when the latest change in this answer's data was made"
    ),
    "is_stale": serializers.BooleanField(help_text="a figure is being worked out anew"),
}


class NotModified(Exception):
    """The asker has the answer already, under this tag."""


class Conditional:
    """For views of the API. `made_of_records`: what they answer to GET depends on records, figures and rights alone.

    `only_if_new` is called when it is known who asks, and before anything is read.
    """

    made_of_records = False
    is_of_today = False  # the answer depends on the day
    version: DataVersion | None = None
    _tag = _has = ""

    def only_if_new(self, request) -> None:
        """Raises NotModified."""
        if not self.made_of_records or request.method not in SAFE or self.action is None:
            return
        self.version = data_version()
        if not self.may_be_same():
            return
        self._tag = tag_of(
            request.path,
            request.query_params,
            reader=self.reader,
            version=self.version,
            language=get_language(),
            media_type=request.accepted_renderer.media_type,
            is_of_today=self.is_of_today,
        )
        for tag in tags_in(request.headers.get("If-None-Match", "")):
            if tag.rpartition(".")[2] == self._tag:
                self._has = tag
                raise NotModified

    def may_be_same(self) -> bool:
        """Whether the same data version means the same answer."""
        return True

    @property
    def data_state(self) -> dict:
        return data_state(self.version)

    def handle_exception(self, error):
        return Response(status=304) if isinstance(error, NotModified) else super().handle_exception(error)

    def finalize_response(self, request, response, *args, **kwargs):
        if self._tag and response.status_code == 200 and tags_in(request.headers.get("If-None-Match", "")) == [ANY]:
            response = Response(status=304)
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.version and response.status_code in (200, 304):
            if self._tag:
                number = response.get("ETag", "").strip('"')
                response["ETag"] = f'"{self._has or ".".join(filter(None, [number, self._tag]))}"'
            response["Cache-Control"] = "private, no-cache" if self.reader.is_signed_in else "no-cache"
            for name, value in headers_of(self.version).items():
                response[name] = value
            patch_vary_headers(response, VARIES)
        return response
