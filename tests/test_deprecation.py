"""What will go is said before it goes: in the head of each answer and in the schema."""

from datetime import date

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter

from config.middleware import moment, reader
from records.answers import ApiView
from records.deprecation import Deprecation, deprecated

GOES = Deprecation(date(2027, 1, 4), date(2027, 7, 5), "/docs/api#old")
STAYS = Deprecation(date(2027, 1, 4), None, "/docs/api#colour")


class OldView(ApiView):
    deprecated_parameters = {"colour": STAYS}

    @deprecated(GOES)
    @extend_schema(operation_id="old_list", responses={200: None})
    def list(self, request):
        return Response({})

    @extend_schema(operation_id="old_get", parameters=[OpenApiParameter("colour", str)], responses={200: None})
    def retrieve(self, request, pk=None):
        response = Response({})
        response["Link"] = '<?cursor=1>; rel="next"'
        return response


@pytest.fixture
def ask(db, rf: RequestFactory):
    def get(address: str, action: str) -> HttpResponse:
        from django.contrib.auth.models import AnonymousUser

        request = rf.get(address)
        request.user = AnonymousUser()
        view = OldView.as_view({"get": action})
        return reader(moment(lambda asked: view(asked, pk="1") if action == "retrieve" else view(asked)))(request)

    return get


def test_an_operation_that_will_go_says_since_when_until_when_and_where_to_read_on(ask):
    answer = ask("/api/v1/old/", "list")
    assert answer["Deprecation"] == "@1799020800"  # RFC 9745: 2027-01-04, seconds after a @
    assert answer["Sunset"] == "Mon, 05 Jul 2027 00:00:00 GMT"  # RFC 8594
    assert answer["Link"] == '</docs/api#old>; rel="deprecation"'


def test_a_parameter_that_will_go_is_spoken_of_only_where_it_is_asked_with(ask):
    assert not ask("/api/v1/old/1/", "retrieve").has_header("Deprecation")
    answer = ask("/api/v1/old/1/?colour=red", "retrieve")
    assert answer["Deprecation"] == "@1799020800" and not answer.has_header("Sunset")
    assert answer["Link"] == '<?cursor=1>; rel="next", </docs/api#colour>; rel="deprecation"'


def test_the_schema_marks_what_will_go():
    router = DefaultRouter()
    router.register("old", OldView, basename="old")
    paths = SchemaGenerator(patterns=router.urls).get_schema(request=None, public=True)["paths"]
    assert paths["/old/"]["get"]["deprecated"] is True
    (one,) = [one for one in paths["/old/{id}/"]["get"]["parameters"] if one["name"] == "colour"]
    assert one["deprecated"] is True and "deprecated" not in paths["/old/{id}/"]["get"]
