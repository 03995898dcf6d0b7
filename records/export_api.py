"""The API's lists as CSV: raw, all rows, while it is written."""

from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.renderers import BaseRenderer
from rest_framework.settings import api_settings

from . import lists
from .asking import BadQuery, Problem
from .columns import Form, choosable
from .exports import As, Busy, Export, sent

NOT_TAKEN = ("limit", "cursor", "money")


class CsvRenderer(BaseRenderer):
    """Says that a list can be had as CSV. What it would render is a refusal, and those are JSON."""

    media_type = "text/csv"
    format = "csv"
    charset = None

    def render(self, data, accepted_media_type=None, renderer_context=None):
        return api_settings.DEFAULT_RENDERER_CLASSES[0]().render(data, "application/json", renderer_context)


class IsBusy(exceptions.APIException):
    status_code = 503
    default_code = "busy"
    wait = 60


def list_as_csv(view, request):
    """All rows of a list, with every column unless some are asked for. Raises BadQuery, IsBusy."""
    text = _("A list as CSV comes as a whole, its amounts in major units: it takes no “%s”.")
    if problems := [Problem(name, text % name) for name in NOT_TAKEN if name in request.query_params]:
        raise BadQuery(problems)
    query = lists.read(view.kind, request.query_params, view.reader, as_of=view.as_of)
    names = query.columns or tuple(choosable(view.kind, view.reader))
    try:
        return sent(Export(query, Form.RAW, request._request.known_at, names), As.CSV)
    except Busy as busy:
        raise IsBusy(str(busy)) from None
