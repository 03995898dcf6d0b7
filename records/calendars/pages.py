"""The file that calendars ask for, and the page on which people make their calendars, renew their addresses and end them."""

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext_lazy, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from ..conditional import tag_of, tags_in
from ..data_version import data_version
from ..finding import find as find_record
from ..finding import leads_to
from ..kinds import kinds
from ..labels import Label, label_of
from ..refusals import Refused
from ..rights import Reader
from ..submissions import is_sent_again, said_again
from . import commands
from .content import MOST, Content, content_of
from .keys import hashed
from .models import CalendarFeed
from .writing import calendar_of, event_of

MEDIA_TYPE = "text/calendar"


# ---- the file ------------------------------------------------------------------------------------------


@require_safe
def calendar_file(request, key: str):
    """By the rights that the owner of the address has now. An address that was renewed or ended, whose owner's account is
    closed or who may not see the record any more: there is none."""
    feed = CalendarFeed.objects.select_related("record").filter(key_hash=hashed(key)).first()
    reader = feed and _reader_of(feed.owner_id)
    if not reader or not reader.is_signed_in or not _is_there(feed, reader):
        return HttpResponse(_("There is no such calendar."), status=404, content_type="text/plain; charset=utf-8")
    if request.moment_problems or request.as_of or request.known_at:
        return HttpResponse(_("A calendar shows the present."), status=400, content_type="text/plain; charset=utf-8")
    today = timezone.localdate()
    CalendarFeed.objects.filter(pk=feed.pk).exclude(asked_on=today).update(asked_on=today)
    with override(feed.language):
        response = _answer(request, feed, reader, today)
    response["Cache-Control"] = "private, no-cache"
    response["X-Robots-Tag"] = "noindex"
    return response


def _answer(request, feed: CalendarFeed, reader: Reader, today) -> HttpResponse:
    version = data_version()  # before the rows that it vouches for
    tag = tag_of(
        f"calendars/{feed.pk}", QueryDict(), reader=reader, version=version, language=feed.language,
        media_type=MEDIA_TYPE, is_of_today=True,
    )  # fmt: skip
    if {tag, "*"}.intersection(tags_in(request.headers.get("If-None-Match", ""))):
        response = HttpResponse(status=304)
    else:
        content = content_of(feed, reader, today, request.build_absolute_uri)
        body = calendar_of(
            [event_of(span, content.told[span.entry.part]) for span in content.spans],
            name=name_of(feed, reader),
            told=_told(content),
            since=content.since,
            until=content.until,
            at=version.at or timezone.now(),
            uid=str(feed.pk),
        )
        response = HttpResponse(body, content_type=f"{MEDIA_TYPE}; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="registry.ics"'
    response["ETag"] = f'"{tag}"'
    return response


def _told(content: Content) -> str:
    if content.until:
        return _(
            "From %(since)s. More than a calendar holds (%(most)d): from %(until)s on not all is here. Choose fewer kinds."
        ) % {"since": content.since, "most": MOST, "until": content.until}
    return _("From %(since)s, and all that is to come.") % {"since": content.since}


def _reader_of(owner_id: int) -> Reader:
    return import_string(settings.READER_OF)(owner_id)


def _is_there(feed: CalendarFeed, reader: Reader) -> bool:
    return feed.record_id is None or feed_label(feed, reader) is not None


def feed_label(feed: CalendarFeed, reader: Reader) -> Label | None:
    """What the record is called whose calendar it is; None where the reader may not see it, or it is retired."""
    id, kind = leads_to(feed.record_id), kinds()[feed.record.kind]
    try:
        return label_of(kind, find_record(kind, str(id), reader))
    except Http404:
        return None


def name_of(feed: CalendarFeed, reader: Reader) -> str:
    if feed.record_id is None:
        return name_of_own(reader)
    label = feed_label(feed, reader)
    return str(label) if label else _("No longer there for you")


def name_of_own(reader: Reader) -> str:
    return _("My institutions’ dates") if reader.institutions else _("All dates of the registry")


# ---- the page ------------------------------------------------------------------------------------------


class CalendarForm(forms.Form):
    use_required_attribute = False

    of = forms.CharField(widget=forms.HiddenInput, required=False)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("what it shows"), required=False, widget=forms.CheckboxSelectMultiple
    )
    language = forms.ChoiceField(label=gettext_lazy("language"), required=False, choices=settings.LANGUAGES)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = [(name, _called(kind)) for name, kind in commands.dated_kinds().items()]

    def put(self, refused: Refused) -> None:
        for fault in refused.faults:
            self.add_error(fault.field if fault.field in self.fields else None, fault.message)


def _called(kind) -> str:
    return str(_("reports due") if kind.name == "obligation" else kind.label_many).capitalize()


@never_cache
@login_required
def calendars_page(request):
    """One's own, and a form to make one of the record that `of` names. The address of one that was made is shown this once."""
    of = request.POST.get("of", "") if request.method == "POST" else request.GET.get("of", "")
    about = commands.find_subject(of, request.reader) if of else None
    if request.method != "POST":
        return _page(request, _empty(of), about)
    form = CalendarForm(request.POST)
    if form.is_valid():
        wanted, language = form.cleaned_data["kinds"], form.cleaned_data["language"] or get_language()
        try:
            with transaction.atomic():
                if is_sent_again(request, "calendar"):
                    return _again(request)
                feed, key = commands.make(of, wanted=wanted, language=language, by=request.reader)
            return _page(request, _empty(), None, made=feed, key=key)
        except Refused as refused:
            form.put(refused)
    return _page(request, form, about)


@never_cache
@login_required
@require_POST
def act_page(request, id: UUID):
    """One of the buttons: `do` is `renew` or `end`."""
    do = request.POST.get("do", "")
    if do == "renew":
        with transaction.atomic():
            if is_sent_again(request, f"calendar {id}"):
                return _again(request)
            feed, key = commands.renew(id, by=request.reader)
        return _page(request, _empty(), None, made=feed, key=key)
    if do != "end":
        raise Http404
    commands.end(id, by=request.reader)
    messages.success(request, _("The calendar is ended. Its address opens nothing any more."))
    return redirect("my_calendars")


def _again(request) -> HttpResponse:
    messages.info(request, said_again())
    return redirect("my_calendars")


def _empty(of: str = "") -> CalendarForm:
    return CalendarForm(initial={"of": of, "kinds": commands.ACTED_ON, "language": get_language()})


def _page(request, form: CalendarForm, about, made: CalendarFeed | None = None, key: str = "") -> HttpResponse:
    feeds = list(CalendarFeed.objects.own(request.reader).select_related("record").order_by("-id"))
    address = request.build_absolute_uri(reverse("calendar_file", args=[key])) if key else ""
    context = {
        "form": form,
        "about": label_of(*about) if about else None,
        "own": name_of_own(request.reader),
        "feeds": [(feed, _row(feed, request.reader)) for feed in feeds],
        "made": name_of(made, request.reader) if made else "",
        "address": address,
        "webcal": "webcal:" + address.partition(":")[2] if address else "",
        "most": commands.MOST,
        "events": MOST,
    }
    return render(request, "timelines/calendars.html", context)


def _row(feed: CalendarFeed, reader: Reader) -> dict:
    return {
        "label": feed_label(feed, reader) if feed.record_id else None,
        "name": name_of(feed, reader),
        "kinds": [_called(kind) for name, kind in commands.dated_kinds().items() if name in feed.kinds],
    }


patterns = [
    path("accounts/me/calendars/", calendars_page, name="my_calendars"),
    path("accounts/me/calendars/<uuid:id>/act/", act_page, name="calendar_act"),
]
