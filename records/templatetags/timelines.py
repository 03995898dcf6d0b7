"""What templates say about the pages of timelines."""

from django import template

from records.gantt import tabs

register = template.Library()


@register.simple_tag(takes_context=True)
def timeline_tabs(context) -> list[tabs.Tab]:
    """The pages of timelines that are there."""
    return tabs.tabs(context.get("request"))
