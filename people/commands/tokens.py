from collections.abc import Collection
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people.keys import hashed, new_key
from people.models import AccountEvent, Token, User
from people.rules import can_revoke, scopes_of
from people.tokens import BEGINS, PREFIX
from records.refusals import Fault, Refused

from .steps import locked, must_fit, note, require

What = AccountEvent.What


@transaction.atomic
def make_token(
    *, by: User, name: str, scope: str = Token.Scope.READ, expires_on: date | None = None
) -> tuple[Token, str]:
    """A token of one's own, and its key, which nobody can be shown again."""
    account, by = locked(by, by)
    require(by.is_active)
    return give_token(account, scopes_of(by), by=by, name=name, scope=scope, expires_on=expires_on)


def give_token(
    account: User, scopes: Collection[str], *, by: User, name: str, scope: str, expires_on: date | None
) -> tuple[Token, str]:
    """A token of this account for one of these scopes. Both are locked, and whether `by` may has been asked."""
    key = BEGINS + new_key()
    token = Token(owner=account, name=name.strip(), scope=scope, expires_on=expires_on, made_by=by.shown_name)
    token.prefix, token.key_hash = key[:PREFIX], hashed(key)
    if scope not in scopes:
        raise Refused([Fault("scope", _("Choose what the token may do."))])
    if token.is_expired:
        raise Refused([Fault("expires_on", _("The last day has passed already."))])
    must_fit(token)
    token.save()
    note(account, What.TOKEN_MADE, by, token=str(token), scope=scope)
    return token, key


@transaction.atomic
def revoke_token(token: Token, *, by: User) -> None:
    """It opens nothing any more. By its owner, or by who manages the owner's account."""
    _owner, by = locked(token.owner, by)
    require(can_revoke(by, token))
    end_token(token, by=by)


def end_token(token: Token, *, by: User) -> None:
    """Whether `by` may has been asked."""
    if Token.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        note(token.owner, What.TOKEN_REVOKED, by, token=str(token))
