"""Accounts together with the institutions that they report for. What is about the account alone: people/commands."""

import re
from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from people import commands as accounts
from people.commands.steps import managed, note, refuse
from people.models import AccountEvent, User
from records.refusals import Fault, Refused

from .models import Institution, Membership

IN_BRACKETS = re.compile(r"\(([-\w]+)\)$", re.ASCII)
SIMILAR = 5  # names offered where one is not found


@transaction.atomic
def invite(*, institutions: Iterable[Institution] = (), **values) -> User:
    """As `people.commands.invite`; a partner with the institutions that it will report for."""
    institutions = list(institutions)
    refuse(institution_faults(values["role"], institutions))
    account = accounts.invite(**values)
    _write(account, institutions, values["by"])
    return account


@transaction.atomic
def edit_account(account: User, *, by: User, institutions: Iterable[Institution] = (), **values) -> User:
    """As `people.commands.edit_account`, with all the institutions from now on. Only partners have any."""
    institutions = list(institutions)
    refuse(institution_faults(values.get("role", account.role), institutions))
    edited = accounts.edit_account(account, by=by, **values)
    _write(edited, institutions, by)
    return edited


@transaction.atomic
def set_institutions(account: User, institutions: Iterable[Institution], *, by: User) -> None:
    account, by = managed(account, by)
    institutions = list(institutions)
    refuse(institution_faults(account.role, institutions))
    _write(account, institutions, by)


def _write(account: User, institutions: list[Institution], by: User) -> None:
    """The account is locked, and whether `by` may has been asked."""
    wanted = {one.pk: one for one in institutions}
    before = {m.institution_id: m for m in account.memberships.select_related("institution")}
    if wanted.keys() == before.keys():
        return
    account.memberships.exclude(institution__in=wanted).delete()
    Membership.objects.bulk_create(
        Membership(user=account, institution=one) for one in wanted.values() if one.pk not in before
    )
    then = [names([m.institution for m in before.values()]), names(wanted.values())]
    note(account, AccountEvent.What.EDITED, by, institutions=then)


def names(institutions: Iterable[Institution]) -> str:
    return ", ".join(sorted(str(one) for one in institutions))


def institution_faults(role: str, institutions: list[Institution]) -> dict[str, str]:
    if role == User.Role.PARTNER and not institutions:
        return {"institutions": _("Name the institution that this person reports for.")}
    if role != User.Role.PARTNER and institutions:
        return {"institutions": _("Only partners report for institutions. Leave this empty.")}
    return {}


def institutions_named(text: str) -> list[Institution]:
    """Institutions by their names in either language, other names, or short names, one in each line.

    Refused with a sentence for each line that names none, or more than one.
    """
    lines = dict.fromkeys(line.strip() for line in text.splitlines() if line.strip())
    found, faults = [], []
    for line in lines:
        named = list(_called(line)[:SIMILAR])
        if len(named) == 1:
            found += named
        else:
            faults.append(_fault_of(line, named))
    if faults:
        raise Refused(Fault("institutions", sentence) for sentence in faults)
    return list({one.pk: one for one in found}.values())


def _called(name: str):
    """With the short name in brackets behind, or alone, exactly one."""
    low = name.lower()
    slug = IN_BRACKETS.search(low)
    rows = Institution.objects.filter(is_retired=False).annotate(ko=Lower("name_ko"), en=Lower("name_en"))
    by_slug = rows.filter(slug=slug[1] if slug else low)
    return by_slug if by_slug.exists() else rows.filter(Q(ko=low) | Q(en=low) | Q(aliases__contains=[name]))


def _fault_of(line: str, named: list[Institution]) -> str:
    if named:
        several = ", ".join(one.slug for one in named)
        return _("Several institutions are called “%(name)s”. Write one of the short names: %(several)s.") % {
            "name": line,
            "several": several,
        }
    like = Q(name_ko__icontains=line) | Q(name_en__icontains=line) | Q(slug__icontains=line)
    similar = ", ".join(str(one) for one in Institution.objects.filter(like, is_retired=False)[:SIMILAR])
    if similar:
        return _("There is no institution “%(name)s”. Similar ones: %(similar)s.") % {"name": line, "similar": similar}
    return _("There is no institution “%s”.") % line
