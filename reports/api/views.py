"""`/api/v1/updates/`: reporting and deciding by machine, by the commands that the pages use.

    401 not signed in → 400 no key → 404 no such report for you → 403 not yours to do → 428 which version? → 412 it moved → 400

What is malformed is refused at once; what is well-formed but cannot be is kept in the draft, stands under `problems`, and is
refused when it is submitted.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import parsers
from rest_framework.decorators import action
from rest_framework.response import Response

from records.answers import ApiView
from records.document_pages import as_attachment
from records.documents import place, too_large
from records.problem_codes import coded
from records.refusals import Fault, NotAllowed, Refused
from records.writing_api import ExactJSONParser, TakesWords, required_version

from .. import commands
from ..models import ProjectUpdate
from ..rules import require_can_decide, require_can_write
from ..writing.sections import About
from . import schema
from .asking import page_of, with_changed_at
from .bodies import New, answers_of, read_new, text_of, unknown_fields
from .sent import placed, read_sections
from .shapes import in_list, place_of, shape_file, whole

MOST_IN_BULK = 500


@extend_schema(tags=["updates"])
class UpdateView(TakesWords, ApiView):
    """Progress reports: those of one's own institutions, for officers all. The newest begun first."""

    parser_classes = (ExactJSONParser,)
    lookup_value_regex = "[^/]+"
    key_required = True

    # -- reading -----------------------------------------------------------------------------------------

    @extend_schema(operation_id="updates_list", parameters=schema.LISTED, responses=schema.PAGE)
    def list(self, request):
        rows, cursor = page_of(request.query_params, self.reader)
        return Response({"results": in_list(rows, self.reader), "next_cursor": cursor})

    @extend_schema(operation_id="updates_get", parameters=[schema.KEY, *schema.MANNERS], responses=schema.ONE)
    def retrieve(self, request, pk=None):
        self.only_asked("money")
        return self._answer(self._found(pk).id)

    # -- writing -----------------------------------------------------------------------------------------

    @extend_schema(
        operation_id="updates_create", parameters=schema.MANNERS, request=schema.NEW, responses={201: schema.ONE}
    )
    def create(self, request):
        """Begin the report of an institution on a project for a period; with its sections, and `submit`, all at once."""
        self._require_reports()
        self.only_asked("money")
        new = read_new(self._body(), self.reader)
        return self._answer(self._made(new).id, status=201)

    @extend_schema(operation_id="updates_change", parameters=schema.MOVED, request=schema.CHANGED, responses=schema.ONE)
    def partial_update(self, request, pk=None):
        """A section that is sent takes the place of what it held, null empties it; the others stay."""
        update, version = self._to_be_changed(pk, require_can_write, "money")
        sections = read_sections(self._said("sections").get("sections", {}), self._about(update), minor=self.is_minor)
        commands.save(update.id, placed(update.content, sections), version=version, by=self._by())
        return self._answer(update.id)

    @extend_schema(
        operation_id="updates_bulk", parameters=schema.MANNERS, request=schema.BULK, responses=schema.RESULTS
    )
    @action(detail=False, methods=["post"])
    def bulk(self, request):
        """Up to 500 reports in one call, each begun, written and submitted, or refused, by itself."""
        self._require_reports()
        self.only_asked("money")
        sent = self._said("updates").get("updates")
        if not isinstance(sent, list) or not all(isinstance(one, dict) for one in sent):
            raise Refused(
                [Fault("updates", coded("not_a_list", _("“%s” is a list of objects, one for each row.") % "updates"))]
            )
        if not 0 < len(sent) <= MOST_IN_BULK:
            raise Refused([Fault("updates", coded("too_many", _("Send 1 to %d reports in one call.") % MOST_IN_BULK))])
        return Response({"results": self._results(sent)})

    # -- on its way --------------------------------------------------------------------------------------

    @extend_schema(operation_id="updates_submit", parameters=schema.MOVED, request=None, responses=schema.ONE)
    @action(detail=True, methods=["post"])
    def submit(self, request, pk=None):
        """Hand it in. What is wrong is said all at once; then it stays a draft."""
        update, version = self._to_be_changed(pk, require_can_write, "money")
        self._said()
        self._submit(update, version)
        return self._answer(update.id)

    @extend_schema(operation_id="updates_withdraw", parameters=schema.MOVED, request=schema.TEXT, responses=schema.ONE)
    @action(detail=True, methods=["post"])
    def withdraw(self, request, pk=None):
        """Take it back; nothing of it is decided."""
        return self._moved(pk, require_can_write, commands.withdraw, "text")

    @extend_schema(operation_id="updates_resume", parameters=schema.MOVED, request=None, responses=schema.ONE)
    @action(detail=True, methods=["post"])
    def resume(self, request, pk=None):
        """A report that was withdrawn becomes a draft again."""
        return self._moved(pk, require_can_write, commands.resume)

    @extend_schema(operation_id="updates_say", parameters=[schema.KEY, *schema.MANNERS], request=schema.SAID, responses=schema.ONE)  # fmt: skip
    @action(detail=True, methods=["post"])
    def say(self, request, pk=None):
        """A message in the thread, for both sides."""
        update = self._found(pk)
        self.only_asked("money")
        commands.say(update.id, text_of(self._said("text")), by=self._by())
        return self._answer(update.id)

    # -- deciding ----------------------------------------------------------------------------------------

    @extend_schema(operation_id="updates_take", parameters=schema.MOVED, request=None, responses=schema.ONE)
    @action(detail=True, methods=["post"])
    def take(self, request, pk=None):
        """Begin to review it; it is assigned to you."""
        return self._moved(pk, require_can_decide, commands.take)

    @extend_schema(operation_id="updates_put_back", parameters=schema.MOVED, request=None, responses=schema.ONE)
    @action(detail=True, methods=["post"], url_path="put-back")
    def put_back(self, request, pk=None):
        """Back into the queue, for anybody to take."""
        return self._moved(pk, require_can_decide, commands.put_back)

    @extend_schema(operation_id="updates_assign", parameters=schema.MOVED, request=schema.ASSIGNED, responses=schema.ONE)  # fmt: skip
    @action(detail=True, methods=["post"])
    def assign(self, request, pk=None):
        """Say which officer decides it."""
        update, version = self._to_be_changed(pk, require_can_decide, "money")
        body = self._said("assigned_to")
        to = body.get("assigned_to")
        if "assigned_to" not in body or isinstance(to, bool) or not isinstance(to, int | None):
            raise Refused([Fault("assigned_to", coded("required", _("Choose an officer.")))])
        commands.assign(update.id, to, version=version, by=self._by())
        return self._answer(update.id)

    @extend_schema(operation_id="updates_decide", parameters=schema.MOVED, request=schema.DECIDING, responses=schema.ONE)  # fmt: skip
    @action(detail=True, methods=["post"])
    def decide(self, request, pk=None):
        """Accept or return each value. What is accepted is written to the registry with the decision, or nothing is done."""
        update, version = self._to_be_changed(pk, require_can_decide, "money")
        body = self._said("decisions", "accept", "text")
        answers, index = answers_of(body, update)
        try:
            commands.decide(update.id, answers, version=version, by=self._by(), text=text_of(body))
        except Refused as refused:
            raise Refused(index(fault) for fault in refused.faults) from refused
        return self._answer(update.id)

    @extend_schema(operation_id="updates_reopen", parameters=schema.MOVED, request=schema.SAID, responses=schema.ONE)
    @action(detail=True, methods=["post"])
    def reopen(self, request, pk=None):
        """Open a decided period again for the institution, and say why."""
        update, version = self._to_be_changed(pk, require_can_decide, "money")
        commands.reopen(update.id, text_of(self._said("text")), version=version, by=self._by())
        return self._answer(update.id)

    # -- files -------------------------------------------------------------------------------------------

    @extend_schema(
        operation_id="updates_attach", parameters=[schema.KEY, *schema.LANG],
        request={"multipart/form-data": schema.SENT_FILE}, responses={201: schema.ATTACHMENT},
    )  # fmt: skip
    @action(detail=True, methods=["post"], parser_classes=[parsers.MultiPartParser])
    def files(self, request, pk=None):
        """Send a file with the report. It does not change the version."""
        update = self._found(pk)
        require_can_write(self.reader, update)
        self.only_asked()
        self._said("file")
        file = request.FILES.get("file")
        left_out = getattr(request._request, "left_out", [])
        if file is None:
            text = too_large(left_out[0]) if left_out else coded("required", _("Send the file as “file” of a form."))
            raise Refused([Fault("file", text)])
        return Response(shape_file(commands.attach(update.id, file, file.name, by=self._by())), status=201)

    @extend_schema(
        operation_id="updates_file", parameters=[schema.KEY, schema.FILE], methods=["GET"],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )  # fmt: skip
    @extend_schema(
        operation_id="updates_detach", parameters=[schema.KEY, schema.FILE, *schema.LANG], methods=["DELETE"],
        responses={204: None},
    )  # fmt: skip
    @action(detail=True, methods=["get", "delete"], url_path="files/(?P<file>[^/]+)")
    def file(self, request, pk=None, file=None):
        """The file itself; DELETE leaves it out again."""
        update = self._found(pk)
        if request.method == "DELETE":
            require_can_write(self.reader, update)
            self.only_asked()
            commands.detach(update.id, id_of(file), by=self._by())
            return Response(status=204)
        self.only_asked()
        found = update.attachments.filter(id=id_of(file)).first()
        if found is None:
            raise Http404
        return as_attachment(place(found.sha256), found.file_name, found.content_type)

    # -- parts -------------------------------------------------------------------------------------------

    def _found(self, key: str) -> ProjectUpdate:
        """The report, if it exists for the reader."""
        rows = ProjectUpdate.objects.visible_to(self.reader).select_related("project", "institution")
        found = rows.filter(id=id_of(key)).first()
        if found is None:
            raise Http404
        return found

    def _to_be_changed(self, key: str, rule: Callable, *asked: str) -> tuple[ProjectUpdate, int]:
        """The report, if the reader may do this with it, and the version that they know."""
        update = self._found(key)
        if rule is require_can_decide:
            rule(self.reader)
        else:
            rule(self.reader, update)
        version = required_version(self.request, update.version)
        self.only_asked(*asked)
        return update, version

    def _moved(self, key: str, rule: Callable, command: Callable, *takes: str) -> Response:
        update, version = self._to_be_changed(key, rule, "money")
        body = self._said(*takes)
        command(update.id, version=version, by=self._by(), **({"text": text_of(body)} if "text" in takes else {}))
        return self._answer(update.id)

    def _require_reports(self) -> None:
        if not self.reader.institutions:
            raise NotAllowed(_("Only an institution that takes part in the project reports on it."))

    def _said(self, *takes: str) -> dict:
        """The body, which holds nothing else. Raises Refused, with each name."""
        body = self._body()
        if faults := unknown_fields(body, takes):
            raise Refused(faults)
        return body

    def _by(self):
        return self._author({})

    def _about(self, update: ProjectUpdate) -> About:
        return About.of(update, self.reader)

    @transaction.atomic
    def _made(self, new: New) -> ProjectUpdate:
        """Begun, written and, where that was asked for, handed in: all of it or nothing."""
        update = commands.begin(new.project, new.institution, new.starts_on, new.ends_on, by=self._by())
        sections = read_sections(new.sections, self._about(update), minor=self.is_minor)
        if sections:
            update = commands.save(update.id, placed({}, sections), version=update.version, by=self._by())
        return self._submit(update, update.version) if new.is_submitted else update

    def _submit(self, update: ProjectUpdate, version: int) -> ProjectUpdate:
        try:
            return commands.submit(update.id, version=version, by=self._by())
        except Refused as refused:
            raise Refused(Fault(place_of(update, fault), fault.message) for fault in refused.faults) from refused

    @transaction.atomic
    def _results(self, sent: Sequence[dict]) -> Sequence[dict]:
        """What became of each of many. They are begun in one order, so that two such calls follow one another."""
        read = [self._tried(lambda one=one: read_new(one, self.reader)) for one in sent]
        order = sorted((n for n, new in enumerate(read) if isinstance(new, New)), key=lambda n: read[n].order)
        done = {n: self._tried(lambda new=read[n]: self._made(new)) for n in order}
        return [self._result(done.get(n, one)) for n, one in enumerate(read)]

    def _tried(self, act: Callable):
        """What it gives, or why it was refused; then nothing of it was done."""
        try:
            with transaction.atomic():
                return act()
        except (Refused, NotAllowed) as error:
            return error

    def _result(self, done: ProjectUpdate | Exception) -> dict:
        if isinstance(done, ProjectUpdate):
            url = reverse("api-updates-detail", args=[done.id])
            return {"status": 201, "id": done.id, "state": done.state, "version": done.version, "url": url}
        said = self.get_exception_handler()(done, self.get_exception_handler_context()).data
        return {name: said[name] for name in ("status", "code", "title", "detail", "errors") if name in said}

    def _answer(self, id: UUID, status: int = 200) -> Response:
        rows = with_changed_at(ProjectUpdate.objects.visible_to(self.reader))
        update = rows.select_related("project", "institution", "submitted_by").get(id=id)
        said = whole(update, self.reader, minor=self.is_minor)
        return Response(said, status=status, headers={"ETag": f'"{update.version}"'})


def id_of(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None
