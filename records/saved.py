"""Saved views: a list's question under a name, so that it is asked again by one click or by `view=<id>`.

A view holds the filters, words, columns and order of a list, not the moment at which it is looked at. Whoever opens it
sees by their own rights. A parameter that stands beside `view=` takes the place of the view's parameter of that name
(empty: it is not asked), all others narrow further.
"""

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from .ids import NewId
from .kinds import kinds
from .rights import Reader

NOT_SAVED = (  # which page of it, how it looks, as what file, at which moment
    "view", "cursor", "limit", "at", "of", "unit", "earlier", "later", "as", "bom", "as_of", "known_at", "money", "lang", "format",
)  # fmt: skip


class Sharing(models.TextChoices):
    PRIVATE = "private", _("only I")
    SHARED = "shared", _("everybody who is signed in")
    PUBLIC = "public", _("everybody who has the address")


class SavedViewQuerySet(models.QuerySet):
    def own(self, reader: Reader):
        return self.filter(owner_id=reader.user_id) if reader.user_id is not None else self.none()

    def visible_to(self, reader: Reader):
        """One's own, what is shared with those who are signed in, and what is public."""
        seen = Q(sharing=Sharing.PUBLIC)
        if reader.is_signed_in:
            seen |= Q(sharing=Sharing.SHARED)
        if reader.user_id is not None:
            seen |= Q(owner_id=reader.user_id)
        return self.filter(seen)

    def offered_to(self, reader: Reader):
        """Those that a list names. Of others' views the public ones are found by their address alone."""
        if not reader.is_signed_in:
            return self.none()
        return self.filter(Q(owner_id=reader.user_id) | Q(sharing=Sharing.SHARED)).order_by("name", "id")


class SavedView(models.Model):
    """보기. A named question to the list of one kind: filters, words, columns, order.

    The owner is kept by id and name without a foreign key, as in Job.
    """

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    kind = models.CharField(max_length=32)
    name = models.CharField(_("name"), max_length=200)
    query = models.TextField(blank=True)
    sharing = models.CharField(_("who may open it"), max_length=16, choices=Sharing, default=Sharing.PRIVATE)
    owner_id = models.BigIntegerField()
    owner_name = models.CharField(max_length=200)
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(db_default=Now())

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        verbose_name = _("view")
        verbose_name_plural = _("views")
        indexes = [models.Index(fields=["kind", "name", "id"], name="savedview_of_kind")]
        constraints = [
            models.UniqueConstraint(
                fields=["owner_id", "kind", "name"],
                name="savedview_once_per_owner",
                violation_error_message=_("One owner has two views of this name in one list."),
            ),
            models.CheckConstraint(
                condition=Q(sharing__in=Sharing.values),
                name="savedview_sharing",
                violation_error_message=_("A view cannot be shared this way."),
            ),
        ]

    def __str__(self):
        return self.name

    @property
    def plural(self) -> str:
        """Its list, as addresses name it."""
        return kinds()[self.kind].plural

    def is_of(self, reader: Reader) -> bool:
        return reader.user_id is not None and self.owner_id == reader.user_id

    def with_explicit(self, params) -> QueryDict:
        """What is asked with this view and these parameters of the address."""
        asked = QueryDict(self.query, mutable=True)
        for name in params:
            if name != "view":
                asked.setlist(name, params.getlist(name))
        return asked


def to_save(params) -> str:
    """Of what a list is asked, what a view keeps."""
    kept = QueryDict(mutable=True)
    for name in params:
        if name not in NOT_SAVED and (values := [value for value in params.getlist(name) if value]):
            kept.setlist(name, values)
    return kept.urlencode()


def find_view(key: str, reader: Reader) -> SavedView | None:
    """The view with this id that exists for the reader."""
    try:
        return SavedView.objects.visible_to(reader).filter(id=UUID(key)).first()
    except ValueError:
        return None
