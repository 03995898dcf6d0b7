"""Writing a mail. `templates/mail/<name>.txt` has the subject in its first line; `<name>.html` says the same with a link."""

from django.db import transaction
from django.template.loader import render_to_string
from django.utils import translation

from .outbox import OutgoingMail
from .tasks import wake_senders


def post(name: str, account, **context) -> OutgoingMail:
    """A mail to this account, in its language, that goes out when the transaction has ended well."""
    context |= {"account": account, "language": account.language}
    with translation.override(account.language):
        subject, _line, text = render_to_string(f"mail/{name}.txt", context).partition("\n")
        html = render_to_string(f"mail/{name}.html", context)
    mail = OutgoingMail.objects.create(
        account=account, to=account.email, subject=subject.strip(), text=text.strip() + "\n", html=html
    )
    transaction.on_commit(wake_senders)
    return mail
