"""datapackage.json: Data Package, version 2, with titles in English and Korean and what a reader checks the files by.

Properties of our own stand beside those of the specification: `rowCount` and `sums` of a resource, `totals`, `dataVersion`,
`dataAt` and `changePosition` of the package, `title@ko` beside each title.
"""

from collections.abc import Iterable
from datetime import date

from django.conf import settings
from django.utils.translation import gettext_lazy, override

from ..columns import REFERENCES, Column, headers
from ..columns import Form as ColumnForm
from ..data_version import DataVersion
from ..exports import Export
from ..kinds import Kind, Type, kind_of, kinds
from ..package import TABLE_SCHEMA_TYPES
from ..rights import Reader

PROFILES = "https://datapackage.org/profiles/2.0"
TITLE, OWN_TITLE = (
    gettext_lazy("Registry of joint research programs: what is public"),
    gettext_lazy("Registry of joint research programs"),
)
EDTF = gettext_lazy("EDTF (ISO 8601-2): 2024, 2024-07, 2024-07-28, A/B, A/.., ../B; ~ about, ? uncertain")
MONEY = gettext_lazy("In the major unit of the currency that stands in the row. Empty: no source states it.")
LABEL = gettext_lazy("What the record is called, for people; its id stands in the column without “_label”.")
ANY_RECORD = gettext_lazy("The id of a record of any kind. Empty where none may be seen.")
REFERENCE = gettext_lazy("The id of a record of “%s”. Empty where none may be seen.")


def both(text, name: str = "title") -> dict:
    """A text in both languages, as two properties."""
    said = {}
    for property, language in ((name, "en"), (f"{name}@ko", "ko")):
        with override(language):
            said[property] = str(text)
    return said


def described(
    day: date,
    version: DataVersion,
    created: str,
    resources: list[dict],
    totals: list[dict],
    position: str,
    *,
    is_public: bool,
) -> dict:
    """`is_public`: what anyone may see, as it is published under an address and a licence."""
    about = {
        "$schema": f"{PROFILES}/datapackage.json",
        "name": "registry-of-joint-research-programs",
        **({"id": f"{settings.SITE_URL}/data/{day}/datapackage.json"} if is_public else {}),
        **both(TITLE if is_public else OWN_TITLE),
        "homepage": settings.SITE_URL,
        "version": str(day),
        "created": created,
        "languages": ["en", "ko"],
        "dataVersion": str(version),
        "dataAt": version.at.isoformat().replace("+00:00", "Z") if version.at else None,
        "changePosition": position,
        "figures": "recomputing" if version.is_stale else "current",
    }
    licence = {"licenses": [licence_of(settings.DATA_LICENCE)]} if is_public and settings.DATA_LICENCE else {}
    return about | licence | {"totals": totals, "resources": resources}


def licence_of(text: str) -> dict:
    """`CC-BY-4.0 https://creativecommons.org/licenses/by/4.0/ Creative Commons Attribution 4.0` in the specification's words."""
    name, *rest = text.split(" ", 2)
    return dict(zip(("name", "path", "title"), (name, *rest), strict=False))


def resource(export: Export, path: str, written) -> dict:
    """`written` says what lies there: bytes, sha256, rows, sums."""
    kind = export.kind
    return {
        "$schema": f"{PROFILES}/dataresource.json",
        "name": kind.plural,
        "type": "table",
        "path": path,
        **both(kind.label_many),
        "description": (kind.model.__doc__ or "").split("\n\n")[0].replace("\n    ", " ").strip(),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "compression": "gz",
        "bytes": written.bytes,
        "hash": f"sha256:{written.sha256}",
        "rowCount": written.rows,
        "sums": written.sums,
        "schema": schema(kind, export.columns, export.query.reader),
    }


def schema(kind: Kind, columns: list[Column], reader: Reader) -> dict:
    keys = [
        {"fields": [c.name], "reference": {"resource": "" if target is kind else target.plural, "fields": ["id"]}}
        for c, target in references(columns)
        if all_are_listed(kind, c, reader)
    ]
    return {
        "$schema": f"{PROFILES}/tableschema.json",
        "fields": list(_fields(kind, columns)),
        "fieldsMatch": "exact",
        "missingValues": [""],
        "primaryKey": ["id"],
    } | ({"foreignKeys": keys} if keys else {})


def references(columns: Iterable[Column]) -> list[tuple[Column, Kind]]:
    found = [(c, c.field) for c in columns if c.field.type is Type.REF and c.field.target and not c.is_label]
    return [(c, kind_of(field.target)) for c, field in found]


def all_are_listed(kind: Kind, column: Column, reader: Reader) -> bool:
    """Whether each record that is referred to stands in its file: one that was retired is named, but not listed."""
    named = column.field.target.objects.with_retired_visible_to(reader).filter(is_retired=True)
    return not kind.model.objects.visible_to(reader).filter(**{f"{column.field.name}__in": named}).exists()


def _fields(kind: Kind, columns: list[Column]):
    titles = [headers(kind, columns, form) for form in (ColumnForm.EN, ColumnForm.KO)]
    for column, en, ko in zip(columns, *titles, strict=True):
        yield {"name": column.name, "title": en, "title@ko": ko} | _typed(column)


def _typed(column: Column) -> dict:
    field = column.field
    if column.is_label:
        return {"type": "string", **both(LABEL, "description")}
    if field.type in REFERENCES:
        return {"type": "string", "format": "uuid", **_about_reference(field)}
    match field.type:
        case Type.ID:
            return {"type": "string", "format": "uuid", "constraints": {"required": True, "unique": True}}
        case Type.DATE:
            return {"type": "string", **both(EDTF, "description")}
        case Type.MONEY:
            return {"type": "number", **both(MONEY, "description")}
        case Type.INSTANT:
            return {"type": "datetime", "format": "any"}
        case Type.CHOICE:
            choices = [(str(value), label) for value, label in field.choices if value != ""]
            labels = [{"value": value, **both(label, "label")} for value, label in choices]
            return {
                "type": "string",
                "constraints": {"enum": [value for value, _label in choices]},
                "categories": labels,
            }
    return {"type": TABLE_SCHEMA_TYPES.get(field.type, "string")}


def _about_reference(field) -> dict:
    if field.type is not Type.REF or not field.target or kind_of(field.target) not in kinds().values():
        return both(ANY_RECORD, "description")
    said = {}
    for property, language in (("description", "en"), ("description@ko", "ko")):
        with override(language):
            said[property] = str(REFERENCE) % kind_of(field.target).label_many
    return said
