from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from people.models import AccountEvent, Invitation, Token, User
from records.models import CalendarFeed
from records.refusals import Refused

from .invitations import send_invitation
from .steps import (
    address_faults,
    clean_address,
    give_password,
    managed,
    must_fit,
    must_not_be_the_last_administrator,
    note,
    refuse,
    role_faults,
)

What = AccountEvent.What


class ChangedMeanwhile(Refused):
    """The account is no longer as the editor saw it."""


FIELDS = ("name", "email", "role", "language")


@transaction.atomic
def edit_account(account: User, *, by: User, site: str, seen: int | None = None, **values: str) -> User:
    """Change name, email, role or language: those that are given.

    `seen` is the latest event that the editor saw (0: none yet): what happened since is not overwritten but said. Who is invited and
    gets another address is invited anew, since the link belongs to the address.
    """
    account, by = managed(account, by)
    must_be_as_seen(account, seen)
    values = {field: values[field].strip() for field in FIELDS if field in values}
    changed = {field: [getattr(account, field), new] for field, new in values.items() if getattr(account, field) != new}
    if not changed:
        return account
    refuse(_faults(account, by, changed))
    _give(account, {field: new for field, (_old, new) in changed.items()})
    note(account, What.EDITED, by, **changed)
    if "email" in changed and Invitation.objects.filter(account=account).exists():
        send_invitation(account, by=by, site=site)
    return account


def must_be_as_seen(account: User, seen: int | None) -> None:
    latest = account.latest_event()
    if seen is not None and latest and latest.id != seen:
        said = {"name": latest.actor_name, "what": latest.get_what_display()}
        raise ChangedMeanwhile(
            _("Meanwhile %(name)s changed this account (%(what)s). What you see now is its new state.") % said
        )


def _faults(account: User, by: User, changed: dict) -> dict[str, str]:
    faults = {}
    if "role" in changed:
        faults |= role_faults(changed["role"][1], by)
        must_not_be_the_last_administrator(account)
    if "email" in changed:
        faults |= _address_faults(account, changed["email"][1])
    if "language" in changed and changed["language"][1] not in ("ko", "en"):
        faults["language"] = _("Choose a language.")
    return faults


def _address_faults(account: User, email: str) -> dict[str, str]:
    """None at all is allowed to who has another name to sign in by."""
    if not email and account.username != account.email:
        return {}
    return address_faults(email, account)


def _give(account: User, values: dict[str, str]) -> None:
    """Whose user name is the address keeps it so: one who signs in by address has no other name."""
    if "email" in values:
        email = clean_address(values["email"]) if values["email"] else ""
        if account.username == account.email:
            account.username = email
        values = values | {"email": email}
    for field, value in values.items():
        setattr(account, field, value)
    must_fit(account, exclude=["password", "username"])
    account.save()


@transaction.atomic
def deactivate(account: User, *, by: User) -> None:
    """Out at once: sessions, tokens and the addresses of calendars end, and do not come back when the account does."""
    account, by = managed(account, by)
    if not account.is_active:
        raise Refused(_("This account is not active."))
    must_not_be_the_last_administrator(account)
    account.is_active, account.sessions_ended_at = False, timezone.now()
    account.save()
    revoked = Token.objects.filter(owner=account, revoked_at=None).update(revoked_at=timezone.now())
    CalendarFeed.objects.filter(owner_id=account.pk).delete()
    note(account, What.DEACTIVATED, by, **({"tokens": revoked} if revoked else {}))


@transaction.atomic
def reactivate(account: User, *, by: User) -> None:
    """With the password of before. Who never had one is invited again instead."""
    account, by = managed(account, by)
    if account.is_active:
        raise Refused(_("This account is active."))
    if not account.has_usable_password():
        raise Refused(_("This person has never accepted an invitation. Invite again."))
    account.is_active = True
    account.save()
    note(account, What.REACTIVATED, by)


@transaction.atomic
def make_administrator(username: str, password: str = "") -> tuple[User, bool]:
    """From the command line: a new account, or one that is there already. Says whether it is new."""
    account = User.objects.called(username).order_by("pk").first()
    is_new = account is None
    account = account or User(username=username)
    account.role, account.is_active = User.Role.ADMINISTRATOR, True
    if is_new or password:
        must_fit(account, exclude=["password"])
        give_password(account, password)
    account.save()
    Invitation.objects.filter(account=account).delete()
    note(account, What.EDITED, None, actor_name="make_administrator", role=["", account.role])
    return account, is_new
