"""How institutions, labs and affiliations are shown and taken."""

import hashlib
from collections import defaultdict

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from people.models import Researcher
from records.base import in_language
from records.kinds import AsOf, Dated, Filter, Kind, Related, Type
from records.labels import labels_for

from .models import Affiliation, Facility, Institution, Lab


def _taking_part_in(programs, reader):
    """Ids of the institutions that take part in one of these programs, as far as the reader may know."""
    parts = Institution.participations.rel.related_model.objects.visible_to(reader)
    return parts.filter(scope__within__in=programs).values("institution")


NOT_YET = {"opened_on": None}

INSTITUTION = Kind(
    name="institution",
    plural="institutions",
    model=Institution,
    fields=("slug", "name_ko", "name_en", "aliases", "kind", "country", "parent", "ror_id"),
    columns=("name", "kind", "country", "parent"),
    label=("name",),
    order="name",
    search=("name_ko", "name_en", "aliases", "slug", "ror_id"),
    numbers=("ror_id",),
    apart=("country", "parent", "kind"),
    filters=(
        Filter(
            "program", _("takes part in"),
            lambda ids, reader: Q(id__in=_taking_part_in(ids, reader)),
            Type.RECORD,
        ),
    ),
    facts=("kind", "country", "parent", "ror_id"),
    related=(
        Related("participation", "institution", ("scope", "part", "does", "starts_on", "ends_on")),
        Related("institution", "parent", ("name", "kind"), _("Units")),
        Related("lab", "institution", ("name", "opened_on", "floor_area_m2")),
        Related("affiliation", "institution", ("researcher", "lab", "title", "starts_on", "ends_on")),
        Related("funding_line", "payer", ("name", "program", "form", "currency", "state"), _("Pays")),
        Related("funding_line", "recipient", ("name", "program", "form", "currency", "state"), _("Receives")),
    ),
    page="funding.views.institution_page",
    in_menu=True,
)  # fmt: skip

LAB = Kind(
    name="lab",
    plural="labs",
    model=Lab,
    fields=(
        "slug", "name_ko", "name_en", "aliases", "institution", "opened_on", "opening_planned_on", "address_ko",
        "address_en", "country", "floor_area", "floor_area_unit", "floor_area_m2",
    ),
    columns=("name", "institution", "opened_on", "address", "floor_area_m2"),
    label=("name",),
    order="name",
    search=("name_ko", "name_en", "aliases", "slug", "address_ko", "address_en"),
    facts=("institution", "opened_on", "floor_area", "floor_area_m2", "address"),
    related=(
        Related("program", "lab", ("name", "starts_on", "ends_on", "status")),
        Related("facility", "lab", ("name", "kind", "number", "opened_on"), is_typed=True),
        Related("affiliation", "lab", ("researcher", "institution", "title", "starts_on", "ends_on")),
        Related("role", "scope", ("researcher", "part", "title", "starts_on", "ends_on"), is_typed=True),
        Related("headcount", "scope", ("people", "side", "institution", "number", "counted_on"), is_typed=True),
    ),
    adds={"floor_area_m2": ()},
    dated=(
        Dated("opened", "opened_on"),
        Dated("opening_planned", "opening_planned_on", planned=NOT_YET, open=NOT_YET, real="opened_on"),
    ),
    owners=("institution",),
    as_of=AsOf("opened_on"),
    in_menu=True,
)  # fmt: skip

FACILITY = Kind(
    name="facility",
    plural="facilities",
    model=Facility,
    fields=(
        "name_ko", "name_en", "aliases", "lab", "provider", "kind", "number", "opened_on", "planned_on", "note_ko",
        "note_en",
    ),
    columns=("name", "kind", "lab", "provider", "number", "opened_on"),
    label=("name",),
    order="name",
    search=("name_ko", "name_en", "aliases"),
    facts=("kind", "lab", "provider", "number", "opened_on", "planned_on"),
    adds={"number": ("kind",)},
    dated=(Dated("in_use", "opened_on"), Dated("planned", "planned_on", planned=NOT_YET, open=NOT_YET, real="opened_on")),
    owners=("lab", "provider"),
    as_of=AsOf("opened_on"),
)  # fmt: skip

AFFILIATION = Kind(
    name="affiliation",
    plural="affiliations",
    model=Affiliation,
    fields=("researcher", "institution", "lab", "title_ko", "title_en", "starts_on", "ends_on"),
    columns=("researcher", "institution", "lab", "title", "starts_on", "ends_on"),
    label=("researcher", "institution"),
    order="starts_on",
    search=("title_ko", "title_en", "researcher__name_ko", "researcher__name_en", "institution__name_ko"),
    facts=("researcher", "institution", "lab", "title", "starts_on", "ends_on"),
    dated=(Dated("period", "starts_on", "ends_on"),),
    owners=("researcher", "institution", "lab"),
    as_of=AsOf("starts_on", "ends_on", is_succeeded=True),
)


def own_people(rows, reader) -> set:
    """Ids of those of these researchers whom an institution of the reader employs."""
    return own_researchers([row.id for row in rows], reader)


def own_researchers(ids, reader) -> set:
    """Of these researchers, those affiliated with an institution that the reader reports for."""
    if not reader.institutions:
        return set()
    mine = Affiliation.objects.filter(institution__in=reader.institutions, researcher__in=ids, is_retired=False)
    return set(Researcher.objects.filter(affiliations__in=mine).values_list("id", flat=True))


def own_people_stamp(reader) -> str:
    """Differs where other researchers are the reader's own."""
    if not reader.institutions:
        return ""
    mine = Affiliation.objects.filter(institution__in=reader.institutions, is_retired=False)
    ids = sorted(map(str, mine.order_by().values_list("researcher_id", flat=True).distinct()))
    return hashlib.sha256(",".join(ids).encode()).hexdigest()


def where_people_work(rows, reader) -> dict:
    """Where each of these researchers works today and as what, the latest post first: two posts at most."""
    today = timezone.localdate()
    posts = Affiliation.objects.visible_to(reader).filter(researcher__in=[row.id for row in rows])
    posts = AFFILIATION.counting_on(posts, today).order_by(F("starts_on_first").desc(nulls_last=True), "id")
    posts = list(posts)
    labels = labels_for(AFFILIATION, posts, reader)
    said = defaultdict(list)
    for post in posts:
        at = labels.get(post.institution_id)
        line = " ".join(filter(None, [str(at or ""), in_language(post.title_ko, post.title_en)]))
        if line and line not in said[post.researcher_id]:
            said[post.researcher_id].append(line)
    return {id: ", ".join(lines[:2]) for id, lines in said.items()}
