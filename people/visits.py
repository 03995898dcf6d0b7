"""When somebody looked last, so that a page can say what changed since. Written once in a while, not with every request."""

from datetime import datetime, timedelta

from django.utils import timezone

from .models import User

NEW_VISIT = timedelta(minutes=30)  # without a look: who comes then, comes anew
WRITTEN_EVERY = timedelta(minutes=10)


def visit(user: User) -> datetime | None:
    """Until when this user had seen things before this visit; None on the first. At most one write in ten minutes."""
    now = timezone.now()
    if user.seen_at and now - user.seen_at < WRITTEN_EVERY:
        return user.seen_before_at
    is_anew = not user.seen_at or now - user.seen_at >= NEW_VISIT
    before = user.seen_at if is_anew else user.seen_before_at
    User.objects.filter(pk=user.pk, seen_at=user.seen_at).update(seen_at=now, seen_before_at=before)
    return before


def all_seen(user: User) -> None:
    """Everything until now is known."""
    User.objects.filter(pk=user.pk).update(seen_at=timezone.now(), seen_before_at=timezone.now())
