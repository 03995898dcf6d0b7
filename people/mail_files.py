"""Where mails go on a developer's machine: a file each, that one can read as it stands and whose link one can follow."""

from pathlib import Path

from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone


class FileBackend(BaseEmailBackend):
    def __init__(self, *, folder: str, **kwargs):
        super().__init__(**kwargs)
        self.folder = Path(folder)

    def send_messages(self, messages) -> int:
        self.folder.mkdir(parents=True, exist_ok=True)
        for message in messages:
            when = timezone.localtime()
            head = f"To: {', '.join(message.to)}\nSubject: {message.subject}\n\n"
            (self.folder / f"{when:%Y-%m-%d-%H%M%S.%f}.txt").write_text(head + message.body, encoding="utf-8")
        return len(messages)
