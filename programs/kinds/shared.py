"""What several kinds of this floor have in common: periods, questions, related rows."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from labs.models import Institution
from people.models import Researcher
from records.base import Record
from records.kinds import Dated, Filter, Related, Type
from records.relations import related_to

from ..models import Participation, Program, Role

PERIOD = (Dated("period", "starts_on", "ends_on"),)
PLANNED = {"status": ("planned",)}
AWAITED = {"status": ("planned", "running", "suspended")}
PLANNED_PERIOD = (Dated("period", "starts_on", "ends_on", planned=PLANNED, open=AWAITED),)


def _taken_part_in(institutions, reader):
    """Ids of the records, and of the programs around them, in which one of these institutions takes part."""
    parts = Participation.objects.visible_to(reader).filter(institution__in=institutions)
    around = parts.filter(scope__kind__in=("program", "project")).values("scope__within")
    return parts.values("scope").union(around, all=True)


BY_INSTITUTION = Filter(
    "institution", _("institution"),
    lambda ids, reader: Q(id__in=Participation.objects.visible_to(reader).filter(institution__in=ids).values("scope")),
    Type.REF, Institution,
)  # fmt: skip

BY_INSTITUTION_WITHIN = Filter(
    "institution", _("institution"),
    lambda ids, reader: Q(id__in=_taken_part_in(ids, reader)),
    Type.REF, Institution,
)  # fmt: skip

BY_RESEARCHER = Filter(
    "researcher", _("researcher"),
    lambda ids, reader: Q(id__in=Role.objects.visible_to(reader).filter(researcher__in=ids).values("scope")),
    Type.REF, Researcher,
)  # fmt: skip

IN_PROGRAM = Filter(
    "program", _("program"),
    lambda ids, reader: Q(id__in=Record.objects.filter(within__in=ids).values("id")) | Q(id__in=related_to(ids, reader)),
    Type.REF, Program,
)  # fmt: skip

WHO = (
    Related("participation", "scope", ("institution", "part", "does", "starts_on", "ends_on"), is_typed=True),
    Related("role", "scope", ("researcher", "part", "title", "starts_on", "ends_on"), is_typed=True),
)
COUNTED = Related("headcount", "scope", ("people", "side", "institution", "number", "counted_on"), is_typed=True)
OBLIGATIONS = Related(
    "obligation", "scope", ("title", "rhythm", "every_months", "starts_on", "ends_on", "days_to_report")
)
GOALS = (
    Related("phase", "scope", ("number", "title", "starts_on", "ends_on", "status"), is_typed=True),
    Related("milestone", "scope", ("title", "due_on", "done_on", "state"), is_typed=True),
)
HAPPENINGS = (
    Related("agreement", "scope", ("title", "kind", "signed_on", "starts_on", "ends_on")),
    Related("committee", "scope", ("name", "kind", "size")),
    Related("event", "scope", ("title", "kind", "starts_on", "place")),
    Related("exchange", "scope", ("researcher", "level", "number", "sender", "receiver", "starts_on", "ends_on")),
    Related("course", "scope", ("title", "kind", "institution", "starts_on", "ends_on")),
    Related("output", "scope", ("title", "kind", "published_on", "venue")),
)
