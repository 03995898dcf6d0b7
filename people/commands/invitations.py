from datetime import timedelta
from urllib.parse import urljoin

from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from people.keys import hashed, new_key
from people.mail import post
from people.models import AccountEvent, Invitation, User
from records.refusals import Refused

from .steps import (
    address_faults,
    clean_address,
    give_password,
    locked,
    managed,
    must_fit,
    note,
    refuse,
    require,
    role_faults,
)

OPEN_FOR = timedelta(days=7)
What = AccountEvent.What


@transaction.atomic
def invite(*, email: str, role: str, by: User, site: str, name: str = "", language: str = "ko") -> User:
    """Make an account that its owner takes over by a link in a mail. `site` is where the link leads: https://host/."""
    by, _same = locked(by, by)
    require(bool(by.manages), _("You may not invite anybody."))
    refuse(role_faults(role, by) | address_faults(email))
    email = clean_address(email)
    account = User(username=email, email=email, name=name.strip(), role=role, language=language, is_active=False)
    account.set_unusable_password()
    must_fit(account, exclude=["password", "username"])
    account.save()
    note(account, What.INVITED, by, email=email, role=role)
    send_invitation(account, by=by, site=site)
    return account


def send_invitation(account: User, *, by: User, site: str) -> None:
    """A new link, by mail; one sent before opens nothing any more."""
    key, now = new_key(), timezone.now()
    values = {"email": account.email, "key_hash": hashed(key), "sent_at": now, "expires_at": now + OPEN_FOR}
    invitation, _new = Invitation.objects.update_or_create(account=account, defaults=values)
    link = address(site, "invitation", account.language, key)
    post("invitation", account, by=by, invitation=invitation, link=link)


def address(site: str, name: str, language: str, key: str) -> str:
    """The key stands in the query, which no log keeps."""
    with translation.override(language):
        return urljoin(site, f"{reverse(name)}?key={key}")


@transaction.atomic
def invite_again(account: User, *, by: User, site: str) -> None:
    """To one who has not accepted yet, or whose invitation was withdrawn."""
    account, by = managed(account, by)
    if account.is_active or account.has_usable_password():
        raise Refused(_("This person has accepted an invitation already."))
    if not account.email:
        raise Refused(_("This account has no e-mail address. Give it one first."))
    note(account, What.INVITED_AGAIN, by, email=account.email)
    send_invitation(account, by=by, site=site)


@transaction.atomic
def withdraw_invitation(account: User, *, by: User) -> None:
    account, by = managed(account, by)
    gone, _rows = Invitation.objects.filter(account=account).delete()
    if not gone:
        raise Refused(_("There is no open invitation."))
    note(account, What.WITHDRAWN, by)


def invitation_of(key: str) -> Invitation | None:
    """The open invitation with this key: not used, not withdrawn, not expired, and of the address it was sent to."""
    found = Invitation.objects.select_related("account").filter(key_hash=hashed(key)).first()
    is_open = found and not found.is_expired and found.email == found.account.email
    return found if is_open else None


@transaction.atomic
def accept_invitation(key: str, *, name: str, password: str) -> User:
    """The person's name and password; the account is theirs from now on. Of two who accept at once one does."""
    invitation = _held(key)
    if invitation is None:
        raise Refused(_("This invitation is not open any more."))
    account = invitation.account
    account.name, account.is_active = name.strip(), True
    if not account.name:
        refuse({"name": _("Give your name.")})
    give_password(account, password)
    account.save(update_fields=["name", "password", "is_active"])
    invitation.delete()
    note(account, What.ACCEPTED, account)
    return account


def _held(key: str) -> Invitation | None:
    """The open invitation with its account, both as they are now and locked in the order in which an edit locks them."""
    asked = Invitation.objects.filter(key_hash=hashed(key))
    account = User.objects.filter(pk__in=asked.values("account")).select_for_update(no_key=True)
    if account.first() and asked.select_for_update().first():
        return invitation_of(key)
    return None
