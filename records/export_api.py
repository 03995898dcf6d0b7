"""The API's lists as files: CSV and JSON Lines, all rows, while they are written."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse
from rest_framework import exceptions
from rest_framework.renderers import BaseRenderer
from rest_framework.settings import api_settings

from .asking import BadQuery, Problem
from .columns import Form, choosable
from .exports import As, Busy, Export, sent
from .feed import position_here
from .list_api import list_asked

NOT_TAKEN = ("limit", "cursor", "count")
NOT_IN_CSV = ("money", "include", "flat")
WHOLE = "All rows, of one moment, written while they are sent. A file that breaks off ends with a line that no reader takes."


class FileRenderer(BaseRenderer):
    """Says that a list can be had as such a file. What it would render is a refusal, and those are JSON."""

    charset = None

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return api_settings.DEFAULT_RENDERER_CLASSES[0]().render(data, "application/json", renderer_context)


class CsvRenderer(FileRenderer):
    media_type, format = "text/csv", As.CSV.value


class JsonLinesRenderer(FileRenderer):
    media_type, format = "application/x-ndjson", As.JSONL.value


class JsonlRenderer(JsonLinesRenderer):
    """The same by the other name that is in use."""

    media_type = "application/jsonl"


FILES = (CsvRenderer, JsonLinesRenderer, JsonlRenderer)
SCHEMA = {(200, renderer.media_type): OpenApiResponse(str, description=WHOLE) for renderer in FILES}


class IsBusy(exceptions.APIException):
    status_code = 503
    default_code = "busy"
    wait = 60


def is_file(request) -> bool:
    return isinstance(request.accepted_renderer, FileRenderer)


def list_as_file(view, request):
    """All rows of a list; a CSV with every column unless some are asked for. Raises BadQuery, IsBusy."""
    as_ = As(request.accepted_renderer.format)
    text = _("A list as a file comes as a whole: it takes no “%s”.")
    problems = [Problem(name, text % name, "not_allowed_here") for name in NOT_TAKEN if name in request.query_params]
    if as_ is As.CSV:
        text = _("A CSV has amounts in major units and names beside references: it takes no “%s”.")
        problems += [
            Problem(name, text % name, "not_allowed_here") for name in NOT_IN_CSV if name in request.query_params
        ]
    if problems:
        raise BadQuery(problems)
    query, shape = list_asked(view)
    names = tuple(choosable(view.kind, view.reader)) if shape.is_whole else shape.names
    position = str(position_here(view.reader))  # before its snapshot: from there on nothing is missed
    try:
        response = sent(Export(query, Form.RAW, request._request.known_at, names, shape), as_)
    except Busy as busy:
        raise IsBusy(str(busy)) from None
    response["Change-Position"] = position
    if as_ is As.JSONL:
        response["Content-Type"] = request.accepted_renderer.media_type
    return response
