"""Collects every translatable text into the catalogue of each language, without system gettext."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import polib
from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils.translation.template import templatize

SINGLE = {"_", "gettext", "gettext_lazy", "gettext_noop"}
PLURAL = {"ngettext", "ngettext_lazy"}
LITERAL = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
IN_TEMPLATE = re.compile(rf"(?<![\w])(n?gettext|_)\(\s*{LITERAL}(?:\s*,\s*{LITERAL})?", re.DOTALL)
OURS = ("config", "records", "people", "labs", "programs", "funding", "reports")


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        found = messages(settings.BASE_DIR)
        for language, _name in settings.LANGUAGES:
            path = settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.po"
            if language != "en" and path.exists():
                self.stdout.write(f"{path.relative_to(settings.BASE_DIR)}: {merge(path, found)}")


def messages(root: Path) -> dict[tuple[str, str | None], list[str]]:
    """(text, plural text or None) of every message with the files that hold it."""
    found: dict[tuple[str, str | None], list[str]] = {}
    for path in sorted([*_python_files(root), *(root / "templates").rglob("*.*")]):
        source = path.read_text()
        pairs = _in_python(source) if path.suffix == ".py" else _in_template(source)
        for pair in pairs:
            files = found.setdefault(pair, [])
            name = str(path.relative_to(root))
            if name not in files:
                files.append(name)
    return found


def _python_files(root: Path) -> Iterator[Path]:
    for app in OURS:
        yield from (root / app).rglob("*.py")


def _in_python(source: str) -> Iterator[tuple[str, str | None]]:
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", None) or getattr(node.func, "attr", None)
        texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        if name in SINGLE and texts:
            yield texts[0], None
        if name in PLURAL and len(texts) == 2:
            yield texts[0], texts[1]


def _in_template(source: str) -> Iterator[tuple[str, str | None]]:
    for name, one, many in IN_TEMPLATE.findall(templatize(source)):
        yield ast.literal_eval(one), ast.literal_eval(many) if name == "ngettext" and many else None


def merge(path: Path, found: dict[tuple[str, str | None], list[str]]) -> str:
    """Bring the catalogue up to date: new texts without a translation, files noted, texts that are gone removed."""
    catalogue = polib.pofile(str(path), wrapwidth=110)
    known = {entry.msgid: entry for entry in catalogue}
    entries = []
    for (one, many), files in sorted(found.items(), key=lambda item: (item[1][0], item[0][0])):
        entry = known.get(one) or polib.POEntry(msgid=one)
        entry.msgid_plural, entry.occurrences = many or "", [(name, "") for name in files]
        if many:
            entry.msgstr, entry.msgstr_plural = "", entry.msgstr_plural or {0: entry.msgstr}
        entries.append(entry)
    added = len({e.msgid for e in entries} - known.keys())
    gone = len(known.keys() - {e.msgid for e in entries})
    catalogue[:] = entries
    catalogue.save()
    return (
        f"{len(entries)} texts, {added} new, {gone} gone, {len(catalogue.untranslated_entries())} without a translation"
    )
