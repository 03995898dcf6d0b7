"""What a command answers when it does not act: what is wrong, what moved meanwhile, who may not."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from uuid import UUID

from django.core.exceptions import PermissionDenied

from .problem_codes import code_of


@dataclass(frozen=True)
class Fault:
    """One thing wrong with what was asked: at which field ("" for the whole), why, and in which step of several."""

    field: str
    message: str
    step: int = 0
    code: str = ""  # one of records/problem_codes.py; by itself that of the sentence

    def __post_init__(self):
        if not self.code:
            object.__setattr__(self, "code", code_of(self.message))

    def at(self, step: int) -> "Fault":
        return replace(self, step=step)


class Refused(ValueError):
    """Nothing was done. Carries everything that is wrong, at once."""

    def __init__(self, faults: Iterable[Fault] | str):
        self.faults = (Fault("", faults),) if isinstance(faults, str) else tuple(faults)
        super().__init__("; ".join(fault.message for fault in self.faults))


def all_read(*parts: Callable) -> list:
    """What each part gives. Where several are refused, everything that is wrong is said at once."""
    found, faults = [], []
    for part in parts:
        try:
            found.append(part())
        except Refused as refused:
            faults += refused.faults
    if faults:
        raise Refused(faults)
    return found


@dataclass(frozen=True)
class Moved:
    """A record that is no longer as it was when the change was begun: the version then, and the row as it is now."""

    id: UUID
    version: int
    row: object
    step: int = 0


class Stale(Exception):
    """Somebody changed these records meanwhile. Nothing was done."""

    def __init__(self, moved: Iterable[Moved]):
        self.moved = tuple(moved)
        super().__init__(", ".join(str(one.id) for one in self.moved))


class NotAllowed(PermissionDenied):
    """Carries the sentence for whoever may not."""
