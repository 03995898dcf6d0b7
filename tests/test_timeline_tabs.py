"""The tabs of the timeline pages lead to what is there, and keep what is looked at."""

import pytest
from django.test import RequestFactory
from django.urls import ResolverMatch, path, reverse
from django.views.generic import View

from records.gantt.tabs import tabs
from records.moments import carrying
from records.rights import ANYONE
from tests.cast import reader

VIEW = View.as_view()
urlpatterns = [
    path("timelines/late/", VIEW, name="timelines_late"),
    path("timelines/ending/", VIEW, name="timelines_ending"),
    path("calendars/", VIEW, name="my_calendars"),
]
pytestmark = pytest.mark.urls(__name__)


def asked(query="", name="timelines_late", by=ANYONE, **of):
    request = RequestFactory().get(f"/timelines/late/{query}")
    request.reader, request.resolver_match = by, ResolverMatch(VIEW, (), of, url_name=name)
    return tabs(request)


def test_a_tab_stands_only_for_a_page_that_is_there_and_the_open_one_is_marked():
    found = asked()
    assert [(tab.name, tab.is_here) for tab in found] == [("timelines_late", True), ("timelines_ending", False)]
    assert [tab.url for tab in found] == [reverse("timelines_late"), reverse("timelines_ending")]


@pytest.mark.django_db
def test_calendars_are_for_those_who_are_signed_in(officer):
    assert "my_calendars" in [tab.name for tab in asked(by=reader(officer))]


@pytest.mark.django_db
def test_from_the_timeline_of_a_record_they_lead_to_its_calendar(officer):
    by = reader(officer)
    assert (
        asked(name="timeline_record", by=by, plural="programs", key="alpha")[-1].url
        == "/calendars/?of=programs%2Falpha"
    )
    assert asked(name="timeline_record", by=by, plural="agreements", key="x")[-1].url == "/calendars/"


def test_the_program_the_institution_and_the_moment_are_kept_but_not_the_kind():
    with carrying({"known_at": "2026-01-01"}):
        *_before, ending = asked("?program=alpha&institution=gist&kind=event&cursor=x")
    assert ending.url == "/timelines/ending/?known_at=2026-01-01&program=alpha&institution=gist"


def test_a_page_that_is_no_list_gives_its_questions_to_none():
    assert [tab.url for tab in asked("?program=alpha", name="timelines")] == [
        "/timelines/late/",
        "/timelines/ending/",
    ]


@pytest.mark.urls("config.urls")
def test_the_timeline_of_a_record_stands_under_the_first_tab_and_lists_of_it_lead_back_to_it():
    on_it = asked(name="timeline_record", plural="programs", key="alpha")
    assert (on_it[0].is_here, on_it[0].url) == (True, "/ko/programs/alpha/timeline/")
    assert asked("?program=alpha&institution=gist")[0].url == "/ko/programs/alpha/timeline/"
    assert asked("?institution=gist")[0].url == "/ko/institutions/gist/timeline/"
    assert asked("?kind=event")[0].url == "/ko/timelines/"
