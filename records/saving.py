"""Saving, changing and deleting views: each one's own. A view that moved meanwhile is `Stale`, with the view as it is."""

from contextlib import contextmanager
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.http import Http404, QueryDict
from django.utils.translation import gettext as _

from . import lists
from .asking import BadQuery, not_allowed
from .cells import can_be_stored
from .commands import Author
from .kinds import Kind, kinds
from .problem_codes import coded
from .refusals import Fault, Moved, NotAllowed, Refused, Stale
from .rights import Reader
from .saved import SavedView, Sharing, to_save

LONGEST_NAME = 200
MOST_VIEWS = 500  # of one person; a list names them all


def can_save(reader: Reader) -> bool:
    return reader.user_id is not None


def save_view(kind: Kind, name: str, query: str, sharing: str = Sharing.PRIVATE, *, by: Author) -> SavedView:
    """Raises NotAllowed or Refused."""
    if not can_save(by.reader):
        raise NotAllowed(_("Log in to save views."))
    values = _read(kind, {"name": name, "query": query, "sharing": sharing}, by.reader)
    if SavedView.objects.own(by.reader).count() >= MOST_VIEWS:
        raise Refused(_("One person keeps %d views at most. Delete some first.") % MOST_VIEWS)
    view = SavedView(kind=kind.name, owner_id=by.reader.user_id, owner_name=by.name, **values)
    with _named_once(view):
        view.save(force_insert=True)
    return view


def change_view(id: UUID, values: dict, *, version: int, by: Author) -> SavedView:
    """Any of name, query, sharing. Raises Http404, NotAllowed, Stale or Refused."""
    with transaction.atomic():
        view = _own(id, version, by.reader)
        for name, value in _read(kinds()[view.kind], values, by.reader).items():
            setattr(view, name, value)
        view.version, view.updated_at, view.owner_name = F("version") + 1, Now(), by.name
        with _named_once(view):
            view.save(force_update=True)
    view.refresh_from_db()
    return view


def delete_view(id: UUID, *, version: int, by: Author) -> None:
    """Raises Http404, NotAllowed or Stale."""
    with transaction.atomic():
        _own(id, version, by.reader).delete()


def _own(id: UUID, version: int, reader: Reader) -> SavedView:
    view = SavedView.objects.visible_to(reader).select_for_update().filter(id=id).first()
    if view is None:
        raise Http404
    if not view.is_of(reader):
        raise NotAllowed(_("Only its owner changes a view. Save one of your own instead."))
    if view.version != version:
        raise Stale([Moved(view.id, version, view)])
    return view


def _read(kind: Kind, values: dict, reader: Reader) -> dict:
    """The values as a view holds them. Everything that is wrong is said at once."""
    faults, found = [], {}
    if "name" in values:
        found["name"] = " ".join(str(values["name"]).split())
        if not found["name"] or not can_be_stored(found["name"]):
            faults.append(Fault("name", coded("required", _("Give the view a name."))))
        elif len(found["name"]) > LONGEST_NAME:
            faults.append(Fault("name", coded("too_long", _("Longer than %d characters.") % LONGEST_NAME)))
    if "sharing" in values:
        found["sharing"] = values["sharing"]
        if values["sharing"] not in Sharing.values:
            faults.append(Fault("sharing", not_allowed("sharing", str(values["sharing"]), Sharing.values)))
    if "query" in values:
        try:
            found["query"] = to_save(QueryDict(str(values["query"]).removeprefix("?")))
            lists.read(kind, QueryDict(found["query"]), reader)
        except BadQuery as bad:
            faults += [Fault("query", problem.message) for problem in bad.problems]
    if faults:
        raise Refused(faults)
    return found


@contextmanager
def _named_once(view: SavedView):
    """Inside, a name that the owner has given already is refused at its field."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        text = _("You have a view “%s” of this list already.") % view.name
        raise Refused([Fault("name", text)]) from error
