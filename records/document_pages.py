"""Files on records: bringing them in, several at once, or a newer one for a document; giving them out.

A file that is replaced stays in the history of its document.

A file that is good is kept by its content at once; when another one of the same form is refused, it is not sent again.
"""

import uuid
from dataclasses import dataclass, field
from pathlib import Path

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.files.uploadhandler import SkipFile, TemporaryFileUploadHandler
from django.http import FileResponse, Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from . import commands
from .api import find
from .base import Change, Record
from .beside import number
from .commands import Author, Create, Edit, Step
from .dates import BadDate, read
from .documents import ALLOWED, LARGEST, BadFile, Document, keep, place, too_large
from .kinds import Kind, kind_of
from .labels import Label, labels_of
from .refusals import Refused, Stale
from .rights import Visibility
from .rules import can_edit, require_can_edit
from .versions import first_with_each, state_of

MOST_FILES = 20
A_DAY = 24 * 3600  # seconds that a kept file waits for the rest of its form


class LimitedUpload(TemporaryFileUploadHandler):
    """Writes files to disk as they come, and leaves out one that is larger than is taken: `request.left_out` has its name."""

    def receive_data_chunk(self, raw_data, start):
        if start + len(raw_data) > LARGEST:
            self.request.left_out = [*getattr(self.request, "left_out", []), self.file_name]
            self.file.close()
            raise SkipFile
        return super().receive_data_chunk(raw_data, start)


class About(forms.Form):
    """What is said of all files of an upload."""

    kind = forms.ChoiceField(label=gettext_lazy("kind"), choices=Document.Kind)
    dated_on = forms.CharField(
        label=gettext_lazy("date of the document"), required=False, help_text=gettext_lazy("For example 2025. 8. 31., 2025-08 or 2025.")
    )  # fmt: skip
    reason = forms.CharField(label=gettext_lazy("reason"), required=False, max_length=500)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    ready = forms.CharField(widget=forms.HiddenInput, required=False)  # signed: files that were kept before

    def clean_dated_on(self):
        try:
            return read(self.cleaned_data["dated_on"]) or None
        except BadDate as bad:
            raise forms.ValidationError(str(bad)) from None


@dataclass
class Arrived:
    """The files of a request: what was kept of them (as fields of a Document), and what is wrong with the others."""

    ready: list[dict] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def signed(self) -> str:
        return signing.dumps(self.ready, salt="files", compress=True) if self.ready else ""


def arrived(request, most: int = MOST_FILES) -> Arrived:
    """Keep what was sent, and take up what an earlier try had kept."""
    found = Arrived(_kept_before(request.POST.get("ready", "")))
    for file in request.FILES.getlist("files"):
        try:
            found.ready.append(keep(file, file.name))
        except BadFile as bad:
            found.problems.append(str(bad))
    found.problems += [too_large(name) for name in getattr(request, "left_out", [])]
    if not found.ready and not found.problems:
        found.problems.append(_("Choose a file."))
    if len(found.ready) > most:
        found.ready = []
        found.problems.append(ngettext("Send %d file at a time.", "Send at most %d files at a time.", most) % most)
    return found


def _kept_before(signed: str) -> list[dict]:
    try:
        return signing.loads(signed, salt="files", max_age=A_DAY) if signed else []
    except signing.BadSignature:
        return []


# ---- giving out ----------------------------------------------------------------------------------------


@require_safe
def download(request, key: str):
    """The file of a document, as an attachment, for those who may see the document."""
    return attachment(find(_documents(), key, request.reader), request.GET.get("version"))


def attachment(document: Document, version: str | None = None) -> FileResponse:
    """The file of the document, or the one that it had in a version. Never shown in place: it is somebody's file."""
    state = document if version is None else _version_of(document, version)
    return as_attachment(place(state.sha256), state.file_name, state.content_type)


def as_attachment(path: Path, name: str, content_type: str) -> FileResponse:
    """A file that no browser opens as a page of ours."""
    response = FileResponse(path.open("rb"), as_attachment=True, filename=name, content_type=content_type)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "sandbox"
    return response


def _version_of(document: Document, number: str) -> Document:
    """The document as it was in one of its versions; files that were replaced stay."""
    is_number = number.isascii() and number.isdigit() and len(number) < 10
    state = state_of(_documents(), document.id, int(number)) if is_number else None
    if state is None:
        raise Http404
    return state


def document_page(page) -> dict:
    """What a document's page has besides: the way to its file, to a newer one, and to those that were replaced."""
    url = reverse("download", args=[page.row.id])
    former = first_with_each(_documents(), page.row.id, "sha256")
    return {
        "sections": ["parts/file.html"],
        "file_url": url,
        "replace_url": reverse("documents_replace", args=[page.row.id]) if can_edit(page.reader) else "",
        "former_files": [
            (state, f"{url}?version={state.version}") for state in former if state.sha256 != page.row.sha256
        ],
    }


# ---- pages ---------------------------------------------------------------------------------------------


@login_required
def add_page(request):
    """`documents/new/?record=<id>`: put files on a record."""
    record, label = _target(request)
    require_can_edit(request.reader)
    form = About(request.POST or None, initial={"key": uuid.uuid4().hex, "kind": Document.Kind.OTHER})
    files = arrived(request) if request.method == "POST" else Arrived()
    if request.method == "POST" and form.is_valid() and not files.problems:
        steps = [Create(_documents(), _values(record, file, form.cleaned_data)) for file in files.ready]
        if _carried_out(request, form, steps):
            said = ngettext("%d file was added.", "%d files were added.", len(steps)) % len(steps)
            messages.success(request, said)
            return redirect(label.url)
    return _shown(request, form, files, label, title=_("Add documents"), most=MOST_FILES)


@login_required
def replace_page(request, key: str):
    """`documents/<id>/replace/`: a newer file for a document. Older ones stay, each with its version."""
    document = find(_documents(), key, request.reader)
    require_can_edit(request.reader)
    label = _label(document.record_id, request)
    form = About(request.POST or None, initial=_as_it_is(document))
    files = arrived(request, most=1) if request.method == "POST" else Arrived()
    if request.method == "POST" and form.is_valid() and not files.problems:
        said = {name: form.cleaned_data[name] for name in ("kind", "dated_on")}
        version = number(request.POST.get("version"))
        if _carried_out(request, form, [Edit(_documents(), document.id, version, said | files.ready[0])]):
            messages.success(request, _("The file was replaced. The earlier one stays in the history."))
            return redirect("record", "documents", document.id)
    title = _("Replace the file “%s”") % document.file_name
    return _shown(request, form, files, label, title=title, most=1, document=document)


def _documents() -> Kind:
    return kind_of(Document)


def _target(request) -> tuple[Record, Label]:
    try:
        record = Record.objects.visible_to(request.reader).get(id=uuid.UUID(request.GET.get("record", "")))
    except (ValueError, Record.DoesNotExist):
        raise Http404 from None
    return record, _label(record.id, request)


def _label(id, request) -> Label:
    found = Record.objects.visible_to(request.reader).get(id=id)
    return labels_of({found.kind: {id}}, set(), request.reader)[id]


def _values(record: Record, file: dict, said: dict) -> dict:
    """A document's fields: titled by its file, as hidden as the record that it is put on."""
    title = Path(file["file_name"]).stem[:500]
    is_korean = any("가" <= letter <= "힣" for letter in title)
    return file | {
        "record": record.id,
        "kind": said["kind"],
        "dated_on": said["dated_on"],
        "title_ko" if is_korean else "title_en": title,
        "visibility": Visibility(record.visibility),
    }


def _as_it_is(document: Document) -> dict:
    return {"key": uuid.uuid4().hex, "kind": document.kind, "dated_on": document.dated_on or ""}


def _carried_out(request, form: About, steps: list[Step]) -> bool:
    """Whether the files are on the record now; else the form says why not."""
    by = Author.of(request, Change.Door.PAGE, form.cleaned_data["reason"], form.cleaned_data["key"])
    try:
        commands.apply(steps, by=by)
    except Refused as refused:
        for fault in refused.faults:
            form.add_error(fault.field if fault.field in form.fields else None, fault.message)
        return False
    except Stale:
        form.add_error(None, _("Somebody changed this document meanwhile. Look at it as it is now, then send again."))
        return False
    return True


def _shown(request, form: About, files: Arrived, label: Label, **more):
    # what was kept travels with the form, so that only what was refused has to be chosen again
    form.initial["ready"] = files.signed
    if form.is_bound:
        form.data = form.data.copy()
        form.data["ready"] = files.signed
    is_refused = bool(files.problems or form.errors) and form.is_bound
    context = {
        "form": form, "files": files, "label": label, "largest": LARGEST, "accepted": ",".join(ALLOWED),
        "back": label.url, "here": reverse("documents_new"), **more,
    }  # fmt: skip
    return render(request, "records/upload.html", context, status=400 if is_refused else 200)
