"""`GET /api/v1/<plural>/?group_by=…&measure=…`: a list's rows added up, by the list's own address, filters and rights."""

from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from . import aggregates
from .aggregates import MOST_GROUPED_BY, MOST_GROUPS, Question, groups_of, measures_of
from .answers import one_answer
from .asking import BadQuery, Problem, not_allowed
from .columns import LABEL
from .conditional import DATA_STATE
from .export_api import is_file
from .kinds import Field, Kind, Type
from .labels import labels_of, mentioned_ids
from .list_api import CONTROLS, nowhere, wrong_outside
from .rights import Reader
from .shape_asked import NO, YES


def is_added_up(request) -> bool:
    """Whether what rows of a list add up to is asked for."""
    return aggregates.is_asked(request.query_params)


def groups_answer(view) -> Response:
    """The groups of a list. Raises BadQuery."""
    asked, problems = view.request.query_params, wrong_outside(view)
    if is_file(view.request):
        said = not_allowed("format", view.request.accepted_renderer.format, ["json"])
        problems.append(Problem("format", said))
    if asked.get("flat", "") not in (*YES, *NO):
        problems.append(Problem("flat", not_allowed("flat", asked["flat"], ("1", "0"))))
    question = aggregates.read(view.kind, asked, view.reader, as_of=view.as_of, problems=problems, controls=CONTROLS)
    if nothing_there := [*nowhere(question.query)]:
        raise BadQuery(nothing_there)
    found = aggregates.answer(question)
    results = aggregates.shape(question, found.rows, minor=view.is_minor)
    if asked.get("flat", "") in YES:
        results = with_labels(question, results, view.reader)
    return Response({"results": results, "groups": found.groups, "next_cursor": None} | view.data_state)


def with_labels(question: Question, results: list[dict], reader: Reader) -> list[dict]:
    """The same rows; beside each reference and choice its label, in the language asked for, as rows of lists have it."""
    words = {group.name: _words(group.field) for group in question.by if group.field.type is Type.CHOICE}
    references = {group.name: group.field for group in question.by if group.field.type in (Type.REF, Type.RECORD)}
    ids = ((field, {row[name] for row in results} - {None}) for name, field in references.items())
    known = {str(id): str(label) for id, label in labels_of(*mentioned_ids(ids), reader).items()}
    words |= dict.fromkeys(references, known)
    flat = []
    for row in results:
        flat.append({})
        for name, value in row.items():
            flat[-1][name] = value
            if name in words:
                flat[-1][name + LABEL] = words[name].get(value)
    return flat


def _words(field: Field) -> dict[str, str]:
    return {str(word): str(label) for word, label in field.choices}


# ---- the schema ----------------------------------------------------------------------------------------


def texts_for(kind: Kind) -> dict[str, str]:
    """What `group_by` and `measure` of a list of this kind take."""
    groups, measures = ", ".join(groups_of(kind)), ", ".join(measures_of(kind))
    by = (
        f"Up to {MOST_GROUPED_BY}, with commas between: the rows are added up, one result for each group, null for"
        f" what has no value; at most {MOST_GROUPS} groups, or the first by `sort` and `limit`. One of: {groups}."
    )
    return {"group_by": by, "measure": f"What is told of each group (count), with commas: {measures}."}


GROUPS = one_answer(
    "Groups",
    {
        "results": serializers.ListField(
            child=serializers.DictField(),
            help_text="groups, then measures, by the names under which they are asked for",
        ),
        "groups": serializers.IntegerField(help_text="how many there are, also where `limit` shows fewer"),
        "next_cursor": serializers.CharField(allow_null=True, help_text="null: groups come as a whole"),
        **DATA_STATE,
    },
)


class EitherAnswer(serializers.Serializer):
    """What a list answers: a page of rows, or groups of them."""


class AsEither(OpenApiSerializerExtension):
    target_class = EitherAnswer
    match_subclasses = True

    def map_serializer(self, auto_schema, direction):
        both = (self.target.page, GROUPS)
        return {"anyOf": [auto_schema.resolve_serializer(one, direction).ref for one in both]}


def page_or_groups(name: str, page: serializers.Serializer) -> serializers.Serializer:
    """The answer of a list, for the schema."""
    either = type(f"{name}PageOrGroups", (EitherAnswer,), {"__doc__": EitherAnswer.__doc__})
    either.page = page
    return extend_schema_serializer(many=False)(either)()
