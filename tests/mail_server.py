"""A real SMTP server for the tests, in a thread. It keeps what it takes and can be told to refuse."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller

from config import servers
from people.outbox import send_waiting


class Mailbox:
    """What came, and what is said to each recipient and to each text instead of taking it."""

    def __init__(self):
        self.mails: list[EmailMessage] = []
        self.to_recipient = self.to_text = "250 OK"
        self.hangs_up = False

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.to_recipient.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.to_recipient

    async def handle_DATA(self, server, session, envelope):
        if self.hangs_up:
            self.hangs_up = False
            server.transport.abort()
            return "250 never heard"
        if self.to_text.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return self.to_text

    def link(self, number: int = -1) -> str:
        """The link in the plain text of a mail."""
        return re.search(r"https?://\S+", self.text(number))[0]

    def text(self, number: int = -1) -> str:
        return self.mails[number].get_body(("plain",)).get_content()

    def html(self, number: int = -1) -> str:
        return self.mails[number].get_body(("html",)).get_content()


class MailServer:
    """Can be stopped and started again, with the same address and the same box."""

    def __init__(self):
        self.box, self.port = Mailbox(), servers.free_port()
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.start()

    def start(self) -> None:
        self.controller = Controller(self.box, hostname="127.0.0.1", port=self.port, ready_timeout=60)
        self.controller.start()

    def stop(self) -> None:
        self.controller.stop(no_assert=True)

    def deliver(self) -> None:
        """What a worker does."""
        send_waiting()
