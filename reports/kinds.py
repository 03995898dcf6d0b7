"""How obligations are shown and taken."""

from programs.kinds import IN_PROGRAM
from records.kinds import AsOf, Dated, Kind

from .models import Obligation

OBLIGATION = Kind(
    name="obligation",
    plural="obligations",
    model=Obligation,
    fields=(
        "title_ko", "title_en", "aliases", "scope", "project", "institution", "parts", "rhythm", "every_months", "milestone",
        "starts_on", "ends_on", "days_to_report", "asks_ko", "asks_en",
    ),
    columns=("title", "scope", "rhythm", "every_months", "starts_on", "ends_on", "days_to_report"),
    label=("title",),
    order="title",
    search=("title_ko", "title_en", "aliases"),
    filters=(IN_PROGRAM,),
    facts=("scope", "rhythm", "every_months", "starts_on", "ends_on", "days_to_report"),
    dated=(Dated("period", "starts_on", "ends_on"),),
    owners=("scope", "project", "institution"),
    as_of=AsOf("starts_on", "ends_on"),
)  # fmt: skip
