"""Accounts together with the institutions that they report for, and the tokens of institutions.

What is about the account alone: people/commands.
"""

import re
from collections.abc import Iterable
from datetime import date

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import translation
from django.utils.translation import gettext as _

from people import commands as accounts
from people.commands.steps import locked, managed, note, refuse, require
from people.commands.tokens import end_token, give_token
from people.models import AccountEvent, Token, User
from records.commands import Author
from records.refusals import Fault, Refused

from .models import Institution, Membership
from .rules import can_keep_tokens

IN_BRACKETS = re.compile(r"\(([-\w]+)\)$", re.ASCII)
SIMILAR = 5  # names offered where one is not found
LONGEST_NAME = 130  # of an institution, in the name of its machine
SCOPES = (Token.Scope.READ, Token.Scope.REPORT)  # of an institution's tokens


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


# ---- tokens of an institution ----------------------------------------------------------------------


@transaction.atomic
def make_token(
    institution: Institution,
    *,
    by: Author,
    name: str,
    scope: str = Token.Scope.READ,
    expires_on: date | None = None,
) -> tuple[Token, str]:
    """A token of the institution, and its key. It asks as the institution's machine, so it outlives who made it."""
    require(can_keep_tokens(by.reader, institution.id))
    machine, maker = _locked(machine_of(institution), by)
    return give_token(machine, SCOPES, by=maker, name=name, scope=scope, expires_on=expires_on)


@transaction.atomic
def revoke_token(institution: Institution, token: Token, *, by: Author) -> None:
    require(can_keep_tokens(by.reader, institution.id) and tokens_of(institution).filter(pk=token.pk).exists())
    _machine, who = _locked(token.owner, by)
    end_token(token, by=who)


def tokens_of(institution: Institution):
    """Those of institutions that were merged into it included."""
    return Token.objects.filter(owner__in=_machines_of(institution))


def events_of(institution: Institution):
    """What happened to its tokens."""
    return AccountEvent.objects.filter(account__in=_machines_of(institution))


def machine_of(institution: Institution) -> User:
    """The account that the institution's tokens ask as; the first token makes it, of two who make one at once one does."""
    values = {
        "name": _machine_name(institution),
        "role": User.Role.PARTNER,
        "is_machine": True,
        "password": make_password(None),
    }
    machine, _made = User.objects.get_or_create(username=f"machine-{institution.id}", defaults=values)
    Membership.objects.get_or_create(user=machine, institution=institution)
    return machine


def _machine_name(institution: Institution) -> str:
    """What the history shows; a name is one text, as those of people are."""
    with translation.override("ko"):
        return _("%s (system)") % str(institution)[:LONGEST_NAME]


def _machines_of(institution: Institution):
    belongs = Q(institution=institution) | Q(institution__merged_into=institution.id)
    return Membership.objects.filter(belongs, user__is_machine=True).values("user")


def _locked(machine: User, by: Author) -> tuple[User, User]:
    """The machine's account and the asker's, both locked."""
    machine, who = locked(machine, User.objects.get(pk=by.reader.user_id))
    require(who.is_active and not who.is_machine)
    return machine, who
