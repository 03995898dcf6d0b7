"""How updates look in the OpenAPI schema. The sections' shapes follow from their declarations."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer, inline_serializer
from rest_framework import serializers

from records.answers import one_answer, query_parameters
from records.api import PARAMETERS, serializer_field
from records.writing_api import IF_MATCH

from ..models import ProposedValue
from ..models.updates import State
from ..writing.sections import MONEY, TYPED, WORDS, Section
from .asking import HELP

KEY = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
FILE = OpenApiParameter("file", OpenApiTypes.UUID, OpenApiParameter.PATH)
MANNERS = query_parameters(PARAMETERS, ("money", "lang"))
LANG = query_parameters(PARAMETERS, ("lang",))
LISTED = [*query_parameters(HELP), *LANG]
MOVED = [KEY, IF_MATCH, *MANNERS]


# ---- sections ------------------------------------------------------------------------------------------


def _section(section: Section) -> serializers.BaseSerializer:
    """A section as it is sent: its rows, or null, which empties it."""
    name = f"UpdateSection{section.name.title()}"
    common = {"required": False, "allow_null": True, "help_text": str(section.hint)}
    if section is WORDS:
        texts = {field: serializers.CharField(required=False, allow_null=True) for field in section.names}
        return inline_serializer(name, texts, **common)
    is_money = section is MONEY
    key = "id of the line" if is_money else "id of the record that is changed; new-1, or nothing, for a new one"
    fields: dict = {"key": serializers.CharField(required=is_money, help_text=key)}
    if is_money:
        amount = "altogether until `to_date`, in the major unit; integer minor units with money=minor"
        fields |= {
            "received": serializers.FloatField(required=False, allow_null=True, help_text=amount),
            "spent": serializers.FloatField(required=False, allow_null=True, help_text=amount),
            "to_date": serializers.CharField(required=False, allow_null=True, help_text="a day; else the last one of the period"),
        }  # fmt: skip
    else:
        fields["version"] = serializers.IntegerField(
            required=False, help_text="of the record as you know it; else as it is now"
        )
        for kind, names in section.parts(is_new=True):
            for field in names:
                fields[field] = serializer_field(kind.typed_fields[field], is_read=False)
                fields[field].required = False
                fields[field].allow_null = True
    return inline_serializer(name, fields, many=True, **common)


Sections = type("UpdateSections", (serializers.Serializer,), {section.name: _section(section) for section in TYPED})


# ---- what is sent --------------------------------------------------------------------------------------


class New(serializers.Serializer):
    project = serializers.CharField(help_text="id or slug")
    institution = serializers.CharField(help_text="id or slug of the institution that reports")
    period_starts_on = serializers.DateField()
    period_ends_on = serializers.DateField()
    sections = Sections(required=False)
    submit = serializers.BooleanField(
        required=False, help_text="hand it in at once; where that is refused, nothing is done"
    )


NEW = extend_schema_serializer(component_name="UpdateNew")(New)
CHANGED = inline_serializer("UpdateChanged", {"sections": Sections(required=False)})
TEXT = inline_serializer("UpdateText", {"text": serializers.CharField(required=False)})
SAID = inline_serializer("UpdateSaid", {"text": serializers.CharField()})
ASSIGNED = inline_serializer(
    "UpdateAssigned",
    {"assigned_to": serializers.IntegerField(allow_null=True, help_text="an officer's account; null: nobody")},
)
DECIDING = inline_serializer(
    "UpdateDeciding",
    {
        "decisions": inline_serializer(
            "UpdateDecision",
            {
                "value": serializers.IntegerField(help_text="`id` of the value"),
                "accept": serializers.BooleanField(),
                "note": serializers.CharField(required=False, help_text="why it is returned, if `text` does not say it"),
                "seen": serializers.CharField(
                    required=False, allow_null=True, help_text="`seen` of the value as you read it: 412 if the registry moved since"
                ),
            },
            many=True,
            required=False,
            help_text="every value of the last submission",
        ),
        "accept": serializers.ChoiceField(["all", "none"], required=False, help_text="instead of `decisions`"),
        "text": serializers.CharField(required=False, help_text="about the whole report"),
    },
)  # fmt: skip
SENT_FILE = inline_serializer("UpdateFile", {"file": serializers.FileField()})
BULK = inline_serializer("UpdateBulk", {"updates": NEW(many=True, help_text="500 at most")})

# ---- what is answered ----------------------------------------------------------------------------------

BRIEF = {
    "id": serializers.UUIDField(),
    "project": serializers.UUIDField(),
    "institution": serializers.UUIDField(),
    "period_starts_on": serializers.DateField(),
    "period_ends_on": serializers.DateField(),
    "state": serializers.CharField(help_text=", ".join(State.values)),
    "version": serializers.IntegerField(),
    "round": serializers.IntegerField(help_text="how often it was submitted"),
    "values_proposed": serializers.IntegerField(help_text="of the last submission"),
    "made_at": serializers.DateTimeField(),
    "saved_at": serializers.DateTimeField(),
    "saved_by": serializers.CharField(),
    "submitted_at": serializers.DateTimeField(allow_null=True),
    "submitted_by": serializers.CharField(),
    "decided_at": serializers.DateTimeField(allow_null=True),
    "changed_at": serializers.DateTimeField(help_text="saved, moved or spoken about"),
    "assigned_to": serializers.IntegerField(allow_null=True, help_text="account of the officer who decides; officers only"),
}  # fmt: skip
RETURNED = inline_serializer(
    "UpdateReturned",
    {name: serializers.CharField() for name in ("section", "key", "field", "note")},
    many=True,
    help_text="values that were returned, each with its note",
)
PAGE = one_answer(
    "UpdatePage",
    {
        "results": inline_serializer(
            "UpdateInList",
            BRIEF | {"returned": RETURNED, "said": serializers.CharField(help_text="what the decision said of the whole")},
            many=True,
        ),
        "next_cursor": serializers.CharField(allow_null=True),
    },
)  # fmt: skip
VALUE = {
    "id": serializers.IntegerField(),
    "field": serializers.CharField(),
    "value": serializers.JSONField(allow_null=True),
    "to_date": serializers.CharField(allow_null=True, help_text="of money: until when"),
    "currency": serializers.CharField(allow_null=True),
    "was": serializers.JSONField(allow_null=True, help_text="in the registry when it was submitted"),
    "now": serializers.JSONField(allow_null=True, help_text="in the registry now"),
    "seen": serializers.CharField(allow_null=True, help_text="for deciding; officers only"),
    "decision": serializers.ChoiceField([word for word in ProposedValue.Decision.values if word], allow_null=True),
    "note": serializers.CharField(),
    "decided_at": serializers.DateTimeField(allow_null=True),
    "decided_by": serializers.CharField(),
    "written": serializers.UUIDField(allow_null=True, help_text="the record that holds it"),
    "change": serializers.IntegerField(allow_null=True, help_text="by which it was written; officers only"),
}
PROPOSALS = inline_serializer(
    "UpdateProposal",
    {
        "section": serializers.CharField(),
        "key": serializers.CharField(),
        "kind": serializers.CharField(),
        "record": serializers.UUIDField(allow_null=True, help_text="null: a new one"),
        "values": inline_serializer("UpdateValue", VALUE, many=True),
    },
    many=True,
    help_text="of the last submission",
)
EVENT = inline_serializer(
    "UpdateEvent",
    {
        "at": serializers.DateTimeField(),
        "by": serializers.CharField(),
        "is_officer": serializers.BooleanField(),
        "what": serializers.CharField(),
        "text": serializers.CharField(),
    },
    many=True,
)
ATTACHED = {
    "id": serializers.UUIDField(),
    "file_name": serializers.CharField(),
    "content_type": serializers.CharField(),
    "size": serializers.IntegerField(),
    "sha256": serializers.CharField(),
    "sent_at": serializers.DateTimeField(),
    "sent_by": serializers.CharField(),
    "url": serializers.CharField(),
}
ATTACHMENT = inline_serializer("UpdateAttachment", dict(ATTACHED))
ATTACHMENTS = inline_serializer("UpdateAttachmentInList", dict(ATTACHED), many=True)
PROBLEM = inline_serializer(
    "UpdateProblem",
    {"pointer": serializers.CharField(), "detail": serializers.CharField()},
    many=True,
    help_text="why it would not be submitted",
)
ONE = inline_serializer(
    "Update",
    BRIEF
    | {
        "sections": Sections(),
        "problems": PROBLEM,
        "warnings": serializers.ListField(child=serializers.CharField()),
        "proposals": PROPOSALS,
        "thread": EVENT,
        "attachments": ATTACHMENTS,
    },
)
RESULTS = inline_serializer(
    "UpdateBulkResults",
    {
        "results": inline_serializer(
            "UpdateBulkResult",
            {
                "status": serializers.IntegerField(help_text="201, or why not: 400, 403"),
                "id": serializers.UUIDField(required=False),
                "state": serializers.CharField(required=False),
                "version": serializers.IntegerField(required=False),
                "url": serializers.CharField(required=False),
                "title": serializers.CharField(required=False),
                "code": serializers.CharField(required=False),
                "detail": serializers.CharField(required=False),
                "errors": serializers.ListField(child=serializers.DictField(), required=False, help_text="as of a refusal"),
            },
            many=True,
            help_text="in the order in which they were sent",
        ),
    },
)  # fmt: skip
