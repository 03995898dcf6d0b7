from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import OutgoingMail, User
from people.rules import can_see_mails
from people.tasks import wake_senders
from records.refusals import Refused

from .steps import require


@transaction.atomic
def send_again(mail: OutgoingMail, *, by: User) -> None:
    """A mail that failed or is in doubt goes into the queue once more, because a person says so."""
    require(can_see_mails(User.objects.get(pk=by.pk)))
    mail = OutgoingMail.objects.select_for_update().get(pk=mail.pk)
    if not mail.can_go_again:
        raise Refused(_("Only a mail that failed or is in doubt can be sent again."))
    mail.tries = 0
    mail.become(OutgoingMail.State.QUEUED, due_at=timezone.now())
    transaction.on_commit(wake_senders)
