"""Mails on their way: written in the transaction of what they tell, sent after it, each exactly once as far as one can know.

queued → sending → sent. A server that does not take a mail now is asked again later; one that will not is not asked
again. Where the connection or the worker died while the mail went over, nobody knows whether it arrived: it is *in
doubt*, shown to administrators, and sent again only by a person.
"""

import contextlib
import logging
import smtplib
import uuid
from datetime import timedelta

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

log = logging.getLogger(__name__)

AGAIN_AFTER = [timedelta(minutes=m) for m in (1, 5, 15, 60, 180, 360, 720)]  # then it has failed
KEPT = timedelta(days=90)  # that a mail was sent, and to whom
SENDING_TAKES = timedelta(minutes=10)  # at most; who has not come back by then has died


class OutgoingMail(models.Model):
    """보낼 메일. A mail to one address. Its text is forgotten once it is sent: there are keys in it."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        IN_DOUBT = "in_doubt", _("in doubt")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="mails")
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    state = models.CharField(max_length=8, choices=State, default=State.QUEUED)
    problem = models.CharField(max_length=300, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="mail_waiting", condition=~models.Q(state="sent")),
            models.Index(fields=["account", "-queued_at"], name="mail_of_account"),
        ]

    def __str__(self):
        return f"{self.subject}, {self.state}"

    @property
    def can_go_again(self) -> bool:
        return self.state in (self.State.FAILED, self.State.IN_DOUBT)

    def become(self, state: State, problem: str = "", due_at=None) -> None:
        self.state, self.problem, self.changed_at = state, problem[:300], timezone.now()
        self.due_at = due_at or self.due_at
        if state == self.State.SENT:
            self.text = self.html = ""
        self.save()

    def message(self) -> EmailMultiAlternatives:
        """Its Message-ID stays the same, so that a reader's program can know a second copy."""
        host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
        headers = {"Message-ID": f"<{self.id}@{host}>", "Auto-Submitted": "auto-generated"}
        message = EmailMultiAlternatives(self.subject, self.text, to=[self.to], headers=headers)
        message.attach_alternative(self.html, "text/html")
        return message


def send_waiting() -> None:
    """Send what is due, one mail after another; several workers may do so at once."""
    _note_doubtful()
    while mail := _take_next():
        _send(mail)


def tidy() -> None:
    OutgoingMail.objects.filter(state=OutgoingMail.State.SENT, changed_at__lt=timezone.now() - KEPT).delete()


def _note_doubtful() -> None:
    began_before = timezone.now() - SENDING_TAKES
    lost = OutgoingMail.objects.filter(state=OutgoingMail.State.SENDING, changed_at__lt=began_before)
    lost.update(state=OutgoingMail.State.IN_DOUBT, problem="The worker ended while it was sending.")


@transaction.atomic
def _take_next() -> OutgoingMail | None:
    """A mail that is now ours to send. That it is being sent is committed before the server hears of it."""
    due = OutgoingMail.objects.filter(state=OutgoingMail.State.QUEUED, due_at__lte=timezone.now())
    mail = due.select_for_update(skip_locked=True).order_by("due_at", "id").first()
    if mail:
        mail.tries += 1
        mail.become(OutgoingMail.State.SENDING)
    return mail


def _send(mail: OutgoingMail) -> None:
    server = mailers.default
    try:
        server.open()
    except (OSError, smtplib.SMTPException) as problem:  # nothing has gone over yet
        return _later(mail, problem)
    try:
        server.send_messages([mail.message()])
    except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused) as refusal:
        _refused(mail, refusal)
    except (OSError, smtplib.SMTPException) as problem:
        log.warning("mail %s is in doubt: %s", mail.pk, type(problem).__name__)
        mail.become(OutgoingMail.State.IN_DOUBT, _words(problem))
    else:
        mail.become(OutgoingMail.State.SENT)
    finally:
        with contextlib.suppress(OSError, smtplib.SMTPException):
            server.close()


def _refused(mail: OutgoingMail, refusal: smtplib.SMTPException) -> None:
    """The server said no: for now (4xx) or for good (5xx)."""
    answers = getattr(refusal, "recipients", None)
    code = min(code for code, _text in answers.values()) if answers else refusal.smtp_code
    if code < 500:
        return _later(mail, refusal)
    log.warning("mail %s has failed: %s", mail.pk, code)
    mail.become(OutgoingMail.State.FAILED, _words(refusal))


def _later(mail: OutgoingMail, problem: Exception) -> None:
    log.warning("mail %s was not taken: %s", mail.pk, type(problem).__name__)
    if mail.tries > len(AGAIN_AFTER):
        return mail.become(OutgoingMail.State.FAILED, _words(problem))
    mail.become(OutgoingMail.State.QUEUED, _words(problem), due_at=timezone.now() + AGAIN_AFTER[mail.tries - 1])


def _words(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"
