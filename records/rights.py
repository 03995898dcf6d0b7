"""Rights: who may see a row. A row that one may not see does not exist for one.

A `Reader` is what is known of the asker, worked out once per request by `programs.rules.reader_for`.
"""

import uuid
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Visibility(models.IntegerChoices):
    """In rising order: a row is at least as hidden as what it belongs to."""

    PUBLIC = 0, _("public")
    SHARED = 1, _("shared")
    INTERNAL = 2, _("internal")


@dataclass(frozen=True)
class Reader:
    """What the asker may see: everything up to `level`, and what is shared within the programs `takes_part_in`."""

    level: int = Visibility.PUBLIC
    takes_part_in: frozenset[uuid.UUID] = frozenset()
    institutions: frozenset[uuid.UUID] = frozenset()  # that the reader reports for, their units included
    is_signed_in: bool = False
    is_officer: bool = False
    is_administrator: bool = False
    user_id: int | None = None

    @property
    def key(self) -> str:
        """Equal for readers who see the same records."""
        return f"{self.level}:{','.join(sorted(map(str, self.takes_part_in)))}"

    @property
    def rights(self) -> str:
        """Equal for readers who see the same in all of them, private fields included, and may do the same."""
        own = ",".join(sorted(map(str, self.institutions)))
        return f"{self.key}:{own}:{self.is_signed_in:d}{self.is_officer:d}{self.is_administrator:d}"


ANYONE = Reader()
EVERYTHING = Reader(level=Visibility.INTERNAL, is_signed_in=True, is_officer=True, is_administrator=True)
