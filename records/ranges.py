"""A file that does not change, sent whole, from where a reader broke off, or not at all where the reader has it (RFC 9110)."""

import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control
from django.utils.http import http_date, parse_etags, quote_etag

from .exports import Sent

BLOCK = 256 * 1024
ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def send_file(request, path: Path, *, digest: str, content_type: str) -> HttpResponseBase:
    """GET or HEAD. Its SHA-256 is its ETag. Several ranges at once are not taken: the whole comes. Raises exports.Busy."""
    etag, size = quote_etag(digest), path.stat().st_size
    headers = {
        "ETag": etag,
        "Last-Modified": http_date(path.stat().st_mtime),
        "Accept-Ranges": "bytes",
        "Repr-Digest": f"sha-256=:{_base64(digest)}:",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in known or etag in [one.removeprefix("W/") for one in known]:
        return _said(HttpResponse(status=304, headers=headers))
    begin, end, status = 0, size, 200
    asked = ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked and request.headers.get("If-Range", etag) == etag and any(asked.groups()):
        begin, end, status = *_part(asked, size), 206
        if begin >= end:
            return _said(HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"}))
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    headers |= {"Content-Length": str(end - begin), "Content-Type": content_type}
    if request.method == "HEAD" or begin == end:
        return _said(HttpResponse(status=status, headers=headers))
    return _said(StreamingHttpResponse(Sent(lambda: _blocks(path, begin, end)), status=status, headers=headers))


def _said(response: HttpResponseBase) -> HttpResponseBase:
    patch_cache_control(response, public=True, max_age=300)
    return response


def _part(asked: re.Match, size: int) -> tuple[int, int]:
    """From the first byte to before the last; `-500` are the last 500."""
    first, last = asked.groups()
    if not first:
        return max(size - int(last), 0), size
    return int(first), min(int(last) + 1, size) if last else size


def _blocks(path: Path, begin: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(begin)
        while begin < end and (block := file.read(min(BLOCK, end - begin))):
            begin += len(block)
            yield block


def _base64(digest: str) -> str:
    return b64encode(bytes.fromhex(digest)).decode()
