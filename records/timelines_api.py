"""`GET /api/v1/timelines/`: dated facts in order, each with how exact it is, how sure its order, and who states it."""

from collections.abc import Sequence
from functools import cache

from django.http import Http404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from .answers import ApiView, one_answer, query_parameters
from .conditional import DATA_STATE
from .kinds import kinds
from .labels import Label, in_both, labels_of
from .list_api import link_to
from .timelines import saying
from .timelines.asking import entries, fresh
from .timelines.on_record import WORDS as FACTS
from .timelines.questions import FIRST, FLAGS, LAST, TEXTS, Question, cursor_after, read_question

ONE_DATE = inline_serializer(
    "TimelineDate",
    {
        "exactness": serializers.ChoiceField([(one, one) for one in saying.EXACTNESS]),
        "is_about": serializers.BooleanField(help_text="the source says “about”"),
        "is_uncertain": serializers.BooleanField(help_text="the source doubts it"),
    },
)
STATED = {
    "citation": serializers.UUIDField(),
    "source": serializers.UUIDField(),
    "title_ko": serializers.CharField(allow_blank=True),
    "title_en": serializers.CharField(allow_blank=True),
    "attribute": serializers.CharField(help_text="the field of the record"),
    "value": serializers.CharField(allow_blank=True),
    "value_stated": serializers.CharField(allow_blank=True),
    "place": serializers.CharField(allow_blank=True),
    "certainty": serializers.CharField(),
    "is_held": serializers.BooleanField(help_text="it is the date that the record holds"),
}
ENTRY = {
    "record": serializers.UUIDField(),
    "part": serializers.UUIDField(help_text="the record itself, or what of it is due"),
    "kind": serializers.CharField(),
    "fact": serializers.CharField(),
    "fact_ko": serializers.CharField(),
    "fact_en": serializers.CharField(),
    "label_ko": serializers.CharField(),
    "label_en": serializers.CharField(),
    "about": serializers.UUIDField(allow_null=True, help_text="the record that it is about, where that is another one"),
    "about_ko": serializers.CharField(),
    "about_en": serializers.CharField(),
    "within": serializers.UUIDField(allow_null=True, help_text="its program"),
    "through": serializers.UUIDField(
        allow_null=True, help_text="the participation or role by which it stands on the timeline that was asked for"
    ),
    "starts_on": serializers.CharField(allow_null=True, help_text="EDTF"),
    "ends_on": serializers.CharField(allow_null=True, help_text="EDTF"),
    "first": serializers.DateField(allow_null=True, help_text="first day that its beginning can mean"),
    "starts_last": serializers.DateField(allow_null=True, help_text="last day that its beginning can mean"),
    "ends_first": serializers.DateField(allow_null=True, help_text="first day that its end can mean"),
    "last": serializers.DateField(allow_null=True, help_text="last day that its end can mean"),
    "start": ONE_DATE,
    "end": type(ONE_DATE)(),
    "is_planned": serializers.BooleanField(),
    "is_open": serializers.BooleanField(help_text="still awaited"),
    "days_late": serializers.ListField(
        child=serializers.IntegerField(),
        allow_null=True,
        help_text="where `late` is asked: at least and at most; [0, 12]: perhaps, [0, 0]: not at all",
    ),
    "certainty": serializers.ChoiceField(
        [(one, one) for one in (saying.SURELY, saying.PERHAPS)],
        allow_null=True,
        help_text="whether it surely answers what was asked by days",
    ),
    "order": serializers.ChoiceField(
        [(one, one) for one in (saying.BEFORE, saying.SAME, saying.UNKNOWN)],
        allow_null=True,
        help_text="the entry before lies surely before it, on the same day, or neither is known",
    ),
    "sources": inline_serializer("TimelineStated", STATED, many=True),
}
PAGE = one_answer(
    "TimelinePage",
    {
        "results": inline_serializer("TimelineEntry", ENTRY, many=True),
        "next_cursor": serializers.CharField(allow_null=True),
        "computed_at": serializers.DateTimeField(allow_null=True),
        **DATA_STATE,
    },
)
CHOICES = dict.fromkeys(FLAGS, ("true", "false")) | {
    "certainty": (saying.SURELY, saying.PERHAPS),
    "sort": (FIRST, LAST),
}
PARAMETERS = [
    *query_parameters({name: text for name, text in TEXTS.items() if name not in CHOICES}),
    *(OpenApiParameter(name, str, description=TEXTS[name], enum=words) for name, words in CHOICES.items()),
]


class TimelineView(ApiView):
    """Every dated fact, with the record that it comes from."""

    made_of_records = True
    saying_all_at_once = ("list",)

    @extend_schema(operation_id="timelines_list", tags=["timelines"], parameters=PARAMETERS, responses=PAGE)
    def list(self, request):
        known_at = request._request.known_at
        try:
            question = read_question(
                request.query_params, self.reader, as_of=self.as_of, known_at=known_at, problems=self.problems
            )
        except Http404:
            return self._answer([], None)
        found = entries(self.reader, question.asked, after=question.after, limit=question.limit + 1)
        page = found[: question.limit]
        cursor = cursor_after(page[-1], question.asked.by_end) if len(found) > len(page) else None
        return self._answer(shaped(page, question, self.reader), cursor)

    def _answer(self, results: Sequence[dict], cursor: str | None) -> Response:
        state = fresh()
        body = {"results": results, "next_cursor": cursor, **self.data_state}
        body |= {"computed_at": state.computed_at, "is_stale": state.is_stale}
        return Response(body, headers=link_to(self.request, cursor))


def shaped(page: list, question: Question, reader) -> list[dict]:
    """Entries as the API says them; labels and sources of a page in a constant number of queries."""
    by_kind: dict[str, set] = {name: set() for name in kinds()}
    for entry in page:
        by_kind[entry.kind].add(entry.record)
    labels = labels_of(by_kind, {entry.about for entry in page} - {None}, reader)
    sources, asked, days = saying.sources_of(page, reader), question.asked, question.days
    results = []
    for entry in page:
        before, days = days, saying.days_in_order(entry, asked.by_end)
        results.append(
            _own(entry)
            | _fact(entry.fact)
            | _called("label", labels.get(entry.record))
            | _called("about", labels.get(entry.about))
            | {
                "days_late": None if asked.is_late is None else saying.days_late(entry, asked.today),
                "certainty": saying.certainty(entry, asked),
                "order": saying.order_of_days(days, before),
                "sources": [vars(one) for one in sources.get((entry.record, entry.fact), ())],
            }
        )
    return results


OWN = (
    "record", "part", "kind", "fact", "about", "within", "through", "starts_on", "ends_on", "first", "starts_last",
    "ends_first", "last", "is_planned", "is_open",
)  # fmt: skip


def _own(entry) -> dict:
    said = {name: getattr(entry, name) for name in OWN}
    return said | {"start": vars(saying.exactness(entry.starts_on)), "end": vars(saying.exactness(entry.ends_on))}


def _called(name: str, label: Label | None) -> dict:
    return {f"{name}_ko": label.ko if label else "", f"{name}_en": label.en if label else ""}


@cache
def _fact(fact: str) -> dict:
    ko, en = in_both(FACTS.get(fact) or _("period"))
    return {"fact_ko": ko, "fact_en": en}
