"""What happened to an account, in words."""

from django import template
from django.utils.translation import gettext as _

from people.models import AccountEvent, Token, User

register = template.Library()
WORDS = {
    "role": dict(User.Role.choices),
    "scope": dict(Token.Scope.choices),
    "language": {"ko": "한국어", "en": "English"},
}


@register.filter
def details(event: AccountEvent) -> list[tuple[str, str, str]]:
    """(what, before, after) for each value that an event speaks of; before is empty where there was none."""
    return [_detail(name, value) for name, value in event.details.items()]


def _detail(name: str, value) -> tuple[str, str, str]:
    before, after = value if isinstance(value, list) else ("", value)
    words = WORDS.get(name, {})
    return _labels().get(name, name), str(words.get(before, before)), str(words.get(after, after))


def _labels() -> dict[str, str]:
    return {
        "name": _("name"),
        "email": _("e-mail address"),
        "role": _("Role"),
        "language": _("language"),
        "institutions": _("institutions"),
        "token": _("access token"),
        "tokens": _("access tokens that ended"),
        "scope": _("access"),
    }
