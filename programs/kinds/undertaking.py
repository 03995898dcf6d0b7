"""How programs, projects, phases and milestones are shown and taken."""

from django.utils.translation import gettext_lazy as _

from records.kinds import AsOf, Dated, Kind, Related

from ..models import Milestone, Phase, Program, Project
from .shared import (
    BY_INSTITUTION,
    BY_INSTITUTION_WITHIN,
    BY_RESEARCHER,
    COUNTED,
    GOALS,
    HAPPENINGS,
    IN_PROGRAM,
    OBLIGATIONS,
    PLANNED_PERIOD,
    WHO,
)  # fmt: skip

PROGRAM = Kind(
    name="program",
    plural="programs",
    model=Program,
    fields=(
        "slug", "name_ko", "name_en", "aliases", "purpose_ko", "purpose_en", "topics", "status", "starts_on", "ends_on", "lab",
    ),
    columns=("name", "starts_on", "ends_on", "lab", "status"),
    label=("name",),
    order="starts_on",
    search=("name_ko", "name_en", "aliases", "slug"),
    filters=(BY_INSTITUTION_WITHIN,),
    facts=("starts_on", "ends_on", "lab"),
    related=(
        Related("project", "program", ("number", "title", "parent", "starts_on", "ends_on", "status"), sort="number"),
        *WHO,
        COUNTED,
        *GOALS,
        *HAPPENINGS,
        Related("funding_line", "program", ("name", "project", "payer", "payer_kind", "form", "currency", "state"), with_parts=True),
        OBLIGATIONS,
    ),
    dated=PLANNED_PERIOD,
    owners=("lab",),
    as_of=AsOf("starts_on", "ends_on"),
    in_menu=True,
    drawn=("program", "project", "lab", "phase", "milestone", "agreement", "event"),
    page="funding.views.program_page",
)  # fmt: skip

PROJECT = Kind(
    name="project",
    plural="projects",
    model=Project,
    fields=(
        "slug", "title_ko", "title_en", "aliases", "program", "parent", "number", "summary_ko", "summary_en", "topics", "status",
        "starts_on", "ends_on",
    ),
    columns=("title", "program", "number", "starts_on", "ends_on", "status"),
    label=("title",),
    order="title",
    search=("title_ko", "title_en", "aliases", "slug"),
    apart=("program", "starts_on", "ends_on"),
    filters=(BY_INSTITUTION, BY_RESEARCHER),
    facts=("program", "starts_on", "ends_on", "number"),
    related=(
        Related("project", "parent", ("number", "title", "starts_on", "ends_on", "status"), _("Parts"), sort="number"),
        *WHO,
        COUNTED,
        *GOALS,
        *HAPPENINGS,
        Related("funding_line", "project", ("name", "payer", "payer_kind", "form", "currency", "state"), with_parts=True),
    ),
    dated=PLANNED_PERIOD,
    owners=("program", "parent"),
    under=("parent",),
    as_of=AsOf("starts_on", "ends_on"),
    in_menu=True,
    drawn=("project",),
    page="funding.views.project_page",
)  # fmt: skip

PHASE = Kind(
    name="phase",
    plural="phases",
    model=Phase,
    fields=("title_ko", "title_en", "aliases", "scope", "number", "status", "starts_on", "ends_on"),
    columns=("title", "scope", "number", "starts_on", "ends_on", "status"),
    label=("title",),
    order="starts_on",
    search=("title_ko", "title_en", "aliases"),
    filters=(IN_PROGRAM,),
    facts=("scope", "number", "starts_on", "ends_on"),
    dated=PLANNED_PERIOD,
    owners=("scope",),
    as_of=AsOf("starts_on", "ends_on"),
)

MILESTONE = Kind(
    name="milestone",
    plural="milestones",
    model=Milestone,
    fields=(
        "title_ko",
        "title_en",
        "aliases",
        "scope",
        "planned_on",
        "due_on",
        "done_on",
        "state",
        "note_ko",
        "note_en",
    ),
    columns=("title", "scope", "planned_on", "due_on", "done_on", "state"),
    label=("title",),
    order="due_on",
    search=("title_ko", "title_en", "aliases"),
    filters=(IN_PROGRAM,),
    facts=("scope", "planned_on", "due_on", "done_on", "state"),
    dated=(
        Dated(
            "due",
            "due_on",
            planned={"state": ("open",)},
            open={"state": ("open",)},
            real="done_on",
            first_plan="planned_on",
        ),
        Dated("done", "done_on"),
        Dated("first_planned", "planned_on", planned={"state": ("open", "done", "dropped")}, unless_same_as="due_on"),
    ),
    owners=("scope",),
)
