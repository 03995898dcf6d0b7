"""The steps that the commands of accounts share: ask, lock, check, note."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, models
from django.db.models import Q
from django.utils.translation import gettext as _

from people.models import AccountEvent, User
from people.rules import can_give, can_manage
from records.refusals import Fault, NotAllowed, Refused

LONGEST_ADDRESS = 150  # it is the user name as well


def require(is_allowed: bool, sentence: str = "") -> None:
    if not is_allowed:
        raise NotAllowed(sentence or _("You may not do this."))


def locked(account: User, by: User) -> tuple[User, User]:
    """Both accounts as they are now, theirs and every active administrator's rows locked in one order.

    So of two administrators who would deactivate each other the second sees what the first has done.
    """
    is_administrator = Q(role=User.Role.ADMINISTRATOR, is_active=True)
    rows = User.objects.filter(is_administrator | Q(pk__in=[account.pk, by.pk])).order_by("pk")
    list(rows.select_for_update(no_key=True).values_list("pk"))
    now = User.objects.in_bulk([account.pk, by.pk])
    return now[account.pk], now[by.pk]


def managed(account: User, by: User) -> tuple[User, User]:
    """Both accounts locked, where `by` manages the other; else NotAllowed."""
    account, by = locked(account, by)
    require(can_manage(by, account), _("You may not manage this account."))
    return account, by


def must_not_be_the_last_administrator(account: User) -> None:
    """For when this one, locked, stops being an active administrator."""
    others = User.objects.filter(role=User.Role.ADMINISTRATOR, is_active=True).exclude(pk=account.pk)
    if account.is_active and account.is_administrator and not others.exists():
        raise Refused(_("This is the last active administrator. Make another account an administrator first."))


def role_faults(role: str, by: User) -> dict[str, str]:
    if role not in User.Role.values:
        return {"role": _("Choose a role.")}
    return {} if can_give(by, role) else {"role": _("You may not give this role.")}


def clean_address(email: str) -> str:
    """The address in small letters. ValidationError where it is none, or too long for us."""
    email = email.strip().lower()
    validate_email(email)
    if len(email) > LONGEST_ADDRESS:
        raise ValidationError(_("An address may have %d characters here.") % LONGEST_ADDRESS)
    return email


def address_faults(email: str, account: User | None = None) -> dict[str, str]:
    """What is wrong with giving this address to the account (None: to a new one)."""
    try:
        email = clean_address(email)
    except ValidationError as bad:
        return {"email": bad.messages[0]}
    _one_at_a_time(email)
    if User.objects.called(email).exclude(pk=account.pk if account else None).exists():
        return {"email": _("There is an account with this address already.")}
    return {}


def give_password(account: User, password: str) -> None:
    """Set it, not yet saved, where Django's validators find nothing wrong with it."""
    try:
        validate_password(password, account)
    except ValidationError as weak:
        raise Refused(Fault("password", sentence) for sentence in weak.messages) from None
    account.set_password(password)


def _one_at_a_time(email: str) -> None:
    """Two who give one address at once take turns: user names and addresses are two columns, no constraint sees both."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('account called'), hashtext(%s))", [email])


def refuse(faults: dict[str, str]) -> None:
    """All errors at once."""
    if faults:
        raise Refused(Fault(field, sentence) for field, sentence in faults.items())


def must_fit(row: models.Model, **how) -> None:
    """What Django finds wrong with a row of ours, as a refusal."""
    try:
        row.full_clean(**how)
    except ValidationError as bad:
        raise Refused(Fault(field, said) for field, all_said in bad.message_dict.items() for said in all_said) from None


def note(account: User, what: str, by: User | None, actor_name: str = "", **details) -> AccountEvent:
    return AccountEvent.objects.create(
        account=account,
        actor_id=by.pk if by else None,
        actor_name=by.shown_name if by else actor_name,
        what=what,
        details=details,
    )
