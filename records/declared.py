"""The kinds of this floor: sources, citations, disagreements."""

from django.utils.translation import gettext_lazy as _

from .kinds import AsOf, Dated, Kind, Related
from .models import Citation, Disagreement, Document, Relation, Source
from .sources import BY_WEIGHT, IN_PLACE

SOURCE = Kind(
    name="source",
    plural="sources",
    model=Source,
    fields=(
        "title_ko", "title_en", "aliases", "kind", "publisher_ko", "publisher_en", "published_on", "url",
        "note_ko", "note_en",
    ),
    columns=("title", "kind", "publisher", "published_on"),
    label=("title",),
    order="-published_on",
    search=("title_ko", "title_en", "aliases", "publisher_ko", "publisher_en"),
    facts=("kind", "publisher", "published_on", "url"),
    related=(
        Related(
            "citation", "source", ("place", "record", "attribute", "value_stated", "speaks_of", "certainty"),
            title=_("What this source says"), sort="place",
        ),
    ),
    dated=(Dated("published", "published_on"),),
    as_of=AsOf("published_on"),
    in_menu=True,
)  # fmt: skip

CITATION = Kind(
    name="citation",
    plural="citations",
    model=Citation,
    fields=(
        "source", "record", "attribute", "value_stated", "value", "unit", "qualifier", "place", "speaks_of",
        "certainty", "note_ko", "note_en",
    ),
    columns=("record", "attribute", "value_stated", "value", "unit", "certainty", "speaks_of", "source", "place"),
    label=("attribute", "value_stated"),
    order="record",
    orders={"place": IN_PLACE},
    search=("attribute", "value_stated", "value"),
    facts=("record", "attribute", "value_stated", "speaks_of", "certainty", "source"),
    as_of=AsOf("speaks_of"),
)  # fmt: skip

DISAGREEMENT = Kind(
    name="disagreement",
    plural="disagreements",
    model=Disagreement,
    fields=(
        "record", "other_record", "attribute", "kind", "topic_ko", "topic_en", "severity", "origin", "state",
        "adopted", "reason_ko", "reason_en", "decided_by", "decided_on",
    ),
    columns=("topic", "record", "kind", "severity", "state", "adopted"),
    label=("topic",),
    order="severity",
    orders={"severity": BY_WEIGHT},
    search=("topic_ko", "topic_en", "adopted"),
    facts=("record", "kind", "severity", "state", "adopted", "decided_by"),
    page="records.truth_pages.disagreement_page",
)  # fmt: skip

RELATION = Kind(
    name="relation",
    plural="relations",
    model=Relation,
    fields=("record", "kind", "other"),
    columns=("record", "kind", "other"),
    label=("record", "kind", "other"),
    order="record",
    facts=("record", "kind", "other"),
)

DOCUMENT = Kind(
    name="document",
    plural="documents",
    model=Document,
    fields=(
        "title_ko", "title_en", "aliases", "record", "kind", "dated_on", "file_name", "content_type", "size", "sha256",
    ),
    columns=("title", "kind", "record", "dated_on", "file_name", "size"),
    label=("title",),
    order="-dated_on",
    search=("title_ko", "title_en", "aliases", "file_name"),
    facts=("record", "kind", "dated_on", "content_type", "size"),
    adds={"size": ()},
    fixed=("file_name", "content_type", "size", "sha256"),
    page="records.document_pages.document_page",
)  # fmt: skip
