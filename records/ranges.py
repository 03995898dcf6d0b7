"""A file that does not change, sent whole, from where a reader broke off, or not at all where the reader has it (RFC 9110)."""

import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header, http_date, parse_etags, quote_etag

from .exports import Sent

BLOCK = 256 * 1024
ONE_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


def send_file(
    request, path: Path, *, tag: str, content_type: str, name: str = "", digest: str = ""
) -> HttpResponseBase:
    """GET or HEAD. Several ranges at once are not taken: the whole comes. Raises exports.Busy.

    `tag` names its content, `digest` is the SHA-256. With a `name` it is somebody's own file, and saved under that name.
    """
    etag, size = quote_etag(tag), path.stat().st_size
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache" if name else "public, max-age=300",
        "Last-Modified": http_date(path.stat().st_mtime),
        "Accept-Ranges": "bytes",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox",
    }
    if name:
        headers["Content-Disposition"] = content_disposition_header(True, name)
    if digest:
        headers["Repr-Digest"] = f"sha-256=:{b64encode(bytes.fromhex(digest)).decode()}:"
    known = parse_etags(request.headers.get("If-None-Match", ""))
    if "*" in known or etag in [one.removeprefix("W/") for one in known]:
        return HttpResponse(status=304, headers=headers)
    begin, end, status = 0, size, 200
    asked = ONE_RANGE.fullmatch(request.headers.get("Range", "").strip())
    if asked and request.headers.get("If-Range", etag) == etag and any(asked.groups()):
        begin, end, status = *_part(asked, size), 206
        if begin >= end:
            return HttpResponse(status=416, headers=headers | {"Content-Range": f"bytes */{size}"})
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{size}"
    headers |= {"Content-Length": str(end - begin), "Content-Type": content_type}
    if request.method == "HEAD" or begin == end:
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(Sent(lambda: _blocks(path, begin, end)), status=status, headers=headers)


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
