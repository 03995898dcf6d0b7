"""How programs, projects and all that belongs to them are shown and taken."""

from .happenings import AGREEMENT, COMMITTEE, COURSE, EVENT
from .outputs import OUTPUT
from .shared import IN_PROGRAM
from .taking_part import EXCHANGE, HEADCOUNT, PARTICIPATION, ROLE
from .undertaking import MILESTONE, PHASE, PROGRAM, PROJECT

__all__ = [
    "AGREEMENT", "COMMITTEE", "COURSE", "EVENT", "EXCHANGE", "HEADCOUNT", "IN_PROGRAM", "MILESTONE", "OUTPUT",
    "PARTICIPATION", "PHASE", "PROGRAM", "PROJECT", "ROLE",
]  # fmt: skip
