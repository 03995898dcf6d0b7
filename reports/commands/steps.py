"""The steps that the commands of updates share: hold the update, ask its state, save it."""

from collections.abc import Iterable
from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _

from records.commands import Author
from records.refusals import Moved, Refused, Stale
from records.rights import Reader

from ..models import ProjectUpdate
from ..models.updates import State


def held(id: UUID, reader: Reader, version: int | None = None) -> ProjectUpdate:
    """The update, locked, as the reader may see it. Raises Http404, and Stale where it has another version by now."""
    rows = ProjectUpdate.objects.visible_to(reader).select_related("project", "institution")
    update = rows.select_for_update(of=("self",)).filter(id=id).first()
    if update is None:
        raise Http404
    if version is not None and update.version != version:
        raise Stale([Moved(update.id, version, update)])
    return update


def must_be(update: ProjectUpdate, states: Iterable[str]) -> None:
    """Raises Refused, with the state as it is, where it is none of these."""
    if update.state not in states:
        state = State(update.state).label
        raise Refused(_("The report is “%s” now; this cannot be done with it any more.") % state)


def become(update: ProjectUpdate, state: str | None = None, **values) -> None:
    """Write it: one version more."""
    update.state = state or update.state
    update.version += 1
    for name, value in values.items():
        setattr(update, name, value)
    update.save()


def needs_text(text: str, sentence: str) -> str:
    from records.refusals import Fault

    if not text.strip():
        raise Refused([Fault("text", sentence)])
    return text.strip()


def told(by: Author) -> str:
    return by.name[:200]
