"""Pages about oneself and at the door; and what the page of a researcher has besides."""

from .doors import SignIn, ask_for_reset, invitation, reset
from .mails import mail_again, mails
from .own import my_account, my_password, my_token, revoke_my_token
from .researcher import researcher_page

__all__ = [
    "SignIn", "ask_for_reset", "invitation", "mail_again", "mails", "my_account", "my_password", "my_token", "researcher_page",
    "reset", "revoke_my_token",
]  # fmt: skip
