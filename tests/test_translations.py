"""Every text has a Korean translation, and the translation keeps what is filled in."""

import re

import polib
import pytest
from django.conf import settings

from records.management.commands.collect_messages import Message, in_python, in_template, messages

FILLED = re.compile(r"%\((\w+)\)[sd]|%([sd])")


@pytest.fixture(scope="module")
def korean() -> dict[tuple, polib.POEntry]:
    catalogue = polib.pofile(str(settings.LOCALE_PATHS[0] / "ko" / "LC_MESSAGES" / "django.po"))
    return {(entry.msgid, entry.msgctxt): entry for entry in catalogue if not entry.obsolete}


def test_every_text_is_translated(korean):
    missing = {m.text for m in messages(settings.BASE_DIR) if m.key not in korean or not korean[m.key].translated()}
    assert not missing, "run manage.py collect_messages and translate: " + " | ".join(sorted(missing))


def test_no_translation_is_left_over(korean):
    assert not korean.keys() - {m.key for m in messages(settings.BASE_DIR)}


def test_translations_fill_in_the_same_values(korean):
    for entry in korean.values():
        for text in filter(None, [entry.msgstr, *entry.msgstr_plural.values()]):
            assert sorted(FILLED.findall(text)) == sorted(FILLED.findall(entry.msgid)), entry.msgid


def test_no_korean_particle_hangs_on_a_value_that_may_end_either_way(korean):
    """을/를, 이/가, 은/는, 와/과 right behind a filled-in value would be wrong for half of the values."""
    wrong = re.compile(r"(%\(\w+\)s|%s)[”\"’']?(을|를|이|가|은|는|와|과|으로|로)(?=[\s.,]|$)")
    assert not [entry.msgid for entry in korean.values() if wrong.search(entry.msgstr)]


def test_texts_are_found_in_python():
    source = 'x = _("a date")\ny = ngettext("%d row", "%d rows", n)\nz = pgettext_lazy("money", "local")'
    assert list(in_python(source)) == [
        Message("a date"),
        Message("%d row", plural="%d rows"),
        Message("local", context="money"),
    ]


def test_texts_are_found_in_templates():
    source = (
        '{% load i18n %}{% translate "Log in" %}{{ x|default:_("none") }}'
        "{% blocktranslate with n=1 %}version {{ n }}{% endblocktranslate %}"
    )
    assert list(in_template(source)) == [Message("Log in"), Message("none"), Message("version %(n)s")]
