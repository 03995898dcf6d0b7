"""The REST door of bringing in a file: `POST /api/v1/<plural>/import/` sends it, `/api/v1/imports/<id>/` is what became of it.

send (multipart) → the import, or a job → columns/ where they are not known → rows/ → choices/ → take-over/
"""

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from ..answers import JOB_ANSWER, ApiView, job_answer, one_answer
from ..asking import BadQuery, Problem, not_allowed
from ..base import Change
from ..commands import Author
from ..documents import too_large
from ..jobs import Job
from ..kinds import Kind
from ..problem_codes import coded
from ..refusals import Fault, Refused
from ..rules import require_can_edit
from ..writing_api import ExactJSONParser, TakesWords, true_or_false
from . import imports, shown
from .considering import FILE, REGISTRY
from .models import SheetImport, SheetRow
from .planning import records_of
from .work import as_data, plan_now_or_later, read_now_or_later, take_over_now_or_later

MOST = 500  # rows of an answer


class TakesFiles:
    """Sending a file with records of one kind."""

    kind: Kind

    def bring_in(self, request):
        require_can_edit(self.reader)
        self.only_asked()
        file = request.FILES.get("file")
        if file is None:
            names = getattr(request._request, "left_out", [])
            text = too_large(names[0]) if names else coded("required", _("Send the file as “file” of a form."))
            raise Refused([Fault("file", text)])
        by = _as_import(self._author({}))
        sheet = imports.send(file, file.name, self.kind, by)
        return _answer(sheet, read_now_or_later(sheet, by=by, name=request.data.get("sheet", "")))


def _as_import(by: Author) -> Author:
    return Author(by.reader, by.name, Change.Door.IMPORT, by.reason, by.key)


def _answer(sheet: SheetImport, done) -> Response:
    if isinstance(done, Job):
        return job_answer(done)
    sheet.refresh_from_db()
    return Response(_told(sheet))


def _told(sheet: SheetImport) -> dict:
    return as_data(sheet) | {"problems": shown.problems(sheet, MOST)}


# ---- the schema ----------------------------------------------------------------------------------------

SENT = inline_serializer(
    "ImportSent",
    {
        "file": serializers.FileField(help_text="XLSX, CSV or JSON"),
        "sheet": serializers.CharField(required=False, help_text="of a workbook; the first that is shown"),
    },
)
WRONG = inline_serializer(
    "ImportProblem",
    {
        "row": serializers.IntegerField(),
        "cell": serializers.CharField(help_text="as B7; only the row where it is about the whole row"),
        "column": serializers.CharField(help_text="its header"),
        "detail": serializers.CharField(),
    },
    many=True,
)
COUNTS = {str(state): serializers.IntegerField(help_text="rows") for state in SheetRow.State}
IMPORT = inline_serializer(
    "Import",
    {
        "import": serializers.UUIDField(),
        "kind": serializers.CharField(),
        "state": serializers.CharField(help_text=", ".join(SheetImport.State.values)),
        "file": serializers.CharField(),
        "format": serializers.CharField(allow_null=True),
        "encoding": serializers.CharField(allow_null=True),
        "delimiter": serializers.CharField(allow_null=True),
        "sheet": serializers.CharField(allow_null=True),
        "sheets": serializers.ListField(child=serializers.CharField(), allow_null=True),
        "empty": serializers.IntegerField(allow_null=True, help_text="empty rows that were passed over"),
        "composed": serializers.IntegerField(allow_null=True, help_text="cells that were NFD and are NFC now"),
        "header_row": serializers.IntegerField(),
        "columns": serializers.DictField(help_text="by header: the field that it is, or empty"),
        **COUNTS,
        "trouble": serializers.CharField(help_text="why the whole is refused"),
        "asks_reason": serializers.BooleanField(),
        "is_correction": serializers.BooleanField(),
        "change": serializers.IntegerField(allow_null=True, help_text="the one change that took it over; it can be undone"),
        "problems": WRONG,
    },
)  # fmt: skip
ROW = inline_serializer(
    "ImportRow",
    {
        "row": serializers.IntegerField(),
        "state": serializers.CharField(),
        "record": serializers.UUIDField(allow_null=True),
        "fields": serializers.ListField(child=serializers.CharField(), help_text="that would be set"),
        "conflicts": serializers.DictField(help_text="by field: before (when the file was made), now, file, as texts"),
        "problems": serializers.ListField(child=serializers.DictField()),
    },
    many=True,
)
ROWS = one_answer("ImportRows", {"results": ROW, "next_after": serializers.IntegerField(allow_null=True)})
COLUMNS = inline_serializer(
    "ImportColumns",
    {"columns": serializers.DictField(child=serializers.CharField(), help_text="by header: the field that it is")},
)
CHOICES = inline_serializer(
    "ImportChoices",
    {
        "rows": serializers.DictField(required=False, help_text='by row and field: {"7": {"title_en": "file"}}'),
        "rest": serializers.ChoiceField([FILE, REGISTRY], required=False, help_text="for every other conflict"),
    },
)
TAKING = inline_serializer(
    "ImportTaking",
    {
        "reason": serializers.CharField(required=False, help_text="why; where `asks_reason` is true it is needed"),
        "only_possible": serializers.BooleanField(required=False, help_text="leave out what is refused or in conflict"),
    },
)
EITHER = {200: IMPORT, 202: JOB_ANSWER}
SENDING = {"request": {"multipart/form-data": SENT}, "responses": EITHER}


# ---- what became of it ---------------------------------------------------------------------------------


@extend_schema(tags=["imports"])
class ImportView(TakesWords, ApiView):
    """A file on its way in: only its sender knows of it, for two days."""

    parser_classes = (ExactJSONParser,)
    permission_classes = (IsAuthenticated,)
    lookup_value_regex = "[0-9a-f-]{36}"

    def _found(self, id: str) -> SheetImport:
        found = imports.find(id, self.reader)
        if found.state == SheetImport.State.SENT:
            raise Http404
        return found

    @extend_schema(operation_id="imports_get", responses=IMPORT)
    def retrieve(self, request, pk=None):
        self.only_asked()
        return Response(_told(self._found(pk)))

    @extend_schema(
        operation_id="imports_rows",
        parameters=[
            OpenApiParameter("state", str, description=", ".join(SheetRow.State.values)),
            OpenApiParameter("after", int, description="`next_after` of the page before"),
        ],
        responses=ROWS,
    )
    @action(detail=True, methods=["get"])
    def rows(self, request, pk=None):
        sheet = self._found(pk)
        self.only_asked("state", "after")
        state, after = request.query_params.get("state", ""), request.query_params.get("after", "0")
        if state not in ("", *SheetRow.State.values):
            raise BadQuery([Problem("state", not_allowed("state", state, SheetRow.State.values))])
        if not (after.isascii() and after.isdigit() and len(after) < 9):
            raise BadQuery([Problem("after", _("“%s” is not a row of the file.") % after)])
        rows = records_of(sheet).filter(number__gt=int(after)).exclude(state="")
        rows = list((rows.filter(state=state) if state else rows).order_by("number")[: MOST + 1])
        found = [_row(one, row) for one, row in zip(shown.shown(sheet, rows[:MOST], self.reader), rows, strict=False)]
        return Response({"results": found, "next_after": rows[MOST - 1].number if len(rows) > MOST else None})

    @extend_schema(operation_id="imports_columns", request=COLUMNS, responses=EITHER)
    @action(detail=True, methods=["post"])
    def columns(self, request, pk=None):
        """What its columns are; remembered for the next file with these headers."""
        sheet, body = self._found(pk), self._only("columns")
        given = body.get("columns")
        if not isinstance(given, dict) or set(given) - set(sheet.headers):
            raise Refused([Fault("columns", _("Say for headers of the file which field each is."))])
        chosen = {str(n): str(given.get(header) or "") for n, header in enumerate(sheet.headers)}
        imports.choose_columns(sheet, chosen)
        return _answer(sheet, plan_now_or_later(sheet, by=_as_import(self._author(body))))

    @extend_schema(operation_id="imports_choices", request=CHOICES, responses=IMPORT)
    @action(detail=True, methods=["post"])
    def choices(self, request, pk=None):
        """Whose value wins where the file and somebody else changed the same."""
        sheet, body = self._found(pk), self._only("rows", "rest")
        given = body.get("rows", {})
        if not isinstance(given, dict) or not all(n.isdigit() and isinstance(v, dict) for n, v in given.items()):
            raise Refused([Fault("rows", _("Say by row and field whose value wins."))])
        imports.choose(sheet, {int(n): v for n, v in given.items()}, str(body.get("rest", "")))
        return Response(_told(sheet))

    @extend_schema(operation_id="imports_take_over", request=TAKING, responses=EITHER)
    @action(detail=True, methods=["post"], url_path="take-over")
    def take_over(self, request, pk=None):
        """As one change. A second request gets the first one's."""
        sheet, body = self._found(pk), self._only("only_possible")
        by = _as_import(self._author(body))
        done = take_over_now_or_later(sheet, by=by, only_possible=true_or_false(body, "only_possible"))
        return _answer(sheet, done)


def _row(one: shown.ShownRow, row: SheetRow) -> dict:
    return {
        "row": one.number,
        "state": one.state,
        "record": row.record_id,
        "fields": row.said.get("names", []),
        "conflicts": {
            c.name: {"before": c.before.text, "now": c.now.text, "file": c.given.text, "chosen": c.chosen}
            for c in one.contests
        },
        "problems": [{"cell": wrong.cell, "column": wrong.header, "detail": wrong.sentence} for wrong in one.wrong],
    }
