"""`/api/v1/views/`: saved views; one's own can be made, changed and deleted here as on pages."""

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from .answers import ApiView, one_answer
from .asking import BadQuery, Problem, not_allowed
from .base import Change
from .commands import Author
from .kinds import kinds_by_plural
from .problem_codes import coded
from .refusals import Fault, Refused
from .saved import SavedView, Sharing, find_view
from .saving import can_save, change_view, delete_view, save_view
from .writing_api import IF_MATCH, ExactJSONParser, required_version

WRITTEN = {
    "name": serializers.CharField(max_length=200),
    "query": serializers.CharField(help_text="filters, search, sort and columns, as in the address of the list"),
    "sharing": serializers.ChoiceField(
        Sharing.values, help_text="who may open it: private, shared (signed in), public"
    ),
}
FIELDS = {
    "id": serializers.UUIDField(),
    "list": serializers.CharField(help_text="of which list, as in its address: projects"),
    **WRITTEN,
    "owner": serializers.CharField(),
    "is_own": serializers.BooleanField(),
    "version": serializers.IntegerField(),
    "updated_at": serializers.DateTimeField(),
}
ONE = inline_serializer("View", dict(FIELDS))  # which takes the fields out of what it gets
MANY = one_answer("Views", {"results": inline_serializer("ViewInList", dict(FIELDS), many=True)})
NEW = inline_serializer("NewView", {"list": FIELDS["list"], **WRITTEN})
CHANGED = inline_serializer("ChangedView", {name: serializers.CharField(required=False) for name in WRITTEN})
KEY = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
OF_LIST = OpenApiParameter("list", str, description="Only views of this list.")


@extend_schema(tags=["views"])
class SavedViewView(ApiView):
    """Saved views: one's own, and those that others share with all who are signed in. `view=<id>` opens one in its list."""

    parser_classes = (ExactJSONParser,)
    lookup_value_regex = "[^/]+"

    @extend_schema(operation_id="views_list", parameters=[OF_LIST], responses=MANY)
    def list(self, request):
        self.only_asked("list")
        views, plural = SavedView.objects.offered_to(self.reader), request.query_params.get("list", "")
        if plural:
            if plural not in kinds_by_plural():
                raise BadQuery([Problem("list", not_allowed("list", plural, kinds_by_plural()))])
            views = views.filter(kind=kinds_by_plural()[plural].name)
        return Response({"results": [self._shape(view) for view in views]})

    @extend_schema(operation_id="views_get", parameters=[KEY], responses=ONE)
    def retrieve(self, request, pk=None):
        self.only_asked()
        return self._answer(self._find(pk))

    @extend_schema(operation_id="views_create", request=NEW, responses={201: ONE})
    def create(self, request):
        self.only_asked()
        if not can_save(self.reader):
            raise exceptions.NotAuthenticated
        body = self._body("list", *WRITTEN)
        kind = kinds_by_plural().get(str(body.get("list", "")))
        if kind is None:
            raise Refused([Fault("list", not_allowed("list", str(body.get("list", "")), kinds_by_plural()))])
        said = (body.get("name", ""), body.get("query", ""), body.get("sharing", Sharing.PRIVATE))
        return self._answer(save_view(kind, *said, by=self._author()), status=201)

    @extend_schema(operation_id="views_change", parameters=[KEY, IF_MATCH], request=CHANGED, responses=ONE)
    def partial_update(self, request, pk=None):
        view = self._find(pk)
        version = required_version(request, view.version)
        self.only_asked()
        return self._answer(change_view(view.id, self._body(*WRITTEN), version=version, by=self._author()))

    @extend_schema(operation_id="views_delete", parameters=[KEY, IF_MATCH], responses={204: None})
    def destroy(self, request, pk=None):
        view = self._find(pk)
        version = required_version(request, view.version)
        self.only_asked()
        delete_view(view.id, version=version, by=self._author())
        return Response(status=204)

    def _find(self, key: str) -> SavedView:
        view = find_view(key, self.reader)
        if view is None:
            raise Http404
        return view

    def _body(self, *names: str) -> dict:
        """What was sent: texts under these names."""
        body = self.request.data or {}
        if not isinstance(body, dict):
            raise Refused(coded("not_an_object", _("The body is a JSON object: a field and its value, and so on.")))
        faults = [
            Fault(name, coded("unknown_field", _("There is no field “%s”.") % name))
            for name in sorted(set(body) - set(names))
        ]
        faults += [Fault(n, not_text(v)) for n, v in body.items() if n in names and not isinstance(v, str)]
        if faults:
            raise Refused(faults)
        return body

    def _author(self) -> Author:
        return Author.of(self.request._request, Change.Door.API)

    def _answer(self, view: SavedView, status: int = 200) -> Response:
        return Response(self._shape(view), status=status, headers={"ETag": f'"{view.version}"'})

    def _shape(self, view: SavedView) -> dict:
        return {
            "id": view.id,
            "list": view.plural,
            "name": view.name,
            "query": view.query,
            "sharing": view.sharing,
            "owner": view.owner_name,
            "is_own": view.is_of(self.reader),
            "version": view.version,
            "updated_at": view.updated_at,
        }


def not_text(value: object) -> str:
    return _("“%s” is not a text.") % str(value)[:100]
