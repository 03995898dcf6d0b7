"""The REST door of deciding: what stands side by side, a decision, its reopening. The rest is the API of every kind."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from .answers import one_answer
from .api import serializer_for, viewset_for
from .cases import Case, case_of
from .cells import BadCell
from .deciding import Decision, Outcome, decide, reopen
from .declared import CITATION, DISAGREEMENT
from .problem_codes import coded
from .reading import read_value
from .refusals import Fault, Refused, all_read
from .shapes import shape_rows
from .writing_api import IF_MATCH, Reason, date_said, true_or_false

FIELDS = (
    "outcome",
    "citation",
    "adopted",
    "reason_ko",
    "reason_en",
    "writes",
    "changed_on",
    "record_version",
    "other_record",
)
DECIDING = inline_serializer(
    "Deciding",
    {
        "outcome": serializers.ChoiceField(Outcome.choices),
        "citation": serializers.UUIDField(required=False, help_text="the statement that is adopted"),
        "adopted": serializers.CharField(required=False, help_text="instead of a statement: what is right, as citations understand it"),
        "reason_ko": serializers.CharField(required=False),
        "reason_en": serializers.CharField(required=False, help_text="why, in one language at least"),
        "writes": serializers.BooleanField(required=False, help_text="also set it in the record, where the attribute is a field"),
        "changed_on": serializers.CharField(required=False, help_text="EDTF; both_true: from when the value that is set is true"),
        "record_version": serializers.IntegerField(required=False, help_text="with `writes`: the version of the record that is changed"),
        "other_record": serializers.CharField(required=False, help_text="two_people: the record of the other"),
    },
)  # fmt: skip
STANDING = one_answer(
    "Statements",
    {
        "statements": serializers.ListField(child=serializer_for(CITATION)(), help_text="what sources say, the oldest first"),
        "is_cut": serializers.BooleanField(help_text="there are more: citations?record=…&attribute=…"),
        "held": serializers.CharField(allow_null=True, help_text="what the record holds; null: the attribute is no field of it"),
        "record_version": serializers.IntegerField(allow_null=True),
        "is_writable": serializers.BooleanField(help_text="whether a decision can set the field"),
    },
)  # fmt: skip


@extend_schema(tags=["disagreements"])
class DisagreementView(viewset_for(DISAGREEMENT)):
    @extend_schema(operation_id="disagreements_statements", responses=STANDING)
    @action(detail=True, methods=["get"])
    def statements(self, request, pk=None):
        """What sources say about it side by side, and what the registry holds now."""
        self.only_asked("money")
        case = case_of(self.found(pk), self.reader)
        said = shape_rows(CITATION, [one.citation for one in case.statements], self.reader, minor=self.is_minor)
        return Response(
            {
                "statements": said,
                "is_cut": case.is_cut,
                "held": case.held_text if case.held else None,
                "record_version": case.record_version,
                "is_writable": case.is_writable,
            }
        )

    @extend_schema(
        operation_id="disagreements_decide",
        parameters=[IF_MATCH],
        request=DECIDING,
        responses=serializer_for(DISAGREEMENT),
    )
    @action(detail=True, methods=["post"])
    def decide(self, request, pk=None):
        """Adopt a statement with a reason, or say why none has to be. With `writes` the record is set in the same change."""
        row, version = self._to_be_changed(pk)
        body = self._only(*FIELDS)
        case = case_of(row, self.reader)
        decision, by = all_read(lambda: self._decision(body, case), lambda: self._author(body))
        decide(row, decision, version=version, by=by)
        return self._changed(row.id)

    @extend_schema(
        operation_id="disagreements_reopen",
        parameters=[IF_MATCH],
        request=Reason,
        responses=serializer_for(DISAGREEMENT),
    )
    @action(detail=True, methods=["post"])
    def reopen(self, request, pk=None):
        """Take a decision back, with a reason. What it set in the record stays; undo the change to take that back too."""
        row, version = self._to_be_changed(pk)
        reopen(row, version=version, by=self._author(self._only()))
        return self._changed(row.id)

    def _decision(self, body: dict, case: Case) -> Decision:
        faults = [
            Fault(name, coded("not_a_text", _("“%s” is a text.") % name))
            for name in ("outcome", "citation", "adopted", "reason_ko", "reason_en", "changed_on", "other_record")
            if not isinstance(body.get(name) or "", str)
        ]
        if faults:
            raise Refused(faults)
        version = body.get("record_version")
        if version is not None and (not isinstance(version, int) or isinstance(version, bool)):
            raise Refused([Fault("record_version", coded("not_a_version", _("A version is a whole number.")))])
        return Decision(
            outcome=body.get("outcome") or "",
            adopted=self._adopted(body, case),
            reason_ko=(body.get("reason_ko") or "").strip(),
            reason_en=(body.get("reason_en") or "").strip(),
            writes=true_or_false(body, "writes"),
            changed_on=date_said("changed_on", body.get("changed_on")),
            record_version=version,
            other_record=self._other(body.get("other_record")),
        )

    def _adopted(self, body: dict, case: Case) -> str:
        if not body.get("citation"):
            return body.get("adopted") or ""
        if body.get("adopted"):
            raise Refused([Fault("adopted", _("Give a statement or a value, not both."))])
        found = next((one for one in case.statements if str(one.citation.id) == body["citation"]), None)
        if found is None:
            raise Refused([Fault("citation", _("This is no statement about this disagreement."))])
        return found.value

    def _other(self, value):
        try:
            return read_value(DISAGREEMENT.all_fields["other_record"], value, self.reader) if value else None
        except BadCell as bad:
            raise Refused([Fault("other_record", str(bad))]) from None
