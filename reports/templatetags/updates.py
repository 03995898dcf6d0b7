"""What templates say of reports; the way to them from a project's page, for those who write or decide them."""

from django import template
from django.urls import reverse

from ..models import ProjectUpdate
from ..rules import can_decide, reporting_institutions
from ..titles import period_words

register = template.Library()


@register.filter
def period_of(update: ProjectUpdate) -> str:
    return period_words(update.period_starts_on, update.period_ends_on)


@register.inclusion_tag("updates/of_project.html", takes_context=True)
def reports_of(context, project) -> dict:
    """Nothing for all others, at the cost of no query."""
    reader = getattr(context.get("request"), "reader", None)
    if reader is None or not (reader.institutions or can_decide(reader)):
        return {"url": ""}
    may_report = bool(reporting_institutions(reader, project))
    if not may_report and not can_decide(reader):
        return {"url": ""}
    count = ProjectUpdate.objects.visible_to(reader).filter(project=project).count()
    return {
        "url": f"{reverse('updates')}?project={project.slug}",
        "begin_url": f"{reverse('update_begin')}?project={project.slug}" if may_report else "",
        "count": count,
    }
