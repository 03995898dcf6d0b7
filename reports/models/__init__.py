"""All tables of `reports`. Each lives in the room of its idea."""

from .dues import ReportDue
from .notices import MailChoice, Notice, Telling
from .obligations import Extension, Obligation
from .updates import Attachment, ProjectUpdate, Proposal, ProposedValue, UpdateEvent, Watch

__all__ = [
    "Attachment", "Extension", "MailChoice", "Notice", "Obligation", "ProjectUpdate", "Proposal", "ProposedValue",
    "ReportDue", "Telling", "UpdateEvent", "Watch",
]  # fmt: skip
