"""The REST door of files: a document is created with its file (multipart/form-data), and its file fetched and replaced."""

import json

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import parsers, serializers
from rest_framework.decorators import action

from . import commands, document_pages
from .api import find, serializer_for, viewset_for, written_serializer_for
from .commands import Edit
from .declared import DOCUMENT
from .documents import BadFile, keep, too_large
from .kinds import Type
from .problem_codes import coded
from .reading import read_values
from .refusals import Fault, Refused, all_read
from .rules import require_can_edit
from .writing_api import IF_MATCH, ExactJSONParser


class WithFile(written_serializer_for(DOCUMENT)):
    file = serializers.FileField()


class OnlyFile(serializers.Serializer):
    file = serializers.FileField()
    reason = serializers.CharField(required=False)


@extend_schema(tags=["documents"])
class DocumentView(viewset_for(DOCUMENT)):
    parser_classes = (parsers.MultiPartParser, ExactJSONParser)

    @extend_schema(
        operation_id="documents_create",
        request={"multipart/form-data": WithFile},
        responses={201: serializer_for(DOCUMENT)},
    )
    def create(self, request):
        """Lists (`aliases`) are JSON texts here: a form has no other way."""
        require_can_edit(self.reader)
        self.only_asked()
        sent, said = self._sent("file")
        typed = {name: self._typed(name, value) for name, value in sent.items()}
        values, file, by = all_read(
            lambda: read_values(self.kind, typed, self.reader), self._file, lambda: self._author(said)
        )
        return self._changed(commands.create(self.kind, values | file, by=by), status=201)

    @extend_schema(
        operation_id="documents_replace_file",
        parameters=[IF_MATCH],
        request={"multipart/form-data": OnlyFile},
        responses=serializer_for(DOCUMENT),
        methods=["POST"],
    )
    @extend_schema(
        operation_id="documents_file",
        responses={
            (200, "application/octet-stream"): OpenApiResponse(bytes, description="The file, as an attachment.")
        },
        methods=["GET"],
    )
    @action(detail=True, methods=["get", "post"])
    def file(self, request, pk=None):
        """The file itself; `version=` gives the one that the document had then. POST replaces it."""
        if request.method == "GET":
            return document_pages.attachment(find(self.kind, pk, self.reader), request.query_params.get("version"))
        row, version = self._to_be_changed(pk)
        body = self._only("file")
        file, by = all_read(self._file, lambda: self._author(body))
        commands.apply([Edit(self.kind, row.id, version, file)], by=by)
        return self._changed(row.id)

    def _typed(self, name: str, text: object):
        """The value of a form's text: lists are JSON, the rest is read as it stands, as is what came as JSON."""
        field = self.kind.typed_fields.get(name)
        if field is None or field.type is not Type.LIST or not isinstance(text, str):
            return text
        try:
            return json.loads(text or "[]")
        except (ValueError, RecursionError):
            return text

    def _file(self) -> dict:
        """The fields of a document that speak of the file that was sent. Raises Refused."""
        sent = self.request.FILES.get("file")
        left_out = getattr(self.request._request, "left_out", [])
        if sent is None:
            raise Refused(
                [
                    Fault(
                        "file",
                        too_large(left_out[0])
                        if left_out
                        else coded("required", _("Send the file as “file” of a form.")),
                    )
                ]
            )
        try:
            return keep(sent, sent.name)
        except BadFile as bad:
            raise Refused([Fault("file", str(bad))]) from None
