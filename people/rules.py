"""Who may do what with accounts (design.md, “The rights”). Administrators manage all, officers manage partners."""

from .models import Token, User


def can_manage_accounts(user) -> bool:
    return bool(user.is_authenticated and user.manages)


def can_manage(user, account: User) -> bool:
    return account.role in user.manages


def can_give(user, role: str) -> bool:
    """Nobody gives a role that they do not manage; so nobody raises their own."""
    return role in user.manages


def can_see_mails(user) -> bool:
    return user.is_authenticated and user.is_active and user.is_administrator


def can_revoke(user, token: Token) -> bool:
    return user.is_active and (token.owner_id == user.pk or can_manage(user, token.owner))
