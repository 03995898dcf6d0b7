"""What of reports needs whoever looks, for the first page: what waits to be decided, and what came back to an institution."""

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from funding.needs import SHOWN, Item, Need, number_words
from records.lists import COUNTED_TO
from records.moments import address
from records.rights import Reader
from records.showing import text_in_two
from records.templatetags.registry import instant

from .deciding.queue import ME, NOBODY, SOMEBODY, Queue
from .due import needs as due_needs
from .models import ProjectUpdate, UpdateEvent
from .models.updates import State
from .titles import period_words


def needs(request) -> list[Need]:
    """The most pressing first."""
    reader = request.reader
    if reader.is_officer:
        return [to_decide(reader), due_needs.late(reader)]
    return [returned(reader), due_needs.own(reader)] if reader.institutions else []


def to_decide(reader: Reader) -> Need:
    """For officers: how many reports wait, one's own first, then what is nobody's, each from the oldest on."""
    mine, nobodys = Queue(reader, assigned=ME), Queue(reader, assigned=NOBODY)
    rows = mine.page(SHOWN)[0]
    rows += nobodys.page(SHOWN - len(rows))[0] if len(rows) < SHOWN else []
    parts = (
        (pgettext("reports assigned to", "mine"), mine.count(), address("queue", assigned=ME)),
        (pgettext("reports assigned to", "nobody's"), nobodys.count(), address("queue", assigned=NOBODY)),
        (pgettext("reports assigned to", "assigned"), Queue(reader, assigned=SOMEBODY).count(), address("queue", assigned=SOMEBODY)),
    )  # fmt: skip
    return Need(
        "to-decide",
        _("reports to decide"),
        number_words(Queue(reader).count()),
        address("queue"),
        tuple(_item(row, row.institution, instant(row.submitted_at)) for row in rows),
        _("No report waits to be decided."),
        (_("The queue"), address("queue")),
        tuple(part for part in parts if part[1]),
    )


def returned(reader: Reader) -> Need:
    """For partners: what officers returned to their institutions and was not submitted again, the latest first."""
    found = ProjectUpdate.objects.visible_to(reader).filter(state__in=[State.RETURNED, State.PARTLY_ACCEPTED])
    rows = list(found.select_related("project", "institution").order_by("-decided_at", "-id")[:SHOWN])
    why = _latest_words(rows)
    return Need(
        "returned",
        _("returned reports"),
        number_words(_capped(found)),
        address("updates", state=State.RETURNED),
        tuple(_item(row, row.institution, why.get(row.id, "")) for row in rows),
        _("No report of yours was returned."),
        (_("All reports"), address("updates")),
    )


def _latest_words(rows: list[ProjectUpdate]) -> dict:
    """By update what officers wrote when they last returned it."""
    events = UpdateEvent.objects.filter(update__in=rows, is_officer=True).exclude(text="").order_by("id")
    return dict(events.values_list("update", "text"))


def _item(row: ProjectUpdate, institution, more: str) -> Item:
    name = text_in_two(row.project.title_ko, row.project.title_en)
    beneath = [str(institution), period_words(row.period_starts_on, row.period_ends_on), more]
    return Item(
        name.text, address("update", row.id), " · ".join(filter(None, beneath)), row.get_state_display(), name.lang
    )


def _capped(rows: QuerySet) -> int:
    return len(rows.values_list("id")[: COUNTED_TO + 1])
