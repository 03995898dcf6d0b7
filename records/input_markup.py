"""Inputs as HTML. A form with its rows has hundreds of them, and Django draws each by three or four templates.

What stands in a form most often is written by functions, as Django's templates write it; all else by the templates.
"""

from collections.abc import Mapping

from django.forms.renderers import TemplatesSetting
from django.utils.html import conditional_escape as escaped
from django.utils.safestring import SafeString


class Renderer(TemplatesSetting):
    def render(self, template_name, context, request=None):
        if template_name in WRITTEN:
            return WRITTEN[template_name](context["widget"])
        if template_name == NO_ERRORS and not context["errors"]:
            return SafeString("")
        return super().render(template_name, context, request)


def attributes(given: Mapping) -> SafeString:
    """` name="value"` of each; what is True stands without a value, what is False not at all."""
    parts = (
        escaped(name) + ("" if value is True else f'="{escaped(value)}"')
        for name, value in given.items()
        if value is not False
    )
    return SafeString("".join(f" {part}" for part in parts))


def input_html(widget: dict) -> SafeString:
    value = "" if widget["value"] is None else f' value="{escaped(widget["value"])}"'
    name = escaped(widget["name"])
    return SafeString(f'<input type="{widget["type"]}" name="{name}"{value}{attributes(widget["attrs"])}>')


def _textarea(widget: dict) -> SafeString:
    text = escaped(widget["value"] or "")
    return SafeString(f'<textarea name="{escaped(widget["name"])}"{attributes(widget["attrs"])}>\n{text}</textarea>')


def _select(widget: dict) -> SafeString:
    groups = "".join(_group(name, options) for name, options, _index in widget["optgroups"])
    return SafeString(f'<select name="{escaped(widget["name"])}"{attributes(widget["attrs"])}>{groups}\n</select>')


def _group(name: str | None, options: list[dict]) -> str:
    drawn = "".join(f"\n  {_option(option)}\n" for option in options)
    return f'\n  <optgroup label="{escaped(name)}">{drawn}\n  </optgroup>' if name else drawn


def _option(option: dict) -> str:
    return (
        f'<option value="{escaped(option["value"])}"{attributes(option["attrs"])}>{escaped(option["label"])}</option>'
    )


WRITTEN = {
    "django/forms/widgets/text.html": input_html,
    "django/forms/widgets/hidden.html": input_html,
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
}
NO_ERRORS = "django/forms/errors/list/default.html"
