from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from records.base import Named, RecordBase, has_a_name, listed_by, public_or_internal
from records.folding import searched_by

from .outbox import OutgoingMail
from .throttle import Attempt
from .tokens import Token

__all__ = ["AccountEvent", "Attempt", "Invitation", "OutgoingMail", "Researcher", "Token", "User"]


class UserQuerySet(models.QuerySet):
    def persons(self):
        """Without the accounts of institutions' machines: nobody signs in with those or gets their mails."""
        return self.filter(is_machine=False)

    def managed_by(self, user):
        """The accounts that this user may see and manage; for everybody else they do not exist."""
        return self.persons().filter(role__in=user.manages if user.is_authenticated else ())

    def called(self, name: str):
        """Who signs in under this user name or e-mail address, in small letters or capitals."""
        is_called = models.Q(username__iexact=name) | models.Q(email__iexact=name)
        return self.persons().filter(is_called) if name else self.none()

    def in_state(self, state: str):
        is_invited = models.Q(is_active=False, invitation__isnull=False)
        asked = {
            User.State.ACTIVE: models.Q(is_active=True),
            User.State.INVITED: is_invited,
            User.State.INACTIVE: models.Q(is_active=False) & ~is_invited,
        }
        return self.filter(asked[state])


class Users(UserManager.from_queryset(UserQuerySet)):
    use_in_migrations = False


class User(AbstractUser):
    """계정. Somebody who may sign in. Which institutions a partner reports for stands in `labs.Membership`.

    The tokens of an institution ask as an account too, its *machine*: a partner that nobody signs in as.
    """

    class Role(models.TextChoices):
        VIEWER = "viewer", _("viewer")
        PARTNER = "partner", _("partner")
        OFFICER = "officer", _("officer")
        ADMINISTRATOR = "administrator", _("administrator")

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        INVITED = "invited", _("invited")
        INACTIVE = "inactive", _("inactive")

    MANAGES = {Role.ADMINISTRATOR: frozenset(Role), Role.OFFICER: frozenset([Role.PARTNER])}

    first_name = last_name = None  # a name is one text: it is not ours to know which part of it is which
    name = models.CharField(_("person's name"), max_length=150, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.VIEWER)
    language = models.CharField(
        _("language"), max_length=2, choices=[("ko", "한국어"), ("en", "English")], default="ko"
    )
    is_machine = models.BooleanField(default=False, editable=False)
    sessions_ended_at = models.DateTimeField(null=True, editable=False)
    seen_at = models.DateTimeField(null=True, editable=False)  # when the first page was looked at last: visits.py
    seen_before_at = models.DateTimeField(null=True, editable=False)  # and on the visit before this one

    objects = Users()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.UniqueConstraint(
                Lower("username"),
                name="account_username_once",
                violation_error_message=_("Another account has this user name."),
            ),
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="account_email_once",
                violation_error_message=_("Another account has this e-mail address."),
            ),
            models.CheckConstraint(
                condition=models.Q(is_machine=False) | models.Q(role="partner", email="", password__startswith="!"),
                name="account_of_a_machine",
                violation_error_message=_("The account of a machine is a partner without address and password."),
            ),
        ]

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    @property
    def shown_name(self) -> str:
        return self.name or self.username

    @property
    def is_officer(self) -> bool:
        return self.role in (self.Role.OFFICER, self.Role.ADMINISTRATOR)

    @property
    def is_administrator(self) -> bool:
        return self.role == self.Role.ADMINISTRATOR

    @property
    def manages(self) -> frozenset[str]:
        """The roles of the accounts that this one may invite and manage."""
        return self.MANAGES.get(self.role, frozenset()) if self.is_active else frozenset()

    @property
    def state(self) -> "User.State":
        if self.is_active:
            return self.State.ACTIVE
        return self.State.INVITED if hasattr(self, "invitation") else self.State.INACTIVE

    def latest_event(self) -> "AccountEvent | None":
        return self.events.order_by("-id").first()

    def _get_session_auth_hash(self, secret=None) -> str:
        """Sessions end with a new password, and when the account is deactivated: they do not come back with it."""
        begun_under = f"{self.password} {self.sessions_ended_at}"
        return salted_hmac("people.User.session", begun_under, secret=secret, algorithm="sha256").hexdigest()


class Invitation(models.Model):
    """초대. A link by mail with which a person takes an account over: once, from this address, until it expires.

    Gone once it is used or withdrawn; what happened stands in the account's log.
    """

    account = models.OneToOneField(User, models.CASCADE, related_name="invitation")
    email = models.EmailField()
    key_hash = models.CharField(max_length=64, unique=True)
    sent_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    def __str__(self):
        return f"{self.email}, {self.expires_at:%Y-%m-%d}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()


class AccountEvent(models.Model):
    """What happened to an account: who did what, when. Only ever added to (a trigger sees to it).

    The actor is kept by id and name, as in the history of records; no id means the command line.
    """

    class What(models.TextChoices):
        INVITED = "invited", _("invited")
        INVITED_AGAIN = "invited_again", _("invited again")
        WITHDRAWN = "withdrawn", _("invitation withdrawn")
        ACCEPTED = "accepted", _("invitation accepted")
        EDITED = "edited", _("changed")
        DEACTIVATED = "deactivated", _("deactivated")
        REACTIVATED = "reactivated", _("reactivated")
        PASSWORD = "password", _("password changed")
        RESET_ASKED = "reset_asked", _("new password asked for by mail")
        RESET = "reset", _("new password set by mail")
        TOKEN_MADE = "token_made", _("access token made")
        TOKEN_REVOKED = "token_revoked", _("access token revoked")

    account = models.ForeignKey(User, models.PROTECT, related_name="events")
    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=200)
    what = models.CharField(max_length=16, choices=What)
    details = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(fields=["account", "-id"], name="account_event_latest")]

    def __str__(self):
        return f"{self.get_what_display()}, {self.actor_name}"


class Researcher(Named, RecordBase):
    """연구자. A person who does research or steers it. Two people may share a name."""

    orcid = models.CharField("ORCID", max_length=19, blank=True)
    researcher_number = models.CharField(_("national researcher number"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("researcher")
        verbose_name_plural = _("researchers")
        indexes = [
            *listed_by("name", "researcher"),
            searched_by("researcher", "name_ko", "name_en", "orcid"),
            models.Index(
                fields=["researcher_number"], name="researcher_number", condition=~models.Q(researcher_number="")
            ),
        ]
        constraints = [
            has_a_name("researcher"),
            public_or_internal("researcher"),
            models.UniqueConstraint(
                fields=["orcid"],
                condition=~models.Q(orcid=""),
                name="researcher_orcid_once",
                violation_error_message=_("Another researcher has this ORCID."),
            ),
            models.CheckConstraint(
                condition=models.Q(orcid="") | models.Q(orcid__regex=r"^\d{4}-\d{4}-\d{4}-\d{3}[\dX]$"),
                name="researcher_orcid_form",
                violation_error_message=_("An ORCID looks like 0000-0002-1825-0097."),
            ),
        ]
