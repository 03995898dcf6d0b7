"""What is done with accounts: each command asks the rule, locks, changes, and writes the account's log, in one transaction.

Bad input raises Refused with a sentence for each field, and what one may not do NotAllowed (records/refusals.py).
"""

from .accounts import deactivate, edit_account, make_administrator, reactivate
from .invitations import accept_invitation, invitation_of, invite, invite_again, withdraw_invitation
from .mails import send_again
from .own import ask_for_reset, change_own, change_own_password, reset_account, reset_password
from .tokens import make_token, revoke_token

__all__ = [
    "accept_invitation", "ask_for_reset", "change_own", "change_own_password", "deactivate", "edit_account", "invitation_of",
    "invite", "invite_again", "make_administrator", "make_token", "reactivate", "reset_account", "reset_password",
    "revoke_token", "send_again", "withdraw_invitation",
]  # fmt: skip
