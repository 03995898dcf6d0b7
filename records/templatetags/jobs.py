"""What the top bar says of jobs: one query, for signed-in readers."""

from django import template
from django.db.models import Count, Q

from records.jobs import LIVE, Job

register = template.Library()


@register.inclusion_tag("parts/jobs_note.html")
def jobs_note(user) -> dict:
    """How many of mine are at work, and how many ended without my having looked."""
    is_live = Q(state__in=LIVE)
    return Job.objects.unseen_by(user.pk).aggregate(
        live=Count("id", filter=is_live), ended=Count("id", filter=~is_live)
    )
