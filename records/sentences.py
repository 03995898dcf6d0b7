"""What the database refuses, said to a person. One translator for both doors.

The sentence of a constraint stands beside it (`violation_error_message`); those of triggers and foreign keys stand here.
"""

import re
from functools import cache

from django.apps import apps
from django.db import IntegrityError, models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .problem_codes import coded

OF_TRIGGERS = {
    "record_id_never_changes": gettext_lazy("The id of a record never changes."),
    "record_merged_is_retired": gettext_lazy("It was merged into another record. Undo that change to have it back."),
    "record_id_once": gettext_lazy("This id belongs to a record of another kind."),
    "job_moves": gettext_lazy("A job that is over stays as it is."),
    "account_log_only_grows": gettext_lazy("What happened to an account is not changed afterwards."),
    "update_moves": gettext_lazy("The report cannot go from its present state to this one."),
    "update_is_about_one": gettext_lazy("The project, institution and period of a report stay. Begin another report."),
    "update_stays": gettext_lazy("A report that was handed in stays as it is, until it is returned or withdrawn."),
    "update_thread_only_grows": gettext_lazy("What happened to a report is not changed afterwards."),
    "obligation_under_program_or_agreement": gettext_lazy(
        "What is to be reported stands under a program or an agreement."
    ),
    "obligation_project_in_program": gettext_lazy("The project lies in another program than this obligation."),
    "obligation_milestone_in_program": gettext_lazy("The milestone lies in another program than this obligation."),
    "extension_only_added": gettext_lazy("An extension stays as it is. Grant another one; the latest counts."),
    "project_no_circle": gettext_lazy("A project cannot be a part of its own parts."),
    "project_parent_in_program": gettext_lazy("A project and the project that it is part of lie in the same program."),
    "participation_project_in_program": gettext_lazy("The project lies in another program."),
    "fundingline_project_in_program": gettext_lazy("The project lies in another program."),
    "fundingline_envelopes_no_circle": gettext_lazy("A line cannot be a split of its own splits."),
    "fundingline_like_its_envelope": gettext_lazy(
        "A split has the program, the currency and the form of its envelope."
    ),
    "fundingline_seen_with_its_envelope": gettext_lazy("A split is never more hidden than its envelope."),
    "fundingline_envelope_counts": gettext_lazy(
        "The envelope is cancelled or retired. Cancel or retire its splits first."
    ),
    "fundingline_split_of_a_stated_year": gettext_lazy(
        "The envelope states no amount for this year. State one there first, or name a year that it states."
    ),
    "fundingline_within_its_envelope": gettext_lazy(
        "The splits would come to more than their envelope. Lower this amount or raise the envelope first."
    ),
    "fundingline_currency_of_its_entries": gettext_lazy(
        "This line has ledger entries in its currency, which therefore stays."
    ),
    "ledgerentry_only_added": gettext_lazy(
        "A ledger entry stays as it is. Correct it by a counter-entry that names it."
    ),
    "ledgerentry_like_the_corrected": gettext_lazy(
        "A counter-entry has the line, the movement and the fiscal year of the entry it corrects, and the opposite sign."
    ),
    "ledgerentry_corrected_once": gettext_lazy(
        "An entry is taken back once: the counter-entries would come to more than it."
    ),
}


@cache
def _of_constraints() -> dict[str, object]:
    return {c.name: c.violation_error_message for model in apps.get_models() for c in model._meta.constraints}


CODES = {  # by the end of a constraint's name
    "_has_a_name": "required",
    "_has_a_title": "required",
    "_once": "unique",
    "_no_circle": "circle",
    "_only_added": "only_added",
    "_only_grows": "only_added",
    "_never_changes": "only_added",
    "_moves": "state",
    "_stays": "state",
    "_merged_is_retired": "merged",
    "_envelope_counts": "state",
    "_corrected_once": "conflict",
}


def code_of_constraint(name: str) -> str:
    """What kind of thing the constraint `name` refuses (problem_codes.py)."""
    if "_after_" in name:
        return "wrong_order"
    ends = [end for end in CODES if name.endswith(end)]
    if ends:
        return CODES[max(ends, key=len)]
    return "unique" if name in _unique() else "conflict"


@cache
def _unique() -> set[str]:
    of_all = [c for model in apps.get_models() for c in model._meta.constraints]
    return {c.name for c in of_all if isinstance(c, models.UniqueConstraint)}


def sentence(name: str) -> str:
    """The sentence of the constraint `name`, in the reader's language."""
    return coded(code_of_constraint(name), _of_ours(name) or _("The database refused this (%s).") % name)


def _of_ours(name: str) -> str:
    if name.startswith("record_as_hidden_as_"):
        return coded(
            "conflict", _("It must be at least as hidden as its “%s”.") % name.removeprefix("record_as_hidden_as_")
        )
    found = OF_TRIGGERS.get(name) or _of_constraints().get(name)
    return str(found) if found and found != models.BaseConstraint.default_violation_error_message else ""


def explain(error: IntegrityError) -> str:
    """What a person needs to know of an IntegrityError."""
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is None:
        return str(error)
    name, table = diagnosis.constraint_name or "", diagnosis.table_name or ""
    text = _of_ours(name)
    if text:
        return coded(code_of_constraint(name), text)
    column = diagnosis.column_name or re.sub(r"_(key|check|[0-9a-f]{8}_\w+|fk)$", "", name.removeprefix(f"{table}_"))
    match diagnosis.sqlstate:
        case "23505":
            return coded("unique", _("Another record has the same “%s”.") % column)
        case "23503":
            return coded(
                "no_such_record", _("“%s” would lead to a record that does not exist.") % column.removesuffix("_id")
            )
        case "23502" | "23514":
            return coded("not_a_value", _("“%s” lacks a value that is allowed.") % column)
    return sentence(name)


def problems_found(count: int) -> str:
    return ngettext("%d problem.", "%d problems.", count) % count
