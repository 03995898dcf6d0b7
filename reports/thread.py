"""The thread of an update: what happened to it and what was said, for both sides."""

from records.commands import Author

from .models import ProjectUpdate, UpdateEvent


def note(update: ProjectUpdate, what: str, by: Author, text: str = "", **details) -> UpdateEvent:
    """Add to the thread, in the transaction of what happened."""
    return UpdateEvent.objects.create(
        update=update,
        actor_id=by.reader.user_id,
        actor_name=by.name,
        is_officer=by.reader.is_officer,
        what=what,
        text=text,
        details=details,
    )
