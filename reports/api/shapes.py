"""An update as the API shows it: briefly in lists, with everything by itself."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from django.db.models import F, Prefetch
from django.urls import reverse

from records.kinds import Type, kind_of
from records.labels import labels_of
from records.refusals import Fault
from records.rights import Reader

from ..deciding.now import Now, now_of
from ..models import Attachment, ProjectUpdate, Proposal, ProposedValue, UpdateEvent
from ..writing.draft import Draft
from ..writing.sections import BY_NAME, FILES, MONEY, WORDS, About
from .sent import shown_sections, shown_value

What = UpdateEvent.What
DECIDED = (What.ACCEPTED, What.PARTLY_ACCEPTED, What.RETURNED, What.REOPENED)


def brief(update: ProjectUpdate, reader: Reader) -> dict:
    return {
        "id": update.id,
        "project": update.project_id,
        "institution": update.institution_id,
        "period_starts_on": update.period_starts_on,
        "period_ends_on": update.period_ends_on,
        "state": update.state,
        "version": update.version,
        "round": update.round,
        "values_proposed": update.values_proposed,
        "made_at": update.made_at,
        "saved_at": update.saved_at,
        "saved_by": update.saved_by,
        "submitted_at": update.submitted_at,
        "submitted_by": update.submitted_by.shown_name if update.submitted_by else "",
        "decided_at": update.decided_at,
        "changed_at": update.changed_at,
        "assigned_to": update.assigned_to_id if reader.is_officer else None,
    }


def in_list(updates: Iterable[ProjectUpdate], reader: Reader) -> list[dict]:
    """Each with what was returned of it and why, so that whoever keeps in step need not ask for each."""
    updates = list(updates)
    ids = [update.id for update in updates]
    values = ProposedValue.objects.filter(proposal__update__in=ids, decision=ProposedValue.Decision.RETURNED)
    values = values.filter(proposal__round=F("proposal__update__round")).select_related("proposal").order_by("id")
    returned, said = defaultdict(list), {}
    for value in values:
        one = value.proposal
        returned[one.update_id].append(
            {"section": one.section, "key": one.key, "field": value.field, "note": value.note}
        )
    for event in UpdateEvent.objects.filter(update__in=ids, what__in=DECIDED).order_by("id"):
        said[event.update_id] = event.text
    return [
        brief(update, reader) | {"returned": returned[update.id], "said": said.get(update.id, "")} for update in updates
    ]


def whole(update: ProjectUpdate, reader: Reader, *, minor: bool = False) -> dict:
    """Everything about one: what was typed, what it proposes and what was decided of it, the thread, the files."""
    problems, warnings = _said_of_draft(update, reader)
    return brief(update, reader) | {
        "sections": shown_sections(update, minor=minor),
        "problems": problems,
        "warnings": warnings,
        "proposals": _proposals(update, reader, minor),
        "thread": [_event(event) for event in update.events.order_by("id")],
        "attachments": [shape_file(file) for file in update.attachments.order_by("sent_at", "id")],
    }


def shape_file(file: Attachment) -> dict:
    return {
        "id": file.id,
        "file_name": file.file_name,
        "content_type": file.content_type,
        "size": file.size,
        "sha256": file.sha256,
        "sent_at": file.sent_at,
        "sent_by": file.sent_by,
        "url": reverse("api-updates-file", args=[file.update_id, file.id]),
    }


def _event(event: UpdateEvent) -> dict:
    return {
        "at": event.at,
        "by": event.actor_name,
        "is_officer": event.is_officer,
        "what": event.what,
        "text": event.text,
    }


# ---- what stands in the way of handing it in -----------------------------------------------------------


def _said_of_draft(update: ProjectUpdate, reader: Reader) -> tuple[list[dict], list[str]]:
    """What submitting would refuse, and what should be looked at, while the institution writes."""
    if not update.is_with_partner or not update.content:
        return [], []
    draft = Draft(About.of(update, reader), update.content)
    draft.check()
    problems = [{"pointer": f"#/{place_of(update, fault)}", "detail": fault.message} for fault in draft.faults]
    return problems, draft.warnings


def place_of(update: ProjectUpdate, fault: Fault) -> str:
    """Where in the update, as it is shown and sent, a fault at `section/key/field` is."""
    section, _slash, rest = fault.field.partition("/")
    if section not in BY_NAME:
        return fault.field
    key, _slash, name = rest.partition("/")
    if section == FILES.name:
        return "attachments"
    keys = [row["key"] for row in update.content.get(section, ())]
    row = [] if section == WORDS.name else [str(keys.index(key))] if key in keys else []
    return "/".join(filter(None, ["sections", section, *row, name]))


# ---- what it proposes ----------------------------------------------------------------------------------


def _proposals(update: ProjectUpdate, reader: Reader, minor: bool) -> list[dict]:
    """Those of the last submission."""
    values = Prefetch("values", ProposedValue.objects.order_by("id"))
    proposals = list(update.proposals.filter(round=update.round).order_by("id").prefetch_related(values))
    if not proposals:
        return []
    now = now_of(update, proposals, reader)
    seen = _seen(proposals, now, reader)
    return [
        {
            "section": one.section,
            "key": one.key,
            "kind": one.kind,
            "record": one.record_id,
            "values": [_value(one, value, now[value.id], seen, reader, minor) for value in one.values.all()],
        }
        for one in proposals
    ]


def _seen(proposals: Iterable[Proposal], now: Mapping[int, Now], reader: Reader) -> set:
    """Which of the records that are changed, or named by what stands there now, the reader may see."""
    by_kind: dict[str, set] = defaultdict(set)
    for one in proposals:
        if one.record_id:
            by_kind["funding_line" if one.section == MONEY.name else one.kind].add(one.record_id)
        for value in one.values.all():
            if (target := _target(one, value)) and now[value.id].value:
                by_kind[target].add(now[value.id].value)
    return {str(id) for id in labels_of(by_kind, set(), reader)}


def _target(one: Proposal, value: ProposedValue) -> str:
    """The kind of record that a value names; "" where it names none."""
    declared = BY_NAME[one.section].field(value.field)
    return kind_of(declared.target).name if declared.type is Type.REF else ""


def _value(one: Proposal, value: ProposedValue, now: Now, seen: set, reader: Reader, minor: bool) -> dict:
    is_money = one.section == MONEY.name
    currency = now.row.currency if is_money and now.row is not None else ""
    is_seen = str(one.record_id) in seen and (not _target(one, value) or str(now.value) in seen)

    def shown(what):
        return shown_value(one.section, value.field, what, currency, minor)

    return {
        "id": value.id,
        "field": value.field,
        "value": shown(value.value),
        "to_date": value.value["to_date"] if is_money else None,
        "currency": currency or None,
        "was": shown(value.was),
        "now": shown(now.value) if is_seen else None,
        "seen": now.token if reader.is_officer else None,
        "decision": value.decision or None,
        "note": value.note,
        "decided_at": value.decided_at,
        "decided_by": value.decided_by,
        "written": value.written_id,
        "change": value.change_id if reader.is_officer else None,
    }
