"""What the tests of reports share: a project on which GIST reports, and the two sides of it."""

from datetime import date
from types import SimpleNamespace

from django.contrib.messages import get_messages

from programs.models import Milestone
from records.commands import Author
from reports import commands
from reports.commands import Answer
from reports.deciding.now import now_of
from reports.models import ProjectUpdate

from . import cast

FIRST_HALF = date(2025, 1, 1), date(2025, 6, 30)
SECOND_HALF = date(2025, 7, 1), date(2025, 12, 31)


def reporting_world() -> SimpleNamespace:
    """The small world, with a milestone, a line that GIST receives, and its partner, a stranger and two officers."""
    w = cast.small_world()
    w.milestone = Milestone.objects.create(
        scope_id=w.one.id, title_ko="시제품", title_en="Prototype", planned_on="2025-05", due_on="2025-05"
    )
    w.money = cast.line(w.one, recipient=w.gist, form="cash", name_ko="연구비")
    cast.amount(w.money, 2025, 100_000_000, committed=100_000_000)
    w.partner, w.colleague = cast.user("partner", w.gist), cast.user("partner", w.gist)
    w.stranger, w.viewer = cast.user("partner", w.kaist), cast.user("viewer")
    w.officer, w.other_officer = cast.user("officer"), cast.user("officer")
    return w


def by(user, reason="") -> Author:
    return Author(cast.reader(user), user.username, reason=reason)


def begun(w, period=FIRST_HALF, user=None) -> ProjectUpdate:
    return commands.begin(w.one, w.gist, *period, by=by(user or w.partner))


def typed(w, **sections) -> dict:
    """Something of nearly everything; sections by name take the place of these."""
    content = {
        "narrative": [{"key": "text", "narrative_ko": "시제품을 완성함."}],
        "milestones": [{"key": str(w.milestone.id), "version": w.milestone.version, "done_on": "2025.5.20."}],
        "money": [{"key": str(w.money.id), "received": "1,200만", "spent": "800만"}],
        "outputs": [
            {
                "key": "new-1",
                "kind": "paper",
                "title_en": "A paper",
                "doi": "10.1038/s41586-021-03819-2",
                "published_on": "2025-04",
            }
        ],
    }
    return {name: rows for name, rows in (content | sections).items() if rows}


def written(w, content=None, **more) -> ProjectUpdate:
    update = begun(w, **more)
    return commands.save(update.id, typed(w) if content is None else content, version=update.version, by=by(w.partner))


def submitted(w, content=None, **more) -> ProjectUpdate:
    update = written(w, content, **more)
    return commands.submit(update.id, version=update.version, by=by(w.partner))


def values_of(update) -> dict[str, object]:
    """The values of the last round, by `section.field`."""
    proposals = update.proposals.filter(round=update.round).prefetch_related("values")
    return {f"{one.section}.{value.field}": value for one in proposals for value in one.values.all()}


def answers(update, w, **returned: str) -> dict[int, Answer]:
    """Accept all as it is seen now; return those fields (by their name) with this note."""
    proposals = list(update.proposals.filter(round=update.round).prefetch_related("values"))
    now = now_of(update, proposals, cast.reader(w.officer))
    found = {}
    for one in proposals:
        for value in one.values.all():
            note = returned.get(value.field, "")
            found[value.id] = Answer(not note, note, now[value.id].token)
    return found


def decided(update, w, user=None, **returned: str) -> ProjectUpdate:
    return commands.decide(update.id, answers(update, w, **returned), version=update.version, by=by(user or w.officer))


# ---- pages, in English ------------------------------------------------------------------------------------


def text(response) -> str:
    return response.content.decode()


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def edit(update) -> str:
    return f"/en/updates/{update.id}/edit/"


def page_of(update, language="en") -> str:
    return f"/{language}/updates/{update.id}/"


def sent(update, content, do="save", **more) -> dict:
    """What the form of a page sends for this content."""
    fields = {"do": do, "version": update.version}
    for section, rows in content.items():
        fields[section] = [row["key"] for row in rows]
        for row in rows:
            fields |= {f"{section}-{row['key']}-{name}": value for name, value in row.items() if name != "key"}
    return fields | more
