"""Who may do what with programs and what belongs to them (design.md, “The rights”)."""

from django.db import connection

from people.models import User
from records.rights import ANYONE, Reader, Visibility

from .models import Participation

LEVEL = {
    User.Role.VIEWER: Visibility.SHARED,
    User.Role.PARTNER: Visibility.PUBLIC,
    User.Role.OFFICER: Visibility.INTERNAL,
    User.Role.ADMINISTRATOR: Visibility.INTERNAL,
}


def reader_for(user) -> Reader:
    """What this user may see: by role, and for a partner the programs in which its institutions take part."""
    if not user.is_authenticated:
        return ANYONE
    institutions = institutions_of(user) if user.role == User.Role.PARTNER else frozenset()
    return Reader(
        level=LEVEL[user.role],
        takes_part_in=programs_of(institutions),
        institutions=institutions,
        is_signed_in=True,
        is_officer=user.is_officer,
        is_administrator=user.role == User.Role.ADMINISTRATOR,
        user_id=user.pk,
    )


def reader_of(user_id: int) -> Reader:
    """The same of an id. An account that is closed or gone may see what anybody may."""
    user = User.objects.filter(pk=user_id, is_active=True).first()
    return reader_for(user) if user else ANYONE


def institutions_of(user) -> frozenset:
    """Ids of the institutions that the user reports for, with all their units."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE mine (id) AS (SELECT coalesce(i.merged_into_id, i.id) FROM labs_membership m"
            " JOIN labs_institution i ON i.id = m.institution_id WHERE m.user_id = %s"
            " UNION SELECT i.id FROM mine m JOIN labs_institution i ON i.parent_id = m.id) SELECT id FROM mine",
            [user.pk],
        )
        return frozenset(id for (id,) in cursor)


def programs_of(institutions: frozenset) -> frozenset:
    """Ids of the programs in which, or in a project of which, one of these institutions takes part."""
    if not institutions:
        return frozenset()
    parts = Participation.objects.filter(
        institution__in=institutions, is_retired=False, scope__kind__in=("program", "project")
    )
    return frozenset(parts.values_list("scope__within", flat=True).distinct()) - {None}
