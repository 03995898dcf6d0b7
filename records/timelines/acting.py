"""Who is to act, as the floors above know it: `settings.TIMELINE_ACTING` names functions of entries and who reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from ..labels import Label
from ..rights import Reader
from .asking import Entry

SHOWN = 2  # of each row; the record has the others


@dataclass(frozen=True)
class Acting:
    """`who` are institutions and people; `url` is where it is done, if that is not at the record."""

    who: tuple[Label, ...] = ()
    url: str = ""

    @property
    def shown(self) -> tuple[Label, ...]:
        return self.who[:SHOWN]

    @property
    def more(self) -> int:
        return max(0, len(self.who) - SHOWN)


def acting(entries: Iterable[Entry], places: Mapping[UUID, UUID], reader: Reader) -> dict[UUID, Acting]:
    """By `part`. `places`: by record what it stands under, where one looks if the record names nobody itself."""
    found: dict[UUID, Acting] = {}
    for path in settings.TIMELINE_ACTING:
        found |= import_string(path)(list(entries), places, reader)
    return found
