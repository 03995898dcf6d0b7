"""The REST door of every kind: one shape for lists and records, from the kind's declaration."""

from datetime import date
from functools import cache
from uuid import UUID

from django.http import Http404
from django.utils import translation
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
    inline_serializer,
)
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from . import lists
from .asking import LOOKUPS, BadQuery, Problem, may_ask, not_allowed
from .kinds import Field, Kind, Type
from .rights import ANYONE, Reader
from .shapes import shape_rows
from .writing_api import IF_MATCH, ONCE, Reason, Retiring, WritesRecords, about_the_change


class ApiView(ViewSet):
    """What all answers of the API share: the reader, the moment, the language."""

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        asked = request.query_params.get("lang", "")
        is_known = asked in ("", "ko", "en")
        translation.activate(asked if asked and is_known else translation.get_language_from_request(request))
        if not is_known:
            raise BadQuery([Problem("lang", not_allowed("lang", asked, ("ko", "en")))])
        moment_problems = request._request.moment_problems
        if moment_problems:
            raise BadQuery([Problem(name, text) for name, text in moment_problems.items()])
        money = request.query_params.get("money", "")
        if money not in ("", "minor", "major"):
            raise BadQuery([Problem("money", not_allowed("money", money, ("major", "minor")))])

    @property
    def reader(self):
        return self.request._request.reader

    @property
    def as_of(self):
        return self.request._request.as_of

    @property
    def is_minor(self) -> bool:
        return self.request.query_params.get("money") == "minor"


class RecordView(WritesRecords, ApiView):
    """Lists and records of one kind. `viewset_for` binds it."""

    kind: Kind
    lookup_value_regex = "[^/]+"

    def list(self, request):
        query = lists.read(self.kind, request.query_params, self.reader, as_of=self.as_of)
        page = query.page()
        results = shape_rows(self.kind, page.rows, self.reader, minor=self.is_minor)
        return Response({"results": results, "next_cursor": page.next_cursor})

    def retrieve(self, request, pk=None):
        unknown = set(request.query_params) - {"lang", "money", "as_of", "known_at", "format"}
        if unknown:
            raise BadQuery([Problem(name, _("There is no parameter “%s”.") % name) for name in sorted(unknown)])
        return self.answer(find(self.kind, pk, self.reader, self.as_of))

    def found(self, key: str):
        """The record with this key that exists for the reader; for officers retired ones do as well."""
        return find(self.kind, key, self.reader, with_retired=self.reader.is_officer)

    def answer(self, row, status: int = 200) -> Response:
        """One record, with its version as ETag."""
        response = Response(shape_rows(self.kind, [row], self.reader, minor=self.is_minor)[0], status=status)
        response["ETag"] = f'"{row.version}"'
        return response


def find(kind: Kind, key: str, reader: Reader, as_of: date | None = None, *, with_retired: bool = False):
    """The record with this id, or slug where the kind has slugs. Http404 if there is none for this reader."""
    if "\x00" in key:
        raise Http404
    rows = kind.rows().with_retired_visible_to(reader) if with_retired else kind.rows().visible_to(reader)
    try:
        found = rows.filter(id=UUID(key)).first()
    except ValueError:
        found = rows.filter(slug=key).first() if kind.has_slug else None
    if found is None:
        raise Http404
    return kind.attached([found], reader, as_of)[0]


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
HELP = {
    Type.DATE: "EDTF (ISO 8601-2): 2024, 2024-07, 2024-07-28, A/B, A/.., ../B; ~ about, ? uncertain",
    Type.MONEY: "in the major unit of the row's currency; integer minor units with money=minor",
}


def one_answer(name: str, fields: dict) -> serializers.Serializer:
    """The body of a list: one object with its rows inside. By itself the schema would say: a list of such objects."""
    return extend_schema_serializer(many=False)(inline_serializer(name, fields))


@cache
def serializer_for(kind: Kind) -> type[serializers.Serializer]:
    """How a record of this kind looks, for the OpenAPI schema."""
    fields = {f.name: _serializer_field(f) for f in kind.all_fields.values()}
    return type(f"{kind.name.title().replace('_', '')}", (serializers.Serializer,), fields)


@cache
def written_serializer_for(kind: Kind) -> type[serializers.Serializer]:
    """What a record of this kind takes, for the OpenAPI schema."""
    fields = {f.name: _serializer_field(f, is_read=False) for f in kind.typed_fields.values()}
    name = f"{kind.name.title().replace('_', '')}Written"
    return type(name, (serializers.Serializer,), fields | about_the_change())


def _serializer_field(f: Field, *, is_read: bool = True):
    is_null = (
        f.type in (Type.REF, Type.RECORD, Type.DATE, Type.INTEGER, Type.DECIMAL, Type.MONEY, Type.INSTANT)
        or f.is_private
    )
    common = {
        "label": str(f.label),
        "allow_null": is_null and f.name not in ("version", "updated_at"),
        **({"read_only": True} if is_read else {"required": f.is_required}),
    }
    if f.type is Type.LIST:
        return serializers.ListField(child=serializers.CharField(), **common)
    if f.type is Type.CHOICE:
        words = ", ".join(str(word) for word, _label in f.choices)
        return serializers.CharField(help_text=words, **common)
    return SERIALIZERS.get(f.type, serializers.CharField)(help_text=HELP.get(f.type, ""), **common)


PARAMETERS = {
    "search": "Words that all occur; exact hits first.",
    "sort": "A field, with - in front for descending.",
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
        {"results": one(many=True), "next_cursor": serializers.CharField(allow_null=True)},
    )
    asked = [OpenApiParameter(name, str, description=text) for name, text in PARAMETERS.items()]
    asked += [OpenApiParameter(f.name, str, description=str(f.label)) for f in kind.filters]
    asked += [
        _parameter(f, lookup) for f in kind.all_fields.values() if may_ask(f, ANYONE) for lookup in LOOKUPS[f.type]
    ]
    alone = [
        OpenApiParameter(name, str, description=PARAMETERS[name]) for name in ("as_of", "known_at", "money", "lang")
    ]
    how = [OpenApiParameter(name, str, description=PARAMETERS[name]) for name in ("money", "lang")]
    written = written_serializer_for(kind)
    key = OpenApiParameter("id", str, OpenApiParameter.PATH, description="id, or slug where there is one")

    @extend_schema(tags=[kind.plural])
    class View(RecordView):
        __doc__ = kind.model.__doc__.split("\n\n")[0]

        @extend_schema(operation_id=f"{kind.plural}_list", parameters=asked, responses=page)
        def list(self, request):
            return super().list(request)

        @extend_schema(operation_id=f"{kind.plural}_get", parameters=[key, *alone], responses=one)
        def retrieve(self, request, pk=None):
            return super().retrieve(request, pk)

        @extend_schema(
            operation_id=f"{kind.plural}_create", parameters=[ONCE, *how], request=written, responses={201: one}
        )
        def create(self, request):
            return super().create(request)

        @extend_schema(
            operation_id=f"{kind.plural}_edit", parameters=[key, IF_MATCH, ONCE, *how], request=written, responses=one
        )
        def partial_update(self, request, pk=None):
            return super().partial_update(request, pk)

        @extend_schema(
            operation_id=f"{kind.plural}_retire",
            parameters=[key, IF_MATCH, ONCE, *how],
            request=Retiring,
            responses=one,
        )
        @action(detail=True, methods=["post"])
        def retire(self, request, pk=None):
            return super().retire(request, pk)

        @extend_schema(
            operation_id=f"{kind.plural}_restore", parameters=[key, IF_MATCH, ONCE, *how], request=Reason, responses=one
        )
        @action(detail=True, methods=["post"])
        def restore(self, request, pk=None):
            return super().restore(request, pk)

    View.kind = kind
    View.__name__ = f"{one.__name__}View"
    return View


def _parameter(f: Field, lookup: str) -> OpenApiParameter:
    name = f"{f.name}__{lookup}" if lookup else f.name
    return OpenApiParameter(name, OpenApiTypes.STR, description=str(f.label), many=False)
