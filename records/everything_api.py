"""`GET /api/v1/everything/`: all that the asker may see, of one moment, as one stream of JSON Lines.

{"about": {"kinds": […], "data_version": …, "data_at": …, "is_stale": …}}
{"kind": "source", "record": {…}}        as the list has it; kinds in the order of `kinds`, records in that of their ids
{"end": {"records": 12345}}              whoever has not read this line has not read all
"""

from collections.abc import Iterator

import orjson
from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema

from .answers import ApiView, query_parameters
from .api import PARAMETERS
from .columns import Form
from .conditional import data_state
from .data_version import data_version
from .export_api import IsBusy, JsonLinesRenderer, JsonlRenderer
from .exports import BROKEN, As, Busy, Export, Sent
from .feed import position_here
from .kinds import Kind, kinds
from .lists import ListQuery
from .shape_asked import ShapeAsked
from .snapshot import snapshot

ASKED = ("money", "as_of", "known_at")
LINES = (JsonLinesRenderer, JsonlRenderer)
ABOUT = "A line about it, a line for each record ({“kind”, “record”}), a last line with their number; without that it broke off."
SCHEMA = {(200, renderer.media_type): OpenApiResponse(str, description=ABOUT) for renderer in LINES}


@extend_schema(tags=["exports"])
class EverythingView(ApiView):
    """All that one may see, in one answer."""

    made_of_records = True

    def get_renderers(self):
        return [renderer() for renderer in LINES]

    @extend_schema(
        operation_id="everything", parameters=query_parameters(PARAMETERS, (*ASKED, "lang")), responses=SCHEMA
    )
    def list(self, request):
        self.only_asked(*ASKED)
        broken = BROKEN[As.JSONL] % _(
            "The file breaks off here: something went wrong while it was written. Take it again."
        )
        position = str(position_here(self.reader))  # before its snapshot: from there on nothing is missed
        try:
            sent = Sent(lambda: _lines([self._export(kind) for kind in kinds().values()]), broken)
        except Busy as busy:
            raise IsBusy(str(busy)) from None
        response = StreamingHttpResponse(sent, content_type=request.accepted_renderer.media_type)
        response["Content-Disposition"] = content_disposition_header(True, "registry.jsonl")
        response["X-Content-Type-Options"] = "nosniff"
        response["X-Accel-Buffering"] = "no"
        response["Change-Position"] = position
        return response

    def _export(self, kind: Kind) -> Export:
        query = ListQuery(kind, self.reader, sort="id", as_of=self.as_of)
        language = (get_language() or "ko")[:2]
        shape = ShapeAsked(kind, tuple(kind.all_fields), is_minor=self.is_minor, language=language)
        return Export(query, Form.RAW, self.request._request.known_at, shape=shape)


def _lines(exports: list[Export]) -> Iterator[bytes]:
    """From one moment, whatever is written meanwhile."""
    with snapshot():
        about = {"kinds": [export.kind.name for export in exports], **data_state(data_version())}
        yield orjson.dumps({"about": about}, option=orjson.OPT_APPEND_NEWLINE)
        count = 0
        for export in exports:
            begin, rest = b'{"kind":"%s","record":' % export.kind.name.encode(), b""
            for piece in export.jsonl():
                *rows, rest = (rest + piece).split(b"\n")
                count += len(rows)
                if rows:
                    yield b"".join([begin + row + b"}\n" for row in rows])
        yield b'{"end":{"records":%d}}\n' % count
