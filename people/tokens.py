"""Access tokens: how a dashboard or a script asks the API in the name of an account."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .keys import hashed

BEGINS = "reg_"  # by which people and secret scanners know one of ours
PREFIX = len(BEGINS) + 6


class BadToken(ValueError):
    """Carries the sentence for whoever sent the token."""


class TokenQuerySet(models.QuerySet):
    def live(self):
        """Those that open something today."""
        is_in_time = models.Q(expires_on=None) | models.Q(expires_on__gte=timezone.localdate())
        return self.filter(is_in_time, revoked_at=None)


class Token(models.Model):
    """접근 토큰. Asks the API as its owner, a person or an institution's machine, until it expires or is revoked.

    The key is shown once; stored are its hash, and its first characters so that people can tell tokens apart.
    """

    class Scope(models.TextChoices):
        READ = "read", gettext_lazy("read only")
        REPORT = "report", gettext_lazy("read, and send reports")
        WRITE = "write", gettext_lazy("read and write")

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="tokens")
    name = models.CharField(gettext_lazy("name of the token"), max_length=100)
    scope = models.CharField(gettext_lazy("access"), max_length=8, choices=Scope, default=Scope.READ)
    prefix = models.CharField(max_length=16)
    key_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.CharField(max_length=200, blank=True)  # who, by name; the account's log has the rest
    expires_on = models.DateField(gettext_lazy("last day"), null=True, blank=True)
    last_used_on = models.DateField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TokenQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "name"],
                condition=models.Q(revoked_at=None),
                name="token_name_once",
                violation_error_message=gettext_lazy("There is a token of this name already. Choose another name."),
            )
        ]

    def __str__(self):
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_expired(self) -> bool:
        return self.expires_on is not None and self.expires_on < timezone.localdate()

    @property
    def state(self) -> str:
        return "revoked" if self.revoked_at else "expired" if self.is_expired else "active"

    def may_write_at(self, path: str) -> bool:
        return path.startswith(MAY_WRITE[self.scope])


FILES = ("/api/v1/exports/",)  # a job that writes a file for who asks changes nothing
MAY_WRITE = {  # under which addresses
    Token.Scope.READ: FILES,
    Token.Scope.REPORT: ("/api/v1/updates/", "/api/v1/dues/", "/api/v1/webhooks/", *FILES),
    Token.Scope.WRITE: ("/api/",),
}


def token_of(key: str) -> Token:
    """The live token with this key, its use noted, once a day. Raises BadToken."""
    token = Token.objects.select_related("owner").filter(key_hash=hashed(key)).first()
    if token is None:
        raise BadToken(_("There is no such access token."))
    if token.revoked_at or not token.owner.is_active:
        raise BadToken(_("This access token was revoked."))
    if token.is_expired:
        raise BadToken(_("This access token has expired."))
    today = timezone.localdate()
    if token.last_used_on != today:
        Token.objects.filter(pk=token.pk).update(last_used_on=today)
    return token
