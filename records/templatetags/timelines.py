"""What templates say about the pages of timelines."""

from django import template

from records.gantt import markup, tabs

register = template.Library()


@register.simple_tag(takes_context=True)
def timeline_tabs(context) -> list[tabs.Tab]:
    """The pages of timelines that are there."""
    return tabs.tabs(context.get("request"))


register.simple_tag(markup.drawing_html, name="gantt_drawing")
register.simple_tag(markup.table_html, name="gantt_table")
