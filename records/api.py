"""The REST door of every kind: one shape for lists and records, from the kind's declaration."""

from functools import cache

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
)
from rest_framework import exceptions, parsers, serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from .aggregates_api import groups_answer, is_added_up, page_or_groups, texts_for
from .answers import JOB_ANSWER, ApiView, one_answer, query_parameters
from .bulk_api import BULK, BULK_ANSWER, EditsInBulk
from .conditional import DATA_STATE
from .described import HELP, filter_parameters, options_of, shape_parameters
from .export_api import FILES, SCHEMA, is_file, list_as_file
from .finding import find
from .gone import gone
from .kinds import Field, Kind, Type
from .list_api import CONTROLS, OF_RECORD, list_answer, record_asked
from .merge_api import MERGE, MERGED, MergesRecords
from .merging import can_be_merged
from .past_api import HISTORY, HISTORY_PARAMETERS, record_history
from .shape_asked import ShapeAsked, whole
from .shapes import shaped
from .spreadsheets.api import SENDING, TakesFiles
from .writing_api import IF_MATCH, Reason, Retiring, WritesRecords, about_the_change


class RecordView(WritesRecords, EditsInBulk, MergesRecords, TakesFiles, ApiView):
    """Lists and records of one kind. `viewset_for` binds it."""

    made_of_records = True

    kind: Kind
    lookup_value_regex = "[^/]+"
    saying_all_at_once = ("list", "retrieve")

    def get_renderers(self):
        return [*super().get_renderers(), *(renderer() for renderer in FILES if self.action == "list")]

    def list(self, request):
        if is_added_up(request):
            return groups_answer(self)
        return list_as_file(self, request) if is_file(request) else list_answer(self)

    def options(self, request, *args, **kwargs):
        """What the list can be asked, in both languages; of what is done to a record, what DRF says."""
        is_list = request.resolver_match.url_name == f"api-{self.kind.plural}-list"
        return Response(options_of(self.kind, self.reader.is_officer)) if is_list else super().options(request)

    def retrieve(self, request, pk=None):
        shape = record_asked(self)
        try:
            row = find(self.kind, pk, self.reader, self.as_of, with_retired=self.reader.is_officer)
        except Http404:
            return self._gone(pk)
        return self._gone(pk) if row.merged_into_id else self.answer(row, shape=shape)

    def history(self, request, pk=None):
        return record_history(self, self.kind, pk)

    def _gone(self, key: str) -> Response:
        """What is said of an address where no record is: 302 to what it was merged into, 410 where it is no longer there."""
        found = None if self.request._request.known_at else gone(self.kind, key, self.reader)
        if found is None:
            raise Http404
        if found.survivor:
            query = self.request.META["QUERY_STRING"]
            there = f"/api/v1/{self.kind.plural}/{found.survivor.key}/" + (f"?{query}" if query else "")
            return Response(None, status=302, headers={"Location": there})
        url = f"/api/v1/{self.kind.plural}/{found.row.id}/history/"
        raise IsGone(_("%(said)s Its history: %(url)s") % {"said": found.sentence, "url": url})

    def found(self, key: str):
        """The record with this key that exists for the reader; for officers retired ones do as well."""
        return find(self.kind, key, self.reader, with_retired=self.reader.is_officer)

    def answer(self, row, status: int = 200, shape: ShapeAsked | None = None) -> Response:
        """One record, with its version as ETag."""
        shape = shape or whole(self.kind, is_minor=self.is_minor)
        response = Response(shaped(shape, [row], self.reader, self.as_of)[0], status=status)
        response["ETag"] = f'"{row.version}"'
        return response


class IsGone(exceptions.APIException):
    status_code = 410
    default_code = "gone"


# ---- the schema ----------------------------------------------------------------------------------------

SERIALIZERS = {
    Type.ID: serializers.UUIDField,
    Type.TEXT: serializers.CharField,
    Type.REF: serializers.UUIDField,
    Type.RECORD: serializers.UUIDField,
    Type.INTEGER: serializers.IntegerField,
    Type.DECIMAL: serializers.FloatField,
    Type.MONEY: serializers.FloatField,
    Type.BOOLEAN: serializers.BooleanField,
    Type.INSTANT: serializers.DateTimeField,
}


@extend_schema_field({"type": ["string", "object"], "description": "an id; with include= the record itself"})
class ReferenceField(serializers.Field):
    pass


@extend_schema_field(
    {"type": ["array", "string"], "items": {"type": "string"}, "description": "with flat=1 one text: `one; two`"}
)
class TextsField(serializers.ListField):
    pass


@cache
def serializer_for(kind: Kind) -> type[serializers.Serializer]:
    """How a record of this kind looks, for the OpenAPI schema."""
    fields = {f.name: serializer_field(f) for f in kind.all_fields.values()}
    return type(f"{kind.name.title().replace('_', '')}", (serializers.Serializer,), fields)


@cache
def written_serializer_for(kind: Kind) -> type[serializers.Serializer]:
    """What a record of this kind takes, for the OpenAPI schema."""
    fields = {f.name: serializer_field(f, is_read=False) for f in kind.typed_fields.values()}
    name = f"{kind.name.title().replace('_', '')}Written"
    return type(name, (serializers.Serializer,), fields | about_the_change())


@cache
def created_serializer_for(kind: Kind) -> type[serializers.Serializer]:
    """What a new record of this kind takes: from when a value is true is said by its own dates."""
    fields = {name: f for name, f in written_serializer_for(kind)._declared_fields.items() if name != "changed_on"}
    return type(f"{kind.name.title().replace('_', '')}Created", (serializers.Serializer,), fields)


def serializer_field(f: Field, *, is_read: bool = True):
    """How a field looks in the schema, in what is read or in what is written."""
    is_null = (
        f.type in (Type.REF, Type.RECORD, Type.DATE, Type.INTEGER, Type.DECIMAL, Type.MONEY, Type.INSTANT)
        or f.is_private
        or (is_read and f.type is Type.BOOLEAN and f.empty is None)
    )
    common = {
        "label": str(f.label),
        "allow_null": is_null and f.name not in ("version", "updated_at"),
        **({"read_only": True} if is_read else {"required": f.is_required}),
    }
    if f.type is Type.LIST:
        return (TextsField if is_read else serializers.ListField)(child=serializers.CharField(), **common)
    if f.type is Type.CHOICE:
        words = ", ".join(str(word) for word, _label in f.choices)
        return serializers.CharField(help_text=words, **common)
    if f.type in (Type.REF, Type.RECORD) and is_read:
        return ReferenceField(**common)
    return SERIALIZERS.get(f.type, serializers.CharField)(help_text=HELP.get(f.type, ""), **common)


PARAMETERS = {
    "search": "Words that all occur; exact hits first.",
    "sort": "A field, with - in front for descending.",
    "fields": "Fields, and pairs such as `name`, with commas between: only these, in this order. Of a record inside:"
    " `payer.name_ko`, which includes it.",
    "omit": "Fields that are left out.",
    "include": "References, with commas between, two deep: the records that they lead to stand inside.",
    "flat": "1: a table without joins. Beside a reference and a choice stands its label (`payer_label`) in the language"
    " asked for, what is included has its columns behind its name and a dot (`payer.name_ko`), lists are one text.",
    "count": "exact: `count` says how many rows there are in all.",
    "view": "A saved view: its filters, words and order. A parameter beside it takes the place of the view's own of that"
    " name (empty: not asked), all others narrow further.",
    "limit": "Rows per page, 1 to 1000 (100).",
    "cursor": "`next_cursor` of the page before.",
    "as_of": "What is true on this day by what sources say.",
    "known_at": "What the registry said at this instant.",
    "money": "major (default) or minor: how amounts are given.",
    "lang": "ko or en.",
}


@cache
def viewset_for(kind: Kind) -> type[RecordView]:
    one = serializer_for(kind)
    page = one_answer(
        f"{one.__name__}Page",
        {
            "results": one(many=True),
            "next_cursor": serializers.CharField(allow_null=True),
            **DATA_STATE,
            "count": serializers.IntegerField(required=False, help_text="with count=exact"),
        },
    )
    as_page_or_file = {(200, "application/json"): page_or_groups(one.__name__, page), **SCHEMA}
    shape = shape_parameters(kind, PARAMETERS)
    others = [name for name in CONTROLS if name not in [one.name for one in shape]]
    asked = [*query_parameters(PARAMETERS | texts_for(kind), others), *shape, *filter_parameters(kind)]
    of_record = [one for one in shape if one.name in OF_RECORD]
    others = [name for name in (*OF_RECORD, "lang") if name not in [one.name for one in of_record]]
    alone = [*query_parameters(PARAMETERS, others), *of_record]
    how = query_parameters(PARAMETERS, ("money", "lang"))
    created, written = created_serializer_for(kind), written_serializer_for(kind)
    key = OpenApiParameter("id", str, OpenApiParameter.PATH, description="id, or slug where there is one")

    @extend_schema(tags=[kind.plural])
    class View(RecordView):
        __doc__ = kind.model.__doc__.split("\n\n")[0]

        @extend_schema(operation_id=f"{kind.plural}_list", parameters=asked, responses=as_page_or_file)
        def list(self, request):
            return super().list(request)

        @extend_schema(operation_id=f"{kind.plural}_get", parameters=[key, *alone], responses=one)
        def retrieve(self, request, pk=None):
            return super().retrieve(request, pk)

        @extend_schema(operation_id=f"{kind.plural}_history", parameters=[key, *HISTORY_PARAMETERS], responses=HISTORY)
        @action(detail=True, methods=["get"])
        def history(self, request, pk=None):
            return super().history(request, pk)

        @extend_schema(operation_id=f"{kind.plural}_create", parameters=[*how], request=created, responses={201: one})
        def create(self, request):
            return super().create(request)

        @extend_schema(
            operation_id=f"{kind.plural}_bulk",
            parameters=[how[1]],
            request=BULK,
            responses={200: BULK_ANSWER, 202: JOB_ANSWER},
        )
        @action(detail=False, methods=["post"])
        def bulk(self, request):
            return super().bulk(request)

        @extend_schema(operation_id=f"{kind.plural}_import", **SENDING)
        @action(detail=False, methods=["post"], url_path="import", parser_classes=[parsers.MultiPartParser])
        def bring_in(self, request):
            return super().bring_in(request)

        @extend_schema(
            operation_id=f"{kind.plural}_edit", parameters=[key, IF_MATCH, *how], request=written, responses=one
        )
        def partial_update(self, request, pk=None):
            return super().partial_update(request, pk)

        @extend_schema(
            operation_id=f"{kind.plural}_retire",
            parameters=[key, IF_MATCH, *how],
            request=Retiring,
            responses={200: one, 202: JOB_ANSWER},
        )
        @action(detail=True, methods=["post"])
        def retire(self, request, pk=None):
            return super().retire(request, pk)

        @extend_schema(
            operation_id=f"{kind.plural}_restore", parameters=[key, IF_MATCH, *how], request=Reason, responses=one
        )
        @action(detail=True, methods=["post"])
        def restore(self, request, pk=None):
            return super().restore(request, pk)

        if can_be_merged(kind):

            @extend_schema(
                operation_id=f"{kind.plural}_merge",
                parameters=[key, IF_MATCH, how[1]],
                request=MERGE,
                responses={200: MERGED, 202: JOB_ANSWER},
            )
            @action(detail=True, methods=["post"])
            def merge(self, request, pk=None):
                return super().merge(request, pk)

    View.kind = kind
    View.__name__ = f"{one.__name__}View"
    return View
