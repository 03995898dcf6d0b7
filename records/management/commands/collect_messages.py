"""Collects every translatable text into the catalogue of each language, without system gettext."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation.template import templatize

SINGLE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
IN_CONTEXT = {"pgettext", "pgettext_lazy"}
LITERAL = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
IN_TEMPLATE = re.compile(rf"(?<!\w)(n?gettext|pgettext|_)\(\s*{LITERAL}(?:\s*,\s*{LITERAL})?", re.DOTALL)
OURS = ("config", "records", "people", "labs", "programs", "funding", "reports")


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        found = messages(settings.BASE_DIR)
        for language, _name in settings.LANGUAGES:
            path = settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.po"
            if language != "en" and path.exists():
                self.stdout.write(f"{path.relative_to(settings.BASE_DIR)}: {merge(path, found)}")


@dataclass(frozen=True, order=True)
class Message:
    """A text in the source; with its plural, or with the context that parts it from the same words elsewhere."""

    text: str
    plural: str = ""
    context: str = ""

    @property
    def key(self) -> tuple[str, str | None]:
        """How a catalogue knows it."""
        return self.text, self.context or None


def messages(root: Path) -> dict[Message, list[str]]:
    """Every message with the files that hold it."""
    found: dict[Message, list[str]] = {}
    for path in sorted([*_python_files(root), *(root / "templates").rglob("*.*")]):
        source = path.read_text()
        for message in in_python(source) if path.suffix == ".py" else in_template(source):
            files = found.setdefault(message, [])
            name = str(path.relative_to(root))
            if name not in files:
                files.append(name)
    return found


def _python_files(root: Path) -> Iterator[Path]:
    for app in OURS:
        yield from (root / app).rglob("*.py")


def in_python(source: str) -> Iterator[Message]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
            yield from _message(name, [arg.value for arg in node.args if isinstance(arg, ast.Constant)])


def in_template(source: str) -> Iterator[Message]:
    for name, first, second in IN_TEMPLATE.findall(templatize(source)):
        yield from _message(name, [ast.literal_eval(text) for text in (first, second) if text])


def _message(name: str | None, texts: list) -> Iterator[Message]:
    """What a call of gettext or one of its sisters translates."""
    if not texts or not all(isinstance(text, str) for text in texts[:2]):
        return
    if name in SINGLE:
        yield Message(texts[0])
    elif name in PLURAL and len(texts) > 1:
        yield Message(texts[0], plural=texts[1])
    elif name in IN_CONTEXT and len(texts) > 1:
        yield Message(texts[1], context=texts[0])


def merge(path: Path, found: dict[Message, list[str]]) -> str:
    """Bring the catalogue up to date: new texts without a translation, files noted, texts that are gone removed."""
    catalogue = polib.pofile(str(path), wrapwidth=110)
    known = {(entry.msgid, entry.msgctxt): entry for entry in catalogue}
    entries = []
    for message, files in sorted(found.items(), key=lambda item: (item[1][0], item[0])):
        entry = known.get(message.key) or polib.POEntry(msgid=message.text, msgctxt=message.context or None)
        entry.msgid_plural, entry.occurrences = message.plural, [(name, "") for name in files]
        if message.plural:
            entry.msgstr, entry.msgstr_plural = "", entry.msgstr_plural or {0: entry.msgstr}
        entries.append(entry)
    wanted = {message.key for message in found}
    catalogue[:] = entries
    catalogue.save()
    return (
        f"{len(entries)} texts, {len(wanted - known.keys())} new, {len(known.keys() - wanted)} gone,"
        f" {len(catalogue.untranslated_entries())} without a translation"
    )
