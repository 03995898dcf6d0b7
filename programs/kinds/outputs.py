"""How outputs are shown and taken."""

from django.utils.translation import gettext_lazy as _

from records.kinds import AsOf, Dated, Kind, Related

from ..models import Output
from .shared import BY_INSTITUTION, BY_RESEARCHER, IN_PROGRAM, WHO

OUTPUT = Kind(
    name="output",
    plural="outputs",
    model=Output,
    fields=(
        "title_ko", "title_en", "aliases", "scope", "parent", "kind", "state", "published_on", "venue_ko", "venue_en",
        "doi", "url", "metric", "value", "baseline", "note_ko", "note_en",
    ),
    columns=("title", "kind", "published_on", "venue", "scope", "state"),
    label=("title",),
    order="-published_on",
    search=("title_ko", "title_en", "aliases", "venue_ko", "venue_en", "doi"),
    filters=(IN_PROGRAM, BY_INSTITUTION, BY_RESEARCHER),
    facts=("kind", "published_on", "venue", "doi", "scope"),
    related=(Related("output", "parent", ("title", "metric", "value", "baseline"), _("Results")), *WHO),
    dated=(Dated("published", "published_on", planned={"state": ("expected",)}, open={"state": ("expected",)}),),
    owners=("scope",),
    as_of=AsOf("published_on"),
    in_menu=True,
)  # fmt: skip
