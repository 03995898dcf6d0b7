from .happenings import Agreement, Committee, Course, Event
from .outputs import Output
from .taking_part import Exchange, Headcount, Participation, Role
from .undertaking import Milestone, Phase, Program, Project, Status

__all__ = [
    "Agreement", "Committee", "Course", "Event", "Exchange", "Headcount", "Milestone", "Output", "Participation",
    "Phase", "Program", "Project", "Role", "Status",
]  # fmt: skip
