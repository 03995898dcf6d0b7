"""All tables of `records`, for Django to find. Each lives in the room of its idea."""

from .base import Change, Named, Record, RecordBase, Titled
from .calendars.models import CalendarFeed
from .documents import Document
from .duplicates import Likeness
from .feed import Touched
from .figures import ComputedAt, Heartbeat, StaleMark
from .jobs import Job, JobLine
from .kept_answers import KeptAnswer
from .relations import Relation
from .rights import Visibility
from .saved import SavedView
from .sources import Citation, Disagreement, Source
from .spellings import Spelling
from .spreadsheets.models import ColumnMapping, SheetImport, SheetRow
from .submissions import Submission
from .timelines.entries import TimelineEntry
from .webhooks import Attempt, Delivery, Webhook

__all__ = [
    "Attempt", "CalendarFeed", "Change", "Citation", "ColumnMapping", "ComputedAt", "Delivery", "Disagreement", "Document", "Heartbeat", "Job", "JobLine",
    "KeptAnswer", "Likeness", "Named", "Record", "RecordBase", "Relation", "SavedView", "SheetImport", "SheetRow", "Source", "Spelling", "StaleMark",
    "Submission", "TimelineEntry", "Titled", "Touched", "Visibility", "Webhook",
]  # fmt: skip
