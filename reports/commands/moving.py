"""An update on its way: submitted, withdrawn, taken up again; taken into review, assigned, spoken about."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import User
from records.commands import Author
from records.problem_codes import coded
from records.refusals import Fault, Refused

from ..models import ProjectUpdate, Proposal, ProposedValue, Telling, UpdateEvent, Watch
from ..models.updates import WITH_OFFICERS, WITH_PARTNER, State
from ..rules import can_decide, require_can_decide, require_can_write
from ..telling.notices import tell
from ..telling.recipients import officers_of, reporters_of
from ..thread import note
from ..writing.draft import Draft
from ..writing.rows import Proposed, to_json
from ..writing.sections import BY_NAME, About
from .steps import become, held, must_be, needs_text

What = UpdateEvent.What


@transaction.atomic
def submit(id: UUID, *, version: int | None, by: Author) -> ProjectUpdate:
    """Hand it in. Raises Refused with everything that is wrong, each at `section/key/field`; then it stays a draft."""
    update = held(id, by.reader, version)
    require_can_write(by.reader, update)
    must_be(update, WITH_PARTNER)
    draft = Draft(About.of(update, by.reader), update.content, is_whole=False)
    proposed = draft.check()
    if draft.faults:
        raise Refused(draft.faults)
    if not proposed:
        raise Refused(
            [Fault("", coded("required", _("The report says nothing yet. Write what was done, or change a value.")))]
        )
    round = update.round + 1
    _keep(update, proposed, round)
    count = sum(len(one.values) for one in proposed)
    is_again = update.state != State.DRAFT
    become(
        update, State.SUBMITTED, round=round, values_proposed=count, submitted_at=timezone.now(),
        submitted_by_id=by.reader.user_id,
    )  # fmt: skip
    note(update, What.SUBMITTED, by, round=round, values=count, again=is_again)
    tell(Telling.SUBMITTED, to=officers_of(update), by=by, update=update)
    return update


def _keep(update: ProjectUpdate, proposed: list[Proposed], round: int) -> None:
    """The proposals of this round, in two statements."""
    rows = Proposal.objects.bulk_create(
        Proposal(
            update=update, round=round, section=one.section, key=one.key, kind=one.kind, record_id=one.record,
            record_version=one.version,
        )
        for one in proposed
    )  # fmt: skip
    values = []
    for row, one in zip(rows, proposed, strict=True):
        section = BY_NAME[one.section]
        for name, value in one.values.items():
            declared = section.field(name)
            was = to_json(declared, one.was.get(name))
            values.append(ProposedValue(proposal=row, field=name, value=to_json(declared, value), was=was))
    ProposedValue.objects.bulk_create(values)


@transaction.atomic
def withdraw(id: UUID, *, version: int | None, by: Author, text: str = "") -> ProjectUpdate:
    """The institution takes its report back; nothing of it is decided."""
    update = held(id, by.reader, version)
    require_can_write(by.reader, update)
    must_be(update, [State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.RETURNED])
    if update.proposals.filter(values__decision=ProposedValue.Decision.ACCEPTED).exists():
        raise Refused(_("Some of this report was accepted already, so it cannot be withdrawn as a whole."))
    become(update, State.WITHDRAWN)
    note(update, What.WITHDRAWN, by, text.strip())
    tell(Telling.SUBMITTED, to=officers_of(update), by=by, update=update, text=text.strip())
    return update


@transaction.atomic
def resume(id: UUID, *, version: int | None, by: Author) -> ProjectUpdate:
    """A report that was withdrawn becomes a draft again, as it was typed."""
    update = held(id, by.reader, version)
    require_can_write(by.reader, update)
    must_be(update, [State.WITHDRAWN])
    same = ProjectUpdate.objects.filter(
        project=update.project_id, institution=update.institution_id, period_starts_on=update.period_starts_on,
        period_ends_on=update.period_ends_on,
    ).exclude(state=State.WITHDRAWN)  # fmt: skip
    if same.exists():
        raise Refused(_("There already is a report of this project and institution for this period."))
    become(update, State.DRAFT)
    note(update, What.RESUMED, by)
    return update


@transaction.atomic
def take(id: UUID, *, version: int | None, by: Author) -> ProjectUpdate:
    """An officer begins to review it, and has it from then on."""
    require_can_decide(by.reader)
    update = held(id, by.reader, version)
    must_be(update, [State.SUBMITTED])
    become(update, State.IN_REVIEW, assigned_to_id=by.reader.user_id)
    note(update, What.TAKEN, by)
    return update


@transaction.atomic
def put_back(id: UUID, *, version: int | None, by: Author) -> ProjectUpdate:
    """Back into the queue, for anybody to take."""
    require_can_decide(by.reader)
    update = held(id, by.reader, version)
    must_be(update, [State.IN_REVIEW])
    become(update, State.SUBMITTED, assigned_to_id=None)
    note(update, What.PUT_BACK, by)
    return update


@transaction.atomic
def assign(id: UUID, to: int | None, *, version: int | None, by: Author) -> ProjectUpdate:
    """Who of the officers decides it; None: nobody in particular."""
    require_can_decide(by.reader)
    update = held(id, by.reader, version)
    must_be(update, WITH_OFFICERS)
    officers = User.objects.filter(role__in=[User.Role.OFFICER, User.Role.ADMINISTRATOR], is_active=True)
    officer = officers.filter(pk=to).first() if to else None
    if to and officer is None:
        raise Refused([Fault("assigned_to", coded("required", _("Choose an officer.")))])
    if update.assigned_to_id != to:
        become(update, assigned_to=officer)
        note(update, What.ASSIGNED, by, to=officer.shown_name if officer else "")
        tell(Telling.SUBMITTED, to=officers_of(update), by=by, update=update)
    return update


@transaction.atomic
def say(id: UUID, text: str, *, by: Author) -> UpdateEvent:
    """A message in the thread, for both sides."""
    update = held(id, by.reader)
    if not can_decide(by.reader, update):
        require_can_write(by.reader, update)
    text = needs_text(text, _("Write a message first."))
    tell(Telling.SAID, to=reporters_of(update) | officers_of(update), by=by, update=update, text=text)
    return note(update, What.SAID, by, text)


@transaction.atomic
def watch(id: UUID, is_watched: bool, *, by: Author) -> None:
    """Be told what happens to it, or no longer."""
    update = held(id, by.reader)
    if is_watched:
        Watch.objects.get_or_create(update=update, user_id=by.reader.user_id)
    else:
        Watch.objects.filter(update=update, user_id=by.reader.user_id).delete()
