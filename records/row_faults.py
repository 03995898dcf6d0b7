"""What is wrong with a row before it is written, and with one that the database refused: each fault at its field."""

from collections.abc import Iterator
from uuid import UUID

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import DatabaseError, IntegrityError, connection, models, transaction
from django.db.models.functions import Coalesce
from django.db.models.sql import Query
from django.db.models.sql.constants import SINGLE
from django.utils.translation import gettext as _

from .kinds import Kind
from .problem_codes import coded
from .refusals import Fault
from .sentences import code_of_constraint, explain

OURS = ("new", "bulk", "import", "export", "views")  # words of our own addresses, which no record is called by


def row_faults(kind: Kind, row, names: set[str], new: set[UUID]) -> Iterator[Fault]:
    """What the model and its constraints refuse in these fields of the row."""
    if "slug" in names and kind.has_slug and row.slug in OURS:
        yield Fault("slug", coded("unique", _("“%s” is a word of our own addresses. Choose another one.") % row.slug))
    given_here = {ref.name for ref in kind.refs if getattr(row, f"{ref.name}_id", None) in new}
    others = {f.name for f in kind.model._meta.fields} - names
    found = []
    try:
        row.clean_fields(exclude=others | given_here)
        row.validate_unique(exclude=others)
    except ValidationError as error:
        for name, messages in _coded(error).items():
            found += [Fault("" if name == NON_FIELD_ERRORS else name, message, code=code) for message, code in messages]
    yield from found
    wrong = {name for fault in found for name in (fault.field, f"{fault.field}_first", f"{fault.field}_last")}
    yield from _constraint_faults(kind, row, given_here | wrong)


def _coded(error: ValidationError) -> dict[str, list[tuple[str, str]]]:
    """The sentences of Django's own checks by field, each with our code for what it is about."""
    return {
        name: [(one.messages[0], OF_CHECKS.get(one.code, "invalid")) for one in errors]
        for name, errors in error.error_dict.items()
    }


OF_CHECKS = {
    "blank": "required", "null": "required", "required": "required", "max_length": "too_long", "unique": "unique",
    "invalid_choice": "not_a_choice", "min_value": "out_of_range", "max_value": "out_of_range",
    "max_digits": "out_of_range", "max_decimal_places": "out_of_range", "max_whole_digits": "out_of_range",
}  # fmt: skip


def _constraint_faults(kind: Kind, row, given_here: set[str]) -> Iterator[Fault]:
    holding = _holding(kind, row, given_here)
    for constraint in kind.model._meta.constraints:
        if constraint in holding:
            continue
        try:
            constraint.validate(kind.model, row, exclude=given_here)
        except ValidationError as error:
            yield Fault(_field_of(kind, constraint), " ".join(error.messages), code=code_of_constraint(constraint.name))


def _holding(kind: Kind, row, given_here: set[str]) -> list[models.CheckConstraint]:
    """The checks of which one statement says that they hold. The others are asked one by one, as Django does by itself:
    they speak of a field that is excluded, do not hold, or could not be asked together with the rest."""
    meta, checks = kind.model._meta, []
    query = Query(None)
    for name, value in row._get_field_expression_map(meta=meta, exclude=given_here).items():
        query.add_annotation(value if hasattr(value, "resolve_expression") else models.Value(value), name, select=False)
    for constraint in meta.constraints:
        if not isinstance(constraint, models.CheckConstraint):
            continue
        if given_here and constraint._expression_refs_exclude(kind.model, constraint.condition, given_here):
            continue
        holds = Coalesce(constraint.condition, True, output_field=models.BooleanField())  # unknown is no fault
        query.add_annotation(holds, f"_check_{len(checks)}")
        checks.append(constraint)
    if not checks:
        return []
    try:
        with transaction.atomic():
            answers = query.get_compiler(connection=connection).execute_sql(SINGLE)
    except DatabaseError:
        return []
    return [constraint for constraint, holds in zip(checks, answers, strict=True) if holds]


def _field_of(kind: Kind, constraint) -> str:
    """The field at which the sentence of a constraint stands: the last one that it speaks of."""
    return next(iter(fields_of(kind, constraint)), "")


def fields_of(kind: Kind, constraint) -> list[str]:
    """The fields that a constraint speaks of, the last one first."""
    named = [name.partition("__")[0] for name in _names_in(constraint)]
    fields = [name.removesuffix("_first").removesuffix("_last") for name in named]
    return [name for name in reversed(fields) if name in kind.typed_fields]


def _names_in(constraint) -> list[str]:
    if isinstance(constraint, models.UniqueConstraint):
        return list(constraint.fields)
    return [leaf[0] for leaf in _leaves(constraint.condition)]


def _leaves(q: models.Q) -> Iterator[tuple]:
    for child in q.children:
        if isinstance(child, models.Q):
            yield from _leaves(child)
        else:
            yield child


def fault_of(kind: Kind, error: IntegrityError) -> Fault:
    """What the database refused, at the field that it names."""
    diagnosis = getattr(error.__cause__, "diag", None)
    column = ((diagnosis and diagnosis.column_name) or "").removesuffix("_id")
    constraint = next(
        (c for c in kind.model._meta.constraints if diagnosis and c.name == diagnosis.constraint_name), None
    )
    place = column if column in kind.typed_fields else _field_of(kind, constraint) if constraint else ""
    return Fault(place, explain(error))
