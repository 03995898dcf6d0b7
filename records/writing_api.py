"""The REST door of changing: POST, PATCH, retire and restore, by the commands that the pages use.

    401 not signed in → 404 no such record for you → 403 not yours to change → 428 which version? → 412 it moved → 400

The body holds the fields; besides them `reason`, and `changed_on` where the world changed rather than the registry erred.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import chain

from django.conf import settings
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework import exceptions, parsers, serializers
from rest_framework.response import Response

from . import commands
from .answers import job_answer
from .base import Change
from .cells import can_be_stored
from .commands import Author, Retire
from .conditional import ANY, tags_in
from .dates import BadDate, parse
from .jobs import Job
from .kinds import Kind
from .problem_codes import coded
from .reading import read_values
from .refusals import Fault, Refused, all_read
from .retire_jobs import retire_now_or_later
from .rules import require_can_edit

VERSION = re.compile(r"(\d{1,9})(\..*)?")  # of a record's tag only what stands before the point is compared


class ExactJSONParser(parsers.JSONParser):
    """JSON with its numbers as they were written: 0.1 is a Decimal. NaN and Infinity are refused."""

    def parse(self, stream, media_type=None, parser_context=None):
        encoding = (parser_context or {}).get("encoding", settings.DEFAULT_CHARSET)
        try:
            body = json.loads(stream.read().decode(encoding), parse_float=Decimal, parse_constant=_no_number)
            is_kept = all(map(can_be_stored, _texts(body)))
        except (ValueError, ArithmeticError, RecursionError, LookupError) as error:
            raise exceptions.ParseError(_("The body is not JSON: %s.") % error) from None
        if not is_kept:
            raise exceptions.ParseError(
                coded("cannot_be_stored", _("The text contains a character that cannot be stored."))
            )
        return body


def _no_number(word: str):
    raise ValueError(word)


def _texts(value: object) -> Iterator[str]:
    """Every text of a body, names as well."""
    match value:
        case str():
            yield value
        case list():
            yield from chain.from_iterable(map(_texts, value))
        case dict():
            yield from chain.from_iterable(map(_texts, chain(value, value.values())))


class TakesWords:
    """A body that says something about a change, and who asks for it."""

    def _only(self, *more: str) -> dict:
        """A body that holds nothing but words about the change."""
        body = self._body()
        unknown = sorted(set(body) - {"reason", *more})
        if unknown:
            raise Refused(Fault(name, coded("unknown_field", _("There is no field “%s”.") % name)) for name in unknown)
        return body

    def _body(self) -> dict:
        body = self.request.data or {}
        if not isinstance(body, dict):
            raise Refused(coded("not_an_object", _("The body is a JSON object: a field and its value, and so on.")))
        return body

    def _author(self, said: dict) -> Author:
        reason = said.get("reason", "") if isinstance(said, dict) else ""
        if not isinstance(reason, str) or "\x00" in reason:
            raise Refused([Fault("reason", coded("not_a_text", _("The reason is a text.")))])
        return Author.of(self.request._request, Change.Door.API, reason)  # that it acts once, once.py sees to


class WritesRecords(TakesWords):
    """Creating, editing, retiring and restoring the records of one kind."""

    kind: Kind
    parser_classes = (ExactJSONParser,)

    def create(self, request):
        require_can_edit(self.reader)
        self.only_asked("money")
        values, said = self._sent()
        values, by = all_read(
            lambda: read_values(self.kind, values, self.reader, minor=self.is_minor), lambda: self._author(said)
        )
        done = commands.apply([commands.Create(self.kind, values)], by=by)
        is_known = done.change is None and not done.is_repeated
        return self._changed(done.ids[0], status=200 if is_known else 201)

    def partial_update(self, request, pk=None):
        row, version = self._to_be_changed(pk)
        values, said = self._sent("changed_on")
        values, changed_on, by = all_read(
            lambda: read_values(self.kind, values, self.reader, row=row, minor=self.is_minor),
            lambda: date_said("changed_on", said.get("changed_on")),
            lambda: self._author(said),
        )
        id = commands.edit(self.kind, row.id, values, version=version, by=by, changed_on=changed_on)
        return self._changed(id)

    def retire(self, request, pk=None):
        row, version = self._to_be_changed(pk)
        with_parts = true_or_false(self._only("with_parts"), "with_parts")
        step = Retire(self.kind, row.id, version, with_parts)
        done = retire_now_or_later(step, by=self._author(request.data))
        return job_answer(done) if isinstance(done, Job) else self._changed(row.id)

    def restore(self, request, pk=None):
        row, version = self._to_be_changed(pk)
        self._only()
        commands.restore(self.kind, row.id, version=version, by=self._author(request.data))
        return self._changed(row.id)

    # -- parts -----------------------------------------------------------------------------------------

    def _to_be_changed(self, key: str) -> tuple[object, int]:
        """The record, if the reader may change it, and the version that it is to be changed from."""
        row = self.found(key)
        require_can_edit(self.reader)
        version = required_version(self.request, row.version)
        self.only_asked("money")
        return row, version

    def _sent(self, *more: str) -> tuple[dict, dict]:
        """(fields of the record, what is said about the change) of the body."""
        body = self._body()
        said = {name: body[name] for name in ("reason", *more) if name in body}
        return {name: value for name, value in body.items() if name not in said}, said

    def _changed(self, id, status: int = 200) -> Response:
        row = self.kind.rows().with_retired_visible_to(self.reader).get(id=id)
        return self.answer(self.kind.attached([row], self.reader)[0], status)


def required_version(request, present: int) -> int:
    """The version that If-Match names: of several the present one if it is among them, which `*` means too.

    428 without one (RFC 6585), 400 if it is none of ours.
    """
    given = request.headers.get("If-Match", "").strip()
    if not given:
        raise PreconditionRequired(
            _("Say in If-Match which version you change: the ETag of the record as you read it.")
        )
    tags = tags_in(given)
    if tags == [ANY]:
        return present
    found = [VERSION.fullmatch(tag) for tag in tags]
    if not found or None in found:
        raise BadVersion(_('If-Match names one version in quotes, for example "3".'))
    versions = [int(tag[1]) for tag in found]
    return present if present in versions else versions[0]


def true_or_false(body: dict, name: str) -> bool:
    """What the body says there; false where it says nothing. Raises Refused."""
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise Refused([Fault(name, coded("not_a_boolean", _("“%s” is not true or false.") % value))])
    return value


def date_said(name: str, text: object) -> str:
    if text in (None, ""):
        return ""
    try:
        return parse(str(text)).text
    except BadDate as bad:
        raise Refused([Fault(name, str(bad))]) from None


class PreconditionRequired(exceptions.APIException):
    status_code = 428
    default_code = "version_missing"
    header = "If-Match"


class BadVersion(PreconditionRequired):
    status_code = 400
    default_code = "not_a_version"


# ---- the schema ----------------------------------------------------------------------------------------

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, required=True, description="The record's ETag as it was read. 428 without, 412 if it moved."
)  # fmt: skip


def about_the_change() -> dict[str, serializers.Field]:
    return {
        "reason": serializers.CharField(required=False, help_text="Why; asked for by money and by corrections of the past."),
        "changed_on": serializers.CharField(
            required=False, help_text="EDTF: the new values are true from then. Without it they correct what never was true."
        ),
    }  # fmt: skip


class Reason(serializers.Serializer):
    reason = serializers.CharField(required=False)


class Retiring(Reason):
    with_parts = serializers.BooleanField(required=False, help_text="Also everything that lies under the record.")
