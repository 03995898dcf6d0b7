"""All tables of `records`, for Django to find. Each lives in the room of its idea."""

from .base import Change, Named, Record, RecordBase, Titled
from .figures import ComputedAt, Heartbeat, StaleMark
from .rights import Visibility
from .sources import Citation, Disagreement, Source
from .timelines import TimelineEntry

__all__ = [
    "Change", "Citation", "ComputedAt", "Disagreement", "Heartbeat", "Named", "Record", "RecordBase", "Source",
    "StaleMark", "TimelineEntry", "Titled", "Visibility",
]  # fmt: skip
