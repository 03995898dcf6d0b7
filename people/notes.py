"""What lower floors have to tell an account by mail: `settings` names these functions, as `records` knows no accounts."""

from django.conf import settings
from django.urls import reverse
from django.utils import translation

from .mail import post
from .models import User


def webhook_ended(owner_id: int, hook) -> None:
    """To its owner, if mails reach them. A machine of an institution has no address: its system sees it by API."""
    owner = User.objects.persons().filter(pk=owner_id, is_active=True).exclude(email="").first()
    if owner:
        with translation.override(owner.language):
            link = settings.SITE_URL + reverse("webhook", args=[hook.id])
        post("webhook_ended", owner, hook=hook, link=link)
