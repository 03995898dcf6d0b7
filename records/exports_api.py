"""`POST /api/v1/exports/`: files that take a while are made by a job, whose file its owner fetches at `jobs/<id>/file/`."""

from datetime import date, datetime

from django.http import QueryDict
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import exceptions, serializers

from . import lists
from .answers import JOB_ANSWER, ApiView, job_answer
from .asking import BadQuery, not_allowed
from .columns import choosable
from .export_api import NOT_TAKEN
from .export_jobs import start_export, start_export_of_all
from .exports import As
from .kinds import Kind, kinds_by_plural
from .moments import as_day, as_instant
from .problem_codes import coded
from .refusals import Fault, Refused
from .writing_api import ExactJSONParser, TakesWords

PACKAGE = "package"
FORMATS = (As.XLSX.value, PACKAGE)
WANTED = inline_serializer(
    "Export",
    {
        "format": serializers.ChoiceField(FORMATS, help_text="xlsx: a list as a workbook; package: everything, as a Data Package in a ZIP file"),
        "list": serializers.CharField(required=False, help_text="for xlsx: which list, as in its address: projects"),
        "query": serializers.CharField(required=False, help_text="what stands in the list's address: filters, search, sort, fields, view, as_of, known_at"),
    },
)  # fmt: skip


@extend_schema(tags=["exports"])
class ExportsView(TakesWords, ApiView):
    """Files made by jobs. It changes nothing, so tokens that may only read may ask as well."""

    parser_classes = (ExactJSONParser,)

    @extend_schema(operation_id="exports_create", request=WANTED, responses={202: JOB_ANSWER})
    def create(self, request):
        """XLSX of a list in the language of the request, with all columns unless `fields` names some."""
        if self.reader.user_id is None:
            raise exceptions.NotAuthenticated
        self.only_asked()
        body = self._only("format", "list", "query")
        texts = {name: body.get(name, "") for name in ("format", "list", "query")}
        if faults := [Fault(n, coded("not_a_text", _("“%s” is a text.") % n)) for n, t in texts.items() if not isinstance(t, str)]:  # fmt: skip
            raise Refused(faults)
        by = self._author(body)
        if texts["format"] == PACKAGE:
            return job_answer(start_export_of_all(by=by))
        query, known_at = self._list_of(texts)
        return job_answer(start_export(query, by=by, known_at=known_at))

    def _list_of(self, texts: dict[str, str]) -> tuple[lists.ListQuery, datetime | None]:
        """The list that is asked for. Raises Refused."""
        faults, kind = [], kinds_by_plural().get(texts["list"])
        if texts["format"] != As.XLSX:
            faults.append(Fault("format", not_allowed("format", texts["format"], FORMATS)))
        if kind is None:
            raise Refused([*faults, Fault("list", not_allowed("list", texts["list"], kinds_by_plural()))])
        params = QueryDict(texts["query"], mutable=True)
        as_of, known_at = self._moments(params, faults)
        query = self._read(kind, params, as_of, faults)
        if faults or query is None:
            raise Refused(faults)
        return query, known_at

    def _moments(self, params: QueryDict, faults: list[Fault]) -> tuple[date | None, datetime | None]:
        found = []
        for name, understand in (("as_of", as_day), ("known_at", as_instant)):
            text = "".join(params.pop(name, [])[-1:]).strip()
            try:
                found.append(understand(text) if text else None)
            except ValueError as bad:
                found.append(None)
                faults.append(Fault("query", str(bad)))
        return tuple(found)

    def _read(self, kind: Kind, params: QueryDict, as_of: date | None, faults: list[Fault]) -> lists.ListQuery | None:
        if "columns" in params:
            faults.append(Fault("query", coded("unknown_parameter", _("Here the columns are called “fields”."))))
        text = _("A list as a file comes as a whole: it takes no “%s”.")
        for name in (*NOT_TAKEN, "money", "lang", "format", "include", "omit", "flat", "group_by", "measure"):
            if name in params:
                faults.append(Fault("query", coded("not_allowed_here", text % name)))
                del params[name]
        fields = params.pop("fields", [])
        params.setlist("columns", fields or ([] if "view" in params else [",".join(choosable(kind, self.reader))]))
        try:
            return lists.read(kind, params, self.reader, as_of=as_of)
        except BadQuery as bad:
            faults += [Fault("query", problem.message, code=problem.code) for problem in bad.problems]
        return None
