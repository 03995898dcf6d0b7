from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from records.base import Named, RecordBase, has_a_name, listed_by, public_or_internal


class User(AbstractUser):
    """계정. Somebody who may sign in. Which institutions a partner reports for stands in `labs.Membership`."""

    class Role(models.TextChoices):
        VIEWER = "viewer", _("viewer")
        PARTNER = "partner", _("partner")
        OFFICER = "officer", _("officer")
        ADMINISTRATOR = "administrator", _("administrator")

    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.VIEWER)
    language = models.CharField(
        _("language"), max_length=2, choices=[("ko", "한국어"), ("en", "English")], default="ko"
    )

    @property
    def is_officer(self) -> bool:
        return self.role in (self.Role.OFFICER, self.Role.ADMINISTRATOR)


class Researcher(Named, RecordBase):
    """연구자. A person who does research or steers it. Two people may share a name."""

    orcid = models.CharField("ORCID", max_length=19, blank=True)
    researcher_number = models.CharField(_("national researcher number"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("researcher")
        verbose_name_plural = _("researchers")
        indexes = [
            *listed_by("name", "researcher"),
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
