"""Deciding: every accepted value is written by the officers' own commands, in one transaction with the decision itself."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from funding.models import FundingLine
from records import commands
from records.cells import write as write_cell
from records.commands import Author, again_after_deadlock
from records.declared import CITATION, SOURCE
from records.kinds import Type, kinds
from records.labels import labels_of
from records.models import Source
from records.problem_codes import coded
from records.refusals import Fault, Moved, Refused, Stale
from records.steps import Create, Edit, Step, new_id

from ..deciding.now import now_of
from ..models import ProjectUpdate, Proposal, ProposedValue, Telling, UpdateEvent
from ..models.updates import WITH_OFFICERS, State
from ..rules import require_can_decide
from ..telling.notices import tell
from ..telling.recipients import officers_of, reporters_of
from ..thread import note
from ..titles import title_of
from ..writing.ledger import entry_for, to_date
from ..writing.rows import Proposed, from_json, one_day
from ..writing.sections import BY_NAME, MONEY, About, steps_of
from .steps import become, held, must_be, needs_text

Decision = ProposedValue.Decision


@dataclass(frozen=True)
class Answer:
    """What an officer says of one proposed value. `seen`: the token of what the registry held when they looked (now.py)."""

    is_accepted: bool
    note: str = ""
    seen: str | None = None


@dataclass
class _Placed:
    """The steps that a proposal comes to, from the `first` one of the change on, and which of them writes which field."""

    proposal: Proposal
    writes: dict[str, Step | None]
    steps: list[Step]
    first: int

    def holds(self, step: int) -> bool:
        return self.first <= step < self.first + len(self.steps)

    def place_of(self, name: str) -> int | None:
        """Of the step that writes this field, among all; None where nothing is to be written."""
        step = self.writes[name]
        return None if step is None else self.first + next(n for n, one in enumerate(self.steps) if one is step)


@again_after_deadlock
@transaction.atomic
def decide(
    id: UUID, answers: Mapping[int, Answer], *, version: int | None, by: Author, text: str = ""
) -> ProjectUpdate:
    """Accept or return each value (by its id) of a submitted update. Of two who decide at once one does; the other is Stale.

    Raises Refused where a value is left out, where one is returned without a word of why, or where the registry refuses
    what would be written: then nothing was done. Stale also where a record is no longer as it was `seen`.
    """
    require_can_decide(by.reader)
    update = held(id, by.reader, version)
    must_be(update, WITH_OFFICERS)
    proposals = list(update.proposals.filter(round=update.round).order_by("id").prefetch_related("values"))
    values = {value.id: value for one in proposals for value in one.values.all()}
    _must_answer(values, answers, text)
    lines = _hold_lines(proposals)
    _must_be_there(proposals, answers)
    _must_be_as_seen(update, proposals, values, answers, by)
    accepted = {id for id, answer in answers.items() if answer.is_accepted}
    done = _write(update, proposals, accepted, lines, by, text) if accepted else None
    _note_decisions(values, answers, done, by)
    state = _state_after(update, answers)
    become(update, state, decided_at=timezone.now(), content=_without(update.content, proposals, accepted, done))
    note(
        update, UpdateEvent.What(state), by, text.strip(), round=update.round, accepted=len(accepted),
        returned=len(answers) - len(accepted), change=done and done.change,
    )  # fmt: skip
    tell(Telling.DECIDED, to=reporters_of(update) | officers_of(update), by=by, update=update, text=text.strip())
    return update


@transaction.atomic
def reopen(id: UUID, reason: str, *, version: int | None, by: Author) -> ProjectUpdate:
    """A decided period is open again for the institution, for a reason. What was accepted stays until something else is."""
    require_can_decide(by.reader)
    update = held(id, by.reader, version)
    must_be(update, [State.ACCEPTED, State.PARTLY_ACCEPTED])
    reason = needs_text(reason, _("Say why the report is opened again."))
    become(update, State.RETURNED)
    note(update, UpdateEvent.What.REOPENED, by, reason)
    tell(Telling.REOPENED, to=reporters_of(update) | officers_of(update), by=by, update=update, text=reason)
    return update


# ---- what is asked before -------------------------------------------------------------------------------


def _must_answer(values: Mapping[int, ProposedValue], answers: Mapping[int, Answer], text: str) -> None:
    faults = [
        Fault(str(id), coded("no_such_record", _("There is no such value in this report.")))
        for id in answers
        if id not in values
    ]
    for id in values:
        if id not in answers:
            faults.append(Fault(str(id), coded("required", _("Accept or return this value."))))
        elif not answers[id].is_accepted and not (answers[id].note.strip() or text.strip()):
            faults.append(
                Fault(
                    str(id),
                    coded("reason_required", _("Say why this value is returned, here or for the whole report.")),
                )
            )
    if faults:
        raise Refused(faults)


def _must_be_there(proposals: Iterable[Proposal], answers: Mapping[int, Answer]) -> None:
    """What was retired, merged or deleted since the partner wrote takes no value any more; all of it is said at once."""
    faults = []
    for one in proposals:
        accepted = [value.field for value in one.values.all() if answers[value.id].is_accepted]
        model = FundingLine if one.section == MONEY.name else kinds()[one.kind].model
        if accepted and one.record_id and not model.objects.filter(id=one.record_id, is_retired=False).exists():
            sentence = _(
                "The registry does not have this record any more. Return the value, and say which one is meant."
            )
            faults += [Fault(f"{one.section}/{one.key}/{name}", sentence) for name in accepted]
    if faults:
        raise Refused(faults)


def _hold_lines(proposals: Iterable[Proposal]) -> dict[UUID, FundingLine]:
    """The lines that money would be posted on, locked: nobody posts on them until this is done."""
    ids = [one.record_id for one in proposals if one.section == MONEY.name]
    lines = (
        FundingLine.objects.filter(id__in=ids).order_by("id").select_for_update(no_key=True, of=("self",))
        if ids
        else ()
    )
    return {line.id: line for line in lines}


def _must_be_as_seen(update, proposals, values, answers, by: Author) -> None:
    """What is accepted is decided upon what the officer saw of the registry."""
    accepted = [id for id, answer in answers.items() if answer.is_accepted and answer.seen is not None]
    if not accepted:
        return
    now = now_of(update, proposals, by.reader)
    record_of = {value.id: one.record_id for one in proposals for value in one.values.all()}
    moved = [
        Moved(record_of[id], 0, now[id].row or update, values[id].proposal_id)
        for id in accepted
        if now[id].token != answers[id].seen
    ]
    if moved:
        raise Stale(moved)


# ---- what is written ------------------------------------------------------------------------------------


@dataclass
class _Written:
    """`records`: by proposal and field the record that holds the value now."""

    change: int | None
    records: dict[tuple[int, str], UUID | None]


def _write(update, proposals, accepted: set[int], lines, by: Author, text: str) -> _Written:
    about = About.of(update, by.reader)
    steps: list[Step] = []
    if update.source_id is None:
        steps.append(_source(update, about))
        update.source_id = steps[0].id
    placed = []
    for one in proposals:
        fields = [value.field for value in one.values.all() if value.id in accepted]
        if fields:
            writes = _money(about, one, accepted, lines) if one.section == MONEY.name else None
            made = [step for step in writes.values() if step] if writes is not None else _steps(about, one, accepted)
            part = _Placed(one, writes or _in_turn(one, fields, made), made, len(steps))
            steps += made
            placed.append(part)
    cited = [step for part in placed for step in _citations(about, part, by)]
    reason = " · ".join(filter(None, [title_of(update), text.strip()]))[:500]
    try:
        done = commands.apply([*steps, *cited], by=replace(by, reason=reason, key=""))
    except Refused as refused:
        raise Refused([_placed_fault(fault, placed) for fault in refused.faults]) from refused
    records = {}
    for part in placed:
        for name in part.writes:
            place = part.place_of(name)
            records[part.proposal.id, name] = None if place is None else done.ids[place]
    return _Written(done.change, records)


def _in_turn(proposal: Proposal, fields: list[str], made: list[Step]) -> dict[str, Step]:
    """Which step writes which field: each its own where a field is a record, else the record's own, which is the last one."""
    if BY_NAME[proposal.section].is_record:
        return dict.fromkeys(fields, made[-1])
    return dict(zip(fields, made, strict=True))


def _proposed(proposal: Proposal, accepted: set[int]) -> Proposed:
    section = BY_NAME[proposal.section]
    values = {
        value.field: from_json(section.field(value.field), value.value)
        for value in proposal.values.all()
        if value.id in accepted
    }
    return Proposed(proposal.section, proposal.key, proposal.kind, proposal.record_id, proposal.record_version, values)


def _steps(about: About, proposal: Proposal, accepted: set[int]) -> list[Step]:
    """Of a record as it is now, whatever it was when the partner wrote: `seen` has said that the officer knows."""
    proposed = _proposed(proposal, accepted)
    if proposed.record:
        proposed.version = (
            kinds()[proposal.kind].model.objects.values_list("version", flat=True).get(id=proposed.record)
        )
    return steps_of(about, proposed)


def _money(
    about: About, proposal: Proposal, accepted: set[int], lines: Mapping[UUID, FundingLine]
) -> dict[str, Step | None]:
    """By field the entry that makes the ledger say what was stated; None where it says so already."""
    line, entries = lines[proposal.record_id], {}
    for value in proposal.values.all():
        if value.id in accepted:
            until = one_day(value.value["to_date"]) or about.until
            known = to_date([line], about.update, until)[line.id, value.field]
            key = f"{about.update.id}/{proposal.round}"
            entries[value.field] = entry_for(line, value.field, value.value["amount"], known, until, key)
    return entries


def _source(update: ProjectUpdate, about: About) -> Create:
    """The report as a source of what it says."""
    ko, en = title_of(update, "ko"), title_of(update, "en")
    values = {
        "title_ko": ko, "title_en": en, "kind": Source.Kind.REPORT,
        "publisher_ko": update.institution.name_ko, "publisher_en": update.institution.name_en,
        "published_on": timezone.localdate(update.submitted_at).isoformat(), "visibility": about.hidden_alone,
    }  # fmt: skip
    return Create(SOURCE, values, id=new_id())


def _citations(about: About, part: _Placed, by: Author) -> Iterable[Create]:
    """Beside each value that is written: that the report says so."""
    section = BY_NAME[part.proposal.section]
    if section.is_its_own_citation:
        return
    for name, step in part.writes.items():
        attribute = "amount" if section is MONEY else name
        stated = _as_text(step, attribute, part, by) if step else ""
        if stated:
            is_ref = step.kind.typed_fields[attribute].type in (Type.REF, Type.RECORD)
            about_it = {"record": _record_of(step), "attribute": attribute, "value_stated": stated}
            values = {
                "source": about.update.source_id, "value": "" if is_ref else stated, "speaks_of": about.until.isoformat(),
                "visibility": max(about.hidden, about.hidden_alone),
            }  # fmt: skip
            yield Create(CITATION, about_it | values)


def _record_of(step: Step) -> UUID:
    if isinstance(step, Edit):
        return step.successor or step.id
    return step.id


def _as_text(step: Step, name: str, part: _Placed, by: Author) -> str:
    """The value as a source states it; "" for what the row takes from another kind, such as a new person's name."""
    declared, value = step.kind.typed_fields.get(name), step.values.get(name)
    if declared is None or value is None:
        return ""
    if declared.type in (Type.REF, Type.RECORD):
        return str(labels_of({}, {value}, by.reader).get(value, ""))
    if declared.type is Type.MONEY:
        return write_cell(
            declared, value, FundingLine.objects.only("currency").get(id=part.proposal.record_id).currency
        )
    return ", ".join(value) if declared.type is Type.LIST else write_cell(declared, value)


def _placed_fault(fault: Fault, placed: Iterable[_Placed]) -> Fault:
    """At the value that it is about: `section/key/field`."""
    for part in placed:
        if part.holds(fault.step):
            return Fault(f"{part.proposal.section}/{part.proposal.key}/{fault.field}", fault.message)
    return Fault("", fault.message)


# ---- what is noted --------------------------------------------------------------------------------------


def _note_decisions(values, answers: Mapping[int, Answer], done: _Written | None, by: Author) -> None:
    now = timezone.now()
    for id, answer in answers.items():
        value = values[id]
        value.decision = Decision.ACCEPTED if answer.is_accepted else Decision.RETURNED
        value.note, value.decided_at = answer.note.strip(), now
        value.decided_by_id, value.decided_by = by.reader.user_id, by.name[:200]
        if answer.is_accepted and done:
            value.written_id, value.change_id = done.records[value.proposal_id, value.field], done.change
    fields = ["decision", "note", "decided_at", "decided_by_id", "decided_by", "written", "change_id"]
    ProposedValue.objects.bulk_update(values.values(), fields)


def _state_after(update: ProjectUpdate, answers: Mapping[int, Answer]) -> str:
    if all(answer.is_accepted for answer in answers.values()):
        return State.ACCEPTED
    ever = ProposedValue.objects.filter(proposal__update=update, decision=Decision.ACCEPTED).exists()
    return State.PARTLY_ACCEPTED if ever else State.RETURNED


def _without(content: dict, proposals: Iterable[Proposal], accepted: set[int], done: _Written | None) -> dict:
    """What is left to the partner: without what was accepted. A new record that was made is one that is there."""
    if done is None:
        return content
    taken = {(one.section, one.key): one for one in proposals if any(v.id in accepted for v in one.values.all())}
    left = {}
    for name, rows in content.items():
        kept = [_row_without(row, taken.get((name, row["key"])), accepted, done) for row in rows]
        kept = [row for row in kept if set(row) - {"key", "version", "to_date"}]
        if kept:
            left[name] = kept
    return left


def _row_without(row: dict, proposal: Proposal | None, accepted: set[int], done: _Written) -> dict:
    if proposal is None:
        return row
    fields = {value.field for value in proposal.values.all() if value.id in accepted}
    left = {name: text for name, text in row.items() if _base(name) not in fields}
    if BY_NAME[proposal.section].is_record:
        record = next(done.records[proposal.id, name] for name in fields)
        version = kinds()[proposal.kind].model.objects.values_list("version", flat=True).get(id=record)
        left |= {"key": str(record), "version": version}
    return left


def _base(name: str) -> str:
    return name.removesuffix("_id").removesuffix("_said")
