"""The officer's part of the page of an update: what is decided on, what that would do, and what else can be done with it."""

from dataclasses import replace

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from records.base import Change
from records.commands import Author
from records.refusals import Refused, Stale

from ..deciding.effect import Effect, effect_of
from ..deciding.outcome import outcome_of
from ..deciding.queue import officers
from ..deciding.review import Review
from ..models import ProjectUpdate
from ..models.updates import State
from ..rules import can_decide


def part_of_officer(request, update: ProjectUpdate, sent=None, refused: Refused | Stale | None = None) -> dict:
    """What templates/updates/decide.html needs, as `decision`; nothing for others, of what was never submitted, and in the past.

    `sent`: what was chosen and written, which is kept. `refused`: why it was not done.
    """
    if not can_decide(request.reader, update) or not update.round or (request.known_at and sent is None):
        return {}
    found = {
        "is_mine": update.assigned_to_id == request.reader.user_id,
        "may_reopen": update.state in (State.ACCEPTED, State.PARTLY_ACCEPTED),
        "problem": refusal(refused, update) if refused and not update.is_with_officers else "",
    }
    if not update.is_with_officers:
        return {"decision": found | {"outcome": outcome_of(update, request.reader)}}
    review = Review(update, request.reader, sent)
    if isinstance(refused, Refused):
        review.refuse(refused.faults)
    elif refused:
        review.problems.append(refusal(refused, update))
    effect = _effect(request, review)
    shown = {"review": review, "effect": effect, "left": review.warn(effect.faults), "strip": _strip(review, effect)}
    return {"decision": found | shown | {"officers": officers()}}


def _effect(request, review: Review) -> Effect:
    """Of what is accepted; as long as nothing is chosen, of accepting everything."""
    ids = [line.id for line in review.lines] if review.is_untouched else review.accepted
    found = effect_of(review.update, ids, by=Author.of(request, Change.Door.PAGE))
    return replace(found, is_of_all=review.is_untouched)


def _strip(review: Review, effect: Effect) -> list[tuple[str, str, str]]:
    """The facts that one would ask for on the telephone: (what, how much, beneath)."""
    money = next((one for one in effect.sums if one.name == "spent"), effect.sums[0] if effect.sums else None)
    done, moved, new = len(effect.done), len(effect.moved), len(effect.new)
    times = [
        (ngettext("%d milestone done", "%d milestones done", done) % done) if done else "",
        (ngettext("%d date moves", "%d dates move", moved) % moved) if moved else "",
        (ngettext("%d new record", "%d new records", new) % new) if new else "",
    ]
    first, *others = [*filter(None, times), *(one.by for one in effect.done[:1] if one.by)] or ["–"]
    meanwhile = review.moved
    return [
        (_("%s, if accepted") % money.measure, f"{money.before} → {money.after}", money.beneath)
        if money
        else (_("money, if accepted"), "–", ""),
        (_("timeline, if accepted"), first, " · ".join(others)),
        (
            _("changed in the registry meanwhile"),
            str(len(meanwhile)) if meanwhile else "–",
            ", ".join(dict.fromkeys(line.label for line in meanwhile)),
        ),
    ]


def refusal(refused: Refused | Stale, update: ProjectUpdate) -> str:
    """Why it was not done, in one sentence, for where there is no field to put it. `update`: as it is now."""
    if isinstance(refused, Refused):
        return " ".join(fault.message for fault in refused.faults)
    if all(one.id != update.id for one in refused.moved):
        return _(
            "The registry changed meanwhile where it is marked. What you chose is kept: look at it and decide again."
        )
    last = update.events.order_by("-id").first()
    said = {"who": last.actor_name if last else "–", "state": State(update.state).label}
    if update.is_with_officers:
        return _("%(who)s acted on the report meanwhile: it is “%(state)s” now. What you chose is kept: look at it and decide again.") % said  # fmt: skip
    return _("%(who)s acted on the report meanwhile: it is “%(state)s” now. Nothing of yours was written.") % said
