"""One mail for all that waits to be told to a person, written together with which notices it tells.

The mail is a row (people/outbox.py) before anything is sent, in the transaction that marks the notices: so none is told
twice and none is lost, and one that is in doubt after a crash is shown and not repeated.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from people.mail import post
from people.models import User
from records.showing import text_in_two
from records.templatetags.registry import when

from ..due.words import days_words
from ..models import Notice, ProjectUpdate, ReportDue, Telling
from ..models.updates import State
from . import ways
from .recipients import people
from .reminders import still_holds

HEADINGS = (
    (Telling.LATE, _("Late reports")),
    (Telling.DUE_SOON, _("Reports due soon")),
    (Telling.DECIDED, _("Decided")),
    (Telling.REOPENED, _("Reopened")),
    (Telling.SUBMITTED, _("Handed in")),
    (Telling.SAID, _("Said")),
)
DECIDED = {
    State.ACCEPTED: pgettext_lazy("report", "accepted"),
    State.PARTLY_ACCEPTED: pgettext_lazy("report", "partly accepted"),
    State.RETURNED: pgettext_lazy("report", "returned"),
}
MOST = 100  # lines of a mail; what there is more stands on the page of notices


@dataclass(frozen=True)
class Line:
    """One notice in words. `beneath`: whose and of which period; `said`: what a person wrote."""

    text: str
    beneath: str
    said: str
    path: str

    @property
    def link(self) -> str:
        return ways.absolute(self.path)


def send_digests() -> int:
    """Write a mail to each person for whom notices wait. Returns how many."""
    waiting = Notice.objects.filter(waits=True).order_by().values_list("person_id", flat=True).distinct()
    return sum(_digest(person) for person in sorted(waiting))


@transaction.atomic
def _digest(person: int) -> bool:
    """The person's account is held meanwhile: who comes second finds nothing that waits."""
    account = User.objects.select_for_update(skip_locked=True, no_key=True).filter(pk=person).first()
    if account is None:
        return False
    notices = list(Notice.objects.filter(person=person, waits=True).select_for_update().order_by("id"))
    mail, told = None, []
    if account.email and people(User.objects.filter(pk=person)).exists():
        told = _true(notices)
    if told:
        with translation.override(account.language):
            mail = post(
                "digest",
                account,
                groups=groups_of(told[:MOST]),
                more=max(0, len(told) - MOST),
                all_link=ways.absolute(ways.notices_url()),
                count=len(told),
            )
    Notice.objects.filter(pk__in=[one.pk for one in notices]).update(waits=False)
    Notice.objects.filter(pk__in=[one.pk for one in told]).update(mail=mail)
    return mail is not None


def _true(notices: list[Notice]) -> list[Notice]:
    """Without the reminders of what was reported, put off or taken back meanwhile."""
    reminded = {one.due_id for one in notices if one.days is not None}
    still_open = dict(ReportDue.objects.open().filter(id__in=reminded).values_list("id", "due_on"))
    return [one for one in notices if still_holds(one, still_open)]


def groups_of(notices: Iterable[Notice]) -> list[tuple[str, list[Line]]]:
    """The notices by what they tell, the most pressing first, in the language of now."""
    lines = lines_of(list(notices))
    by_kind: dict[str, list[Line]] = {}
    for notice, line in lines:
        by_kind.setdefault(notice.kind, []).append(line)
    return [(str(label), by_kind[kind]) for kind, label in HEADINGS if kind in by_kind]


def lines_of(notices: list[Notice]) -> list[tuple[Notice, Line]]:
    """Each notice in words; what is due no more, and has left no name, is left out."""
    dues = ReportDue.objects.select_related("project", "institution", "program").in_bulk(
        {n.due_id for n in notices} - {None}
    )
    updates = {n.update_id for n in notices} - {None}
    found = ProjectUpdate.objects.select_related("project", "institution").in_bulk(updates)
    return [
        (notice, _line(notice, dues.get(notice.due_id), found.get(notice.update_id)))
        for notice in notices
        if notice.due_id in dues or notice.update_id in found
    ]


def _line(notice: Notice, due: ReportDue | None, update) -> Line:
    about = update or due
    project = text_in_two(about.project.title_ko, about.project.title_en).text
    institution = text_in_two(about.institution.name_ko, about.institution.name_en).text
    period = f"{when(about.period_starts_on)} – {when(about.period_ends_on)}"
    words, path = _words(notice, due), ways.dues_url(program=due.program.slug) if due else ways.dues_url()
    if update:
        path = ways.update_url(update.pk) or path
    return Line(f"{project}: {words}", f"{institution} · {period}", str(notice.details.get("text", "")), path)


def _words(notice: Notice, due: ReportDue | None) -> str:
    if due and notice.kind in (Telling.LATE, Telling.DUE_SOON):
        return f"{days_words(due.days_left())} ({when(due.due_on)})"
    by, state = notice.details.get("by", ""), notice.details.get("state", "")
    words = str(DECIDED.get(state, "") if notice.kind == Telling.DECIDED else "") or notice.get_kind_display()
    if state == State.WITHDRAWN:
        words = State.WITHDRAWN.label
    return f"{words} ({by})" if by else words
