"""All tables of `reports`. Each lives in the room of its idea."""

from .updates import Attachment, ProjectUpdate, Proposal, ProposedValue, UpdateEvent, Watch

__all__ = ["Attachment", "ProjectUpdate", "Proposal", "ProposedValue", "UpdateEvent", "Watch"]
