"""How participations, roles, head counts and exchanges are shown and taken."""

from labs.kinds import own_researchers
from records.kinds import AsOf, Dated, Kind

from ..models import Exchange, Headcount, Participation, Role
from .shared import IN_PROGRAM, PERIOD, PLANNED_PERIOD

PARTICIPATION = Kind(
    name="participation",
    plural="participations",
    model=Participation,
    fields=("scope", "institution", "part", "does_ko", "does_en", "starts_on", "ends_on"),
    columns=("institution", "part", "scope", "does", "starts_on", "ends_on"),
    label=("institution", "part"),
    order="scope",
    search=("does_ko", "does_en", "institution__name_ko", "institution__name_en", "institution__slug"),
    filters=(IN_PROGRAM,),
    facts=("scope", "institution", "part", "starts_on", "ends_on"),
    dated=PERIOD,
    owners=("scope", "institution"),
    carries="scope",
    as_of=AsOf("starts_on", "ends_on", is_succeeded=True),
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
    carries="scope",
    as_of=AsOf("starts_on", "ends_on", is_succeeded=True),
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
    as_of=AsOf("counted_on", key=("scope", "people", "side", "institution"), is_succeeded=True),
)

EXCHANGE = Kind(
    name="exchange",
    plural="exchanges",
    model=Exchange,
    fields=(
        "scope", "sender", "receiver", "researcher", "level", "number", "status", "starts_on", "ends_on",
        "purpose_ko", "purpose_en",
    ),
    columns=("scope", "researcher", "level", "number", "sender", "receiver", "starts_on", "ends_on", "status"),
    label=("sender", "receiver"),
    order="starts_on",
    search=("purpose_ko", "purpose_en", "researcher__name_ko", "researcher__name_en"),
    filters=(IN_PROGRAM,),
    facts=("sender", "receiver", "level", "number", "starts_on", "ends_on"),
    dated=PLANNED_PERIOD,
    owners=("scope", "sender", "receiver", "researcher"),
    as_of=AsOf("starts_on", "ends_on"),
    adds={"number": ()},
)  # fmt: skip


def _own_roles(rows, reader):
    own = own_researchers([role.researcher_id for role in rows], reader)
    return {role.id for role in rows if role.researcher_id in own}
