"""How agreements, committees, events and courses are shown and taken."""

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from records.kinds import AsOf, Dated, Kind, Related

from ..models import Agreement, Committee, Course, Event
from .shared import (
    AWAITED,
    BY_INSTITUTION,
    BY_RESEARCHER,
    COUNTED,
    IN_PROGRAM,
    OBLIGATIONS,
    PERIOD,
    PLANNED,
    PLANNED_PERIOD,
    WHO,
)

AGREEMENT = Kind(
    name="agreement",
    plural="agreements",
    model=Agreement,
    fields=(
        "title_ko", "title_en", "aliases", "scope", "kind", "signed_on", "starts_on", "ends_on", "covers_ko", "covers_en",
    ),
    columns=("title", "scope", "kind", "signed_on", "starts_on", "ends_on"),
    label=("title",),
    order="signed_on",
    orders={"ends_on": F("ends_on_last")},
    search=("title_ko", "title_en", "aliases"),
    filters=(IN_PROGRAM, BY_INSTITUTION),
    facts=("kind", "signed_on", "starts_on", "ends_on", "scope"),
    related=(*WHO, OBLIGATIONS),
    dated=(Dated("signed", "signed_on"), *PERIOD),
    owners=("scope",),
    as_of=AsOf("signed_on", "ends_on"),
)  # fmt: skip

COMMITTEE = Kind(
    name="committee",
    plural="committees",
    model=Committee,
    fields=("name_ko", "name_en", "aliases", "scope", "kind", "size", "starts_on", "ends_on", "task_ko", "task_en"),
    columns=("name", "scope", "kind", "size", "starts_on", "ends_on"),
    label=("name",),
    order="name",
    search=("name_ko", "name_en", "aliases"),
    filters=(IN_PROGRAM, BY_RESEARCHER),
    facts=("scope", "kind", "size", "starts_on", "ends_on"),
    related=WHO,
    dated=PERIOD,
    owners=("scope",),
    as_of=AsOf("starts_on", "ends_on"),
    adds={"size": ()},
)

EVENT = Kind(
    name="event",
    plural="events",
    model=Event,
    fields=(
        "title_ko", "title_en", "aliases", "scope", "parent", "kind", "status", "starts_on", "ends_on", "starts_at",
        "ends_at", "time_zone", "place_ko", "place_en", "country", "mode", "attendance_expected", "attendance",
        "note_ko", "note_en",
    ),
    columns=("title", "kind", "starts_on", "ends_on", "place", "scope", "status"),
    label=("title",),
    order="starts_on",
    search=("title_ko", "title_en", "aliases", "place_ko", "place_en"),
    filters=(IN_PROGRAM, BY_INSTITUTION, BY_RESEARCHER),
    facts=("kind", "starts_on", "ends_on", "place", "attendance", "scope"),
    related=(
        Related("event", "parent", ("title", "kind", "starts_on", "place"), _("Parts of the event"), sort="starts_on"),
        *WHO,
        COUNTED,
    ),
    dated=(Dated("held", "starts_on", "ends_on", planned=PLANNED, open=AWAITED, is_brief=True),),
    owners=("scope", "parent"),
    as_of=AsOf("starts_on"),
    adds={"attendance_expected": (), "attendance": ()},
    in_menu=True,
    page="programs.views.event_page",
)  # fmt: skip

COURSE = Kind(
    name="course",
    plural="courses",
    model=Course,
    fields=(
        "title_ko", "title_en", "aliases", "scope", "institution", "kind", "status", "starts_on", "ends_on", "places",
        "teaches_ko", "teaches_en",
    ),
    columns=("title", "kind", "institution", "scope", "starts_on", "ends_on", "status"),
    label=("title",),
    order="starts_on",
    search=("title_ko", "title_en", "aliases"),
    filters=(IN_PROGRAM,),
    facts=("kind", "institution", "starts_on", "ends_on", "places"),
    related=WHO,
    dated=PLANNED_PERIOD,
    owners=("scope", "institution"),
    as_of=AsOf("starts_on", "ends_on"),
    adds={"places": ()},
)  # fmt: skip
