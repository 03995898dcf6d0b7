"""How researchers are shown and taken."""

from records.kinds import Kind, Related

from .models import Researcher

RESEARCHER = Kind(
    name="researcher",
    plural="researchers",
    model=Researcher,
    fields=("name_ko", "name_en", "aliases", "orcid", "researcher_number"),
    columns=("name", "aliases", "orcid"),
    label=("name",),
    order="name",
    search=("name_ko", "name_en", "aliases", "orcid"),
    numbers=("orcid", "researcher_number"),
    may_share_names=True,
    apart="labs.kinds.where_people_work",
    related=(
        Related("affiliation", "researcher", ("institution", "lab", "title", "starts_on", "ends_on"), is_typed=True),
        Related("role", "researcher", ("scope", "part", "title", "starts_on", "ends_on", "effort_share")),
    ),
    private=("researcher_number",),
    owned="labs.kinds.own_people",
    owns="labs.kinds.own_people_stamp",
    in_menu=True,
    page="people.views.researcher_page",
)
