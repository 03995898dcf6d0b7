"""Who may do what with accounts (design.md, “The rights”). Administrators manage all, officers manage partners."""

from .models import Token, User

SCOPES = (Token.Scope.READ, Token.Scope.WRITE)
SCOPES_OF_PARTNERS = (Token.Scope.READ, Token.Scope.REPORT, Token.Scope.WRITE)


def can_manage_accounts(user) -> bool:
    return bool(user.is_authenticated and user.manages)


def can_manage(user, account: User) -> bool:
    return not account.is_machine and account.role in user.manages


def can_give(user, role: str) -> bool:
    """Nobody gives a role that they do not manage; so nobody raises their own."""
    return role in user.manages


def can_see_mails(user) -> bool:
    return user.is_authenticated and user.is_active and user.is_administrator


def scopes_of(user) -> tuple[Token.Scope, ...]:
    """What one's own tokens may be for. Only partners send reports."""
    return SCOPES_OF_PARTNERS if user.role == User.Role.PARTNER else SCOPES


def can_revoke(user, token: Token) -> bool:
    return user.is_active and (token.owner_id == user.pk or can_manage(user, token.owner))
