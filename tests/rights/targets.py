"""What an address with parameters is asked for. A new address finds its place in `TARGETS`, by how it begins."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.utils import timezone

from labs.models import Institution
from programs.models import Project
from records.kinds import Kind, kinds
from reports.models import ProjectUpdate
from reports.models.updates import State

from .routes import Route

NOBODYS = "01902056-2c80-754c-bcfe-c1d827fd7256"  # an id that nothing has


@dataclass(frozen=True)
class Target:
    """`name`, as the table says it; `values` fill the address from left to right, `kind` its `<kind>`.

    `state`: which one it is among several of the same name, which have one row as long as they are answered alike.
    `row`, where there is one: what is asked for, for bodies that say its version. `is_only_read`: others stand for it
    where something is written.
    """

    name: str = "–"
    values: tuple = ()
    kind: str = ""
    state: str = ""
    row: object = None
    is_only_read: bool = False


def targets(route: Route, w) -> Iterator[Target]:
    """What a route is asked for. Raises LookupError where nobody says what fills it."""
    if "<" not in route.address:
        return iter([Target()])
    begins = [start for start in TARGETS if route.address.startswith(start)]
    if not begins:
        raise LookupError(f"Nobody says what fills {route.address}: name its targets in TARGETS, {__name__}.")
    return TARGETS[max(begins, key=len)](w, route)


# ---- records -----------------------------------------------------------------------------------------------


def lists(w, route: Route) -> Iterator[Target]:
    for kind in kinds().values():
        if _is_asked(route, kind):
            yield Target(kind=kind.plural, is_only_read=kind.name not in WRITTEN)


def records(w, route: Route) -> Iterator[Target]:
    for level, made in w.made.items():
        for name, row in made.items():
            kind = kinds()[name]
            if _is_asked(route, kind):
                key = row.slug if kind.has_slug else row.pk
                is_only_read = kind.name not in WRITTEN
                yield Target(level.name.lower(), (key,), kind.plural, row=row, is_only_read=is_only_read)


# All kinds share their pages and their API. Lists and records are asked of every kind by API, all else of a few.
FEW = ("project", "institution", "ledger_entry")
WRITTEN = (*FEW, "document", "disagreement")  # the latter two have views of their own in the API
OF_EVERY_KIND = ("/api/v1/<kind>/", "/api/v1/<kind>/<pk>/")


def _is_asked(route: Route, kind: Kind) -> bool:
    if route.kind:
        return route.kind == kind.plural and (route.address in OF_EVERY_KIND or kind.name in WRITTEN)
    return kind.name in FEW


def of_kind(name: str) -> Callable:
    """Records of one kind that have an address of their own."""

    def found(w, route: Route) -> Iterator[Target]:
        for level, made in w.made.items():
            yield Target(level.name.lower(), (made[name].pk,), row=made[name])

    return found


def compared(w, route: Route) -> Iterator[Target]:
    if len(route.parameters) == 1:
        yield Target("projects", ("projects",))
        return
    for level, made in w.made.items():
        yield Target(f"{level.name.lower()} project", ("projects", made["project"].pk))


def changes(w, route: Route) -> Iterator[Target]:
    for level, change in w.changes.items():
        yield Target(f"{level.name.lower()} project", (change.pk,))


# ---- what belongs to people --------------------------------------------------------------------------------


def jobs(w, route: Route) -> Iterator[Target]:
    for name, job in w.jobs.items():
        yield Target(f"{name}'s", (job.pk,))


def views(w, route: Route) -> Iterator[Target]:
    for sharing, view in w.views.items():
        yield Target(f"partner's, {sharing}", (view.pk,), row=view)


def webhooks(w, route: Route) -> Iterator[Target]:
    for name, hook in w.hooks.items():
        delivery = (hook.deliveries.get().pk,) if "<delivery>" in route.address else ()
        yield Target(f"{name}'s", (hook.pk, *delivery), row=hook)


def calendars(w, route: Route) -> Iterator[Target]:
    for name, (feed, _key) in w.calendars.items():
        yield Target(f"{name}'s", (feed.pk,), row=feed)


def calendar_files(w, route: Route) -> Iterator[Target]:
    """Whoever has the address is answered, by the rights of its owner: one who sees what everybody sees."""
    yield Target("other's", (w.calendars["other"][1],))
    yield Target("nobody's", ("A" * 43,))


def accounts(w, route: Route) -> Iterator[Target]:
    for name, account in w.accounts.items():
        token = (w.tokens["another" if name == "partner" else "partner"].pk,) if "<token>" in route.address else ()
        yield Target(f"{name}'s", (account.pk, *token))


def own_tokens(w, route: Route) -> Iterator[Target]:
    yield Target("partner's", (w.tokens["partner"].pk,))


def mails(w, route: Route) -> Iterator[Target]:
    yield Target("failed", (w.mail.pk,))


def imports(w, route: Route) -> Iterator[Target]:
    yield Target("officer's", (w.sheet.pk,))


def nothing(w, route: Route) -> Iterator[Target]:
    yield Target(values=("nowhere/",))


def published(w, route: Route) -> Iterator[Target]:
    """None is: what lies there is the same for everybody (tests/test_published.py)."""
    yield Target("a day without data", ("1999-01-01", "datapackage.json")[: len(route.parameters)])


def words(w, route: Route) -> Iterator[Target]:
    yield Target("date", ("date",))


TARGETS: dict[str, Callable] = {
    "/api/<rest>": nothing,
    "/api/v1/<kind>/": lists,
    "/api/v1/<kind>/<pk>/": records,
    "/api/v1/changes/<": changes,
    "/api/v1/compare/<pk>/": compared,
    "/api/v1/imports/<pk>/": imports,
    "/api/v1/jobs/<pk>/": jobs,
    "/api/v1/views/<pk>/": views,
    "/calendars/<key>.ics": calendar_files,
    "/data/<day>/": published,
    "/api/v1/webhooks/<pk>/": webhooks,
    "/en/<kind>/": lists,
    "/en/<kind>/<key>/": records,
    "/en/accounts/<pk>/": accounts,
    "/en/accounts/mails/<pk>/": mails,
    "/en/accounts/me/calendars/<id>/": calendars,
    "/en/accounts/me/tokens/<pk>/": own_tokens,
    "/en/accounts/me/webhooks/<id>/": webhooks,
    "/en/changes/<id>/": changes,
    "/en/compare/<kind>/": lists,
    "/en/compare/<kind>/<key>/": records,
    "/en/documents/<key>/": of_kind("document"),
    "/en/duplicates/<kind>/": lists,
    "/en/imports/<id>/": imports,
    "/en/jobs/<id>/": jobs,
    "/en/read/<what>/": words,
    "/en/truth/<key>/": of_kind("disagreement"),
    "/en/views/<id>/": views,
}


# ---- reports -----------------------------------------------------------------------------------------------

# How a report comes to a state, move by move; a trigger lets no other way through.
WAYS = {
    State.DRAFT: (),
    State.SUBMITTED: (State.SUBMITTED,),
    State.IN_REVIEW: (State.SUBMITTED, State.IN_REVIEW),
    State.ACCEPTED: (State.SUBMITTED, State.ACCEPTED),
    State.PARTLY_ACCEPTED: (State.SUBMITTED, State.PARTLY_ACCEPTED),
    State.RETURNED: (State.SUBMITTED, State.RETURNED),
    State.WITHDRAWN: (State.WITHDRAWN,),
}
# States in which everybody may do the same: one of each group is asked for.
GROUPS = {
    "with the partner": (State.DRAFT, State.RETURNED, State.PARTLY_ACCEPTED),
    "with officers": (State.SUBMITTED, State.IN_REVIEW),
    "over": (State.ACCEPTED,),
    "withdrawn": (State.WITHDRAWN,),
}


def make_updates(w) -> dict[str, dict[str, ProjectUpdate]]:
    """A report in each state, by whose it is: the partner's and the other's, both of one project of the partner's."""
    institutions = {"partner": w.gist, "other": w.kaist}
    return {whose: {state: update(w.one, at, state) for state in State} for whose, at in institutions.items()}


def update(of: Project, by: Institution, state: str) -> ProjectUpdate:
    """A report that came to this state by the allowed moves; of a year of its own, as there is one for each period."""
    year = 2000 + list(State).index(state)
    made = ProjectUpdate.objects.create(
        project=of, institution=by, period_starts_on=f"{year}-01-01", period_ends_on=f"{year}-06-30"
    )
    for move in WAYS[state]:
        made.state, made.submitted_at = move, made.submitted_at or timezone.now()
        made.save()
    made.refresh_from_db()
    return made


def updates(w, route: Route) -> Iterator[Target]:
    """Reports of the partner's institution and of the other's on one project, in every state; with a file of each."""
    for whose, by_state in w.updates.items():
        for group, states in GROUPS.items():
            for state in states:
                one = by_state[state]
                file = (w.files[whose][state].pk,) if len(route.parameters) > 1 else ()
                yield Target(f"{whose}'s, {group}", (one.pk, *file), state=str(state), row=one)


def dues(w, route: Route) -> Iterator[Target]:
    for whose, due in w.dues.items():
        yield Target(f"{whose}'s", (due.pk,))


def dated_lists(w, route: Route) -> Iterator[Target]:
    for which in ("late", "ending", "between"):
        yield Target(values=(which,), state=which)


def institution_tokens(w, route: Route) -> Iterator[Target]:
    for whose, at in {"partner": w.gist, "other": w.kaist}.items():
        token = (w.machine_tokens[whose].pk,) if len(route.parameters) > 1 else ()
        yield Target(f"{whose}'s", (at.slug, *token))


TARGETS |= {
    "/api/v1/dues/<pk>/": dues,
    "/api/v1/updates/<pk>/": updates,
    "/en/institutions/<key>/tokens/": institution_tokens,
    "/en/reports/due/<id>/": dues,
    "/en/timelines/<which>/file/": dated_lists,
    "/en/updates/<id>/": updates,
}
