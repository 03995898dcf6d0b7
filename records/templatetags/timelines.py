"""What templates say about the pages of timelines."""

from django import template

from records.gantt import markup, tabs
from records.gantt.groups import may_own
from records.kinds import Kind
from records.labels import Label
from records.moments import address

register = template.Library()


@register.simple_tag(takes_context=True)
def timeline_tabs(context) -> list[tabs.Tab]:
    """The pages of timelines that are there."""
    return tabs.tabs(context.get("request"))


@register.simple_tag
def timeline_url(kind: Kind, label: Label) -> str:
    """The page with the large timeline of a record; "" where its kind has none."""
    return address("timeline_record", kind.plural, label.key) if may_own(kind) else ""


register.simple_tag(markup.drawing_html, name="gantt_drawing")
register.simple_tag(markup.table_html, name="gantt_table")
