from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django.utils.translation import gettext as _

from people import throttle
from people.mail import post
from people.models import AccountEvent, User
from records.refusals import Refused

from .invitations import address
from .steps import give_password, locked, must_fit, note, refuse, require

What = AccountEvent.What


@transaction.atomic
def change_own(*, by: User, name: str, language: str) -> User:
    """One's own name and language. The rest is for who manages the account."""
    account, by = locked(by, by)
    require(by.is_active)
    new = {"name": name.strip(), "language": language}
    changed = {
        field: [getattr(account, field), value] for field, value in new.items() if getattr(account, field) != value
    }
    if language not in ("ko", "en"):
        refuse({"language": _("Choose a language.")})
    if changed:
        account.name, account.language = new["name"], language
        must_fit(account, exclude=["password", "username"])
        account.save()
        note(account, What.EDITED, account, **changed)
    return account


@transaction.atomic
def change_own_password(*, by: User, old: str, new: str) -> User:
    """All other sessions of the account end with it."""
    account, by = locked(by, by)
    require(by.is_active)
    if not account.check_password(old):
        refuse({"old_password": _("Your present password was typed wrongly. Please try again.")})
    return _give_new_password(account, new, What.PASSWORD)


@transaction.atomic
def ask_for_reset(email: str, *, site: str) -> None:
    """Send a link to whoever has this address, if somebody has. The asker is not told."""
    account = User.objects.filter(email__iexact=email.strip(), is_active=True).exclude(email="").first()
    if account is None:
        return
    key = f"{urlsafe_base64_encode(str(account.pk).encode())}.{default_token_generator.make_token(account)}"
    note(account, What.RESET_ASKED, None, actor_name=account.email)
    post("reset", account, link=address(site, "reset", account.language, key))


def reset_account(key: str) -> User | None:
    """Whose password this key resets: active, and neither signed in nor changed since it was sent."""
    number, _dot, token = key.partition(".")
    try:
        account = User.objects.persons().filter(pk=int(urlsafe_base64_decode(number)), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return account if account and default_token_generator.check_token(account, token) else None


@transaction.atomic
def reset_password(key: str, *, password: str) -> User:
    """Of two who use one link at once one does."""
    found = reset_account(key)
    if found:
        locked(found, found)
        found = reset_account(key)
    if found is None:
        raise Refused(_("This link is not open any more."))
    throttle.forget(throttle.SIGN_IN, found.username, found.email)
    return _give_new_password(found, password, What.RESET)


def _give_new_password(account: User, password: str, what: str) -> User:
    give_password(account, password)
    account.save()
    note(account, what, account)
    return account
