"""Who may change what (design.md, “The rights”). Commands ask; pages ask only to hide a button."""

from django.utils.translation import gettext as _

from .refusals import NotAllowed
from .rights import Reader


def can_edit(reader: Reader) -> bool:
    """Officers keep the records; partners report, and officers decide."""
    return reader.is_officer


def require_can_edit(reader: Reader) -> None:
    if not can_edit(reader):
        raise NotAllowed(_("Only officers change records. Partner institutions send reports instead."))
