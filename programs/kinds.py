"""How programs, projects and what belongs to them are shown and taken."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from labs.kinds import own_researchers
from labs.models import Institution
from people.models import Researcher
from records.base import Record
from records.kinds import AsOf, Dated, Filter, Kind, Related, Type

from .models import Headcount, Participation, Program, Project, Role

PERIOD = (Dated("period", "starts_on", "ends_on"),)
PLANNED_PERIOD = (Dated("period", "starts_on", "ends_on", planned="t.status = 'planned'"),)


def _taken_part_in(institutions, reader):
    """Ids of the programs and projects in which one of these institutions takes part, as far as the reader may know."""
    parts = Participation.objects.visible_to(reader).filter(institution__in=institutions)
    return parts.values("program").union(parts.exclude(project=None).values("project"), all=True)


BY_INSTITUTION = Filter(
    "institution", _("institution"),
    lambda ids, reader: Q(id__in=_taken_part_in(ids, reader)),
    Type.REF, Institution,
)  # fmt: skip

IN_PROGRAM = Filter(
    "program", _("program"),
    lambda ids, reader: Q(id__in=Record.objects.filter(within__in=ids).values("id")),
    Type.REF, Program,
)  # fmt: skip

PROGRAM = Kind(
    name="program",
    plural="programs",
    model=Program,
    fields=(
        "slug", "name_ko", "name_en", "aliases", "purpose_ko", "purpose_en", "status", "starts_on", "ends_on", "lab",
    ),
    columns=("name", "starts_on", "ends_on", "lab", "status"),
    label=("name",),
    order="starts_on",
    search=("name_ko", "name_en", "aliases", "slug"),
    filters=(BY_INSTITUTION,),
    facts=("starts_on", "ends_on", "lab"),
    related=(
        Related("project", "program", ("number", "title", "parent", "starts_on", "ends_on", "status"), sort="number"),
        Related(
            "participation", "program", ("institution", "part", "does", "starts_on", "ends_on"),
            only=(("project__isnull", "true"),),
        ),
        Related("role", "scope", ("researcher", "part", "title", "starts_on", "ends_on")),
        Related("headcount", "scope", ("people", "side", "institution", "number", "counted_on")),
        Related("funding_line", "program", ("name", "project", "payer", "payer_kind", "form", "currency", "state")),
    ),
    dated=PLANNED_PERIOD,
    owners=("lab",),
    as_of=AsOf("starts_on", "ends_on"),
    in_menu=True,
    drawn=("program", "project", "lab"),
    page="funding.views.program_page",
)  # fmt: skip

PROJECT = Kind(
    name="project",
    plural="projects",
    model=Project,
    fields=(
        "slug", "title_ko", "title_en", "aliases", "program", "parent", "number", "summary_ko", "summary_en", "status",
        "starts_on", "ends_on",
    ),
    columns=("title", "program", "number", "starts_on", "ends_on", "status"),
    label=("title",),
    order="title",
    search=("title_ko", "title_en", "aliases", "slug"),
    filters=(
        BY_INSTITUTION,
        Filter(
            "researcher", _("researcher"),
            lambda ids, reader: Q(id__in=Role.objects.visible_to(reader).filter(researcher__in=ids).values("scope")),
            Type.REF, Researcher,
        ),
    ),
    facts=("program", "starts_on", "ends_on", "number"),
    related=(
        Related("project", "parent", ("number", "title", "starts_on", "ends_on", "status"), _("Parts"), sort="number"),
        Related("participation", "project", ("institution", "part", "does", "starts_on", "ends_on")),
        Related("role", "scope", ("researcher", "part", "title", "starts_on", "ends_on")),
        Related("headcount", "scope", ("people", "side", "institution", "number", "counted_on")),
        Related("funding_line", "project", ("name", "payer", "payer_kind", "form", "currency", "state")),
    ),
    dated=PLANNED_PERIOD,
    owners=("program", "parent"),
    as_of=AsOf("starts_on", "ends_on"),
    in_menu=True,
    drawn=("project",),
    page="funding.views.project_page",
)  # fmt: skip

PARTICIPATION = Kind(
    name="participation",
    plural="participations",
    model=Participation,
    fields=("program", "project", "institution", "part", "does_ko", "does_en", "starts_on", "ends_on"),
    columns=("institution", "part", "program", "project", "does", "starts_on", "ends_on"),
    label=("institution", "part"),
    order="program",
    search=("does_ko", "does_en", "institution__name_ko", "institution__name_en", "institution__slug"),
    facts=("program", "project", "institution", "part", "starts_on", "ends_on"),
    dated=PERIOD,
    owners=("program", "project", "institution"),
    as_of=AsOf("starts_on", "ends_on"),
)

ROLE = Kind(
    name="role",
    plural="roles",
    model=Role,
    fields=("researcher", "scope", "part", "title_ko", "title_en", "starts_on", "ends_on", "effort_share"),
    columns=("researcher", "scope", "part", "title", "starts_on", "ends_on"),
    label=("researcher", "part"),
    order="scope",
    search=("title_ko", "title_en", "researcher__name_ko", "researcher__name_en"),
    filters=(IN_PROGRAM,),
    facts=("researcher", "scope", "part", "title", "starts_on", "ends_on"),
    dated=PERIOD,
    owners=("researcher", "scope"),
    as_of=AsOf("starts_on", "ends_on"),
    private=("effort_share",),
    owned=lambda rows, reader: _own_roles(rows, reader),
)

HEADCOUNT = Kind(
    name="headcount",
    plural="headcounts",
    model=Headcount,
    fields=("scope", "people", "side", "institution", "number", "counted_on", "note_ko", "note_en"),
    columns=("scope", "people", "side", "institution", "number", "counted_on"),
    label=("scope", "people"),
    order="-counted_on",
    filters=(IN_PROGRAM,),
    facts=("scope", "people", "side", "number", "counted_on"),
    dated=(Dated("counted", "counted_on"),),
    owners=("scope", "institution"),
    as_of=AsOf("counted_on", key=("scope", "people", "side", "institution")),
)


def _own_roles(rows, reader):
    own = own_researchers([role.researcher_id for role in rows], reader)
    return {role.id for role in rows if role.researcher_id in own}
