"""Who is to act on a dated fact: the institutions that lead or have signed, and the people who answer for it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from records.labels import Label, labels_of
from records.rights import Reader
from records.timelines.acting import Acting
from records.timelines.asking import Entry

from .models import Participation, Role

BY_WEIGHT = ("lead", "organiser", "host", "party", "joint", "overseer")  # the first of these that are there
LEADERS = ("director", "pi", "subproject_lead", "co_director", "co_pi")


def acting(entries: Sequence[Entry], places: Mapping[UUID, UUID], reader: Reader) -> dict[UUID, Acting]:
    """The weightiest institutions, then the first who lead: of the record, else of what it stands under."""
    scopes = {entry.record for entry in entries} | set(places.values())
    institutions = _first(Participation, "institution", BY_WEIGHT, scopes, reader)
    people = _first(Role, "researcher", LEADERS, scopes, reader)
    labels = labels_of(
        {"institution": set().union(*institutions.values()), "researcher": set().union(*people.values())},
        set(),
        reader,
    )
    found = {}
    for entry in entries:
        who: list[Label] = []
        for of in (institutions, people):
            ids = of.get(entry.record) or of.get(places.get(entry.record), ())
            who += [labels[id] for id in ids if id in labels][: 1 if of is people else None]
        found[entry.part] = Acting(tuple(who))
    return found


def _first(model, name: str, parts: Sequence[str], scopes: set[UUID], reader: Reader) -> dict[UUID, list[UUID]]:
    """By scope who has the weightiest part that anybody has."""
    rows = model.objects.visible_to(reader).filter(scope__in=scopes, part__in=parts).order_by("id")
    by_scope = defaultdict(lambda: defaultdict(list))
    for scope, part, id in rows.values_list("scope", "part", f"{name}_id"):
        by_scope[scope][part].append(id)
    return {
        scope: list(dict.fromkeys(next(of[part] for part in parts if part in of))) for scope, of in by_scope.items()
    }
