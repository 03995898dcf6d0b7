"""Who asks, and what is there to ask for: a record of every kind at every visibility, and what belongs to people."""

from dataclasses import dataclass, field
from datetime import timedelta
from http.cookies import SimpleCookie
from io import BytesIO
from types import SimpleNamespace

from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone

from labs import commands as labs_commands
from people import commands
from people.models import OutgoingMail, Token
from records.calendars import commands as calendars
from records.commands import Author
from records.documents import keep
from records.export_jobs import EXPORT
from records.hooks.payload import PING
from records.jobs import Job
from records.models import Delivery, Visibility, Webhook
from records.saved import SavedView, Sharing
from records.spreadsheets.models import SheetImport
from reports.models import Attachment, ReportDue
from tests import cast
from tests.test_changes import edit

from .targets import make_updates

PEOPLE = ("anonymous", "viewer", "partner", "other", "officer", "administrator")
TOKENS = (
    "reading",
    "writing",
    "expired",
    "revoked",
    "reporting",
)  # of the officer, and one of GIST; they open the API alone
ASKERS = PEOPLE + TOKENS


@dataclass
class Asker:
    """Somebody who asks, each time with the same cookies and headers, and leaves nothing behind."""

    name: str
    headers: dict[str, str] = field(default_factory=dict)
    user: object = None

    def __post_init__(self):
        self.client = Client(raise_request_exception=False)
        if self.user and not self.headers:
            self.client.force_login(self.user)
        self.cookies = self.client.cookies.output(header="", sep=";")

    def ask(self, method: str, address: str, **sent):
        self.client.cookies = SimpleCookie(self.cookies)
        headers = {"accept-language": "en"} | self.headers | sent.pop("headers", {})
        with transaction.atomic():
            response = getattr(self.client, method.lower())(address, headers=headers, **sent)
            response.body = b"".join(response) if response.streaming else response.content
            transaction.set_rollback(True)
        return response


def askers(w) -> dict[str, Asker]:
    """GIST, whom the partner reports for, takes part in the program of the records; KAIST, the other's, does not."""
    w.user = {
        "viewer": cast.user("viewer"),
        "partner": cast.user("partner", w.gist),
        "other": cast.user("partner", w.kaist),
        "officer": cast.user("officer"),
        "administrator": cast.user("administrator"),
    }
    people = {name: Asker(name, user=w.user.get(name)) for name in PEOPLE}
    tokens = {name: _with_token(name, w.user["officer"]) for name in TOKENS if name != "reporting"}
    return people | tokens | {"reporting": _reporting(w)}


def _reporting(w) -> Asker:
    """With a token of GIST that may send reports."""
    token, key = _machine_token(w, w.gist, "reporting", Token.Scope.REPORT)
    return Asker("reporting", {"authorization": f"Bearer {key}"}, token.owner)


def _machine_token(w, institution, name: str, scope: str = Token.Scope.READ):
    by = Author(cast.reader(w.user["officer"]), "officer")
    return labs_commands.make_token(institution, by=by, name=name, scope=scope)


def _with_token(name: str, owner) -> Asker:
    scope = Token.Scope.READ if name == "reading" else Token.Scope.WRITE
    token, key = commands.make_token(by=owner, name=name, scope=scope)
    if name == "expired":
        Token.objects.filter(pk=token.pk).update(expires_on=timezone.localdate() - timedelta(days=1))
    if name == "revoked":
        commands.revoke_token(token, by=owner)
    return Asker(name, {"authorization": f"Bearer {key}"}, owner)


def world(levels=tuple(Visibility), tag="") -> SimpleNamespace:
    """With records at these visibilities, in whose names the tag stands."""
    w = cast.small_world()
    w.made = {level: cast.one_of_each(w, level, tag=tag and f"{tag}{level.name.lower()}") for level in levels}
    w.askers = askers(w)
    w.changes = {level: edit(made["project"], number="7") for level, made in w.made.items()}
    w.jobs = {name: _job(w.user[name]) for name in ("partner", "officer")}
    w.views = {sharing: _view(w.user["partner"], sharing) for sharing in Sharing}
    w.hooks = {name: _hook(w.user[name]) for name in ("partner", "officer")}
    w.calendars = {name: _calendar(w.user[name]) for name in ("partner", "other")}
    w.accounts = {name: cast.user(name) for name in ("partner", "officer", "administrator")}
    w.tokens = {
        name: commands.make_token(by=by, name="a token")[0]
        for name, by in {"partner": w.user["partner"], "another": w.accounts["partner"]}.items()
    }
    w.mail = OutgoingMail.objects.create(
        account=w.accounts["partner"], to="one@example.org", subject="A mail", state=OutgoingMail.State.FAILED
    )
    w.sheet = SheetImport.objects.create(
        owner_id=w.user["officer"].pk, kind="project", file_name="projects.csv", size=9, state=SheetImport.State.READ,
        what={"format": "CSV", "encoding": "UTF-8", "sheet": "", "rows": 2}, headers=["title_en"], columns=["title_en"],
    )  # fmt: skip
    for made in w.made.values():
        for row in made.values():
            row.refresh_from_db()
    w.updates = make_updates(w)
    w.files = {whose: {state: _file(one) for state, one in made.items()} for whose, made in w.updates.items()}
    w.machine_tokens = {
        whose: _machine_token(w, at, whose)[0] for whose, at in {"partner": w.gist, "other": w.kaist}.items()
    }
    w.dues = _dues(w)
    cast.work()
    return w


def _file(update) -> Attachment:
    return Attachment.objects.create(
        update=update, sent_by="somebody", **keep(BytesIO(b"%PDF-1.7\n%%EOF\n"), "file.pdf")
    )


def _dues(w) -> dict[str, ReportDue]:
    """What the partner's institution and the other's owe, each of a project of its own."""
    owed = {}
    for whose, at, program in (("partner", w.gist, w.alpha), ("other", w.kaist, w.beta)):
        project = cast.project(program)
        cast.participation(at, project, part="lead")
        once = cast.obligation(program, project=project, starts_on="2024-01-01", ends_on="2024-12-31")
        cast.work()
        owed[whose] = ReportDue.objects.get(project=project, obligation=once)
    return owed


def _job(owner) -> Job:
    return Job.objects.create(
        work=EXPORT.name, owner_id=owner.pk, owner_name=str(owner), door="page", language=settings.LANGUAGE_CODE
    )


def _hook(owner) -> Webhook:
    hook = Webhook.objects.create(
        owner_id=owner.pk, owner_name=str(owner), name="a hook", url="https://a.example/", position=""
    )
    Delivery.objects.create(webhook=hook, event=PING, is_by_hand=True, state="failed", next_try_at=None)
    return hook


def _calendar(owner):
    """Of the program of the records, with the secret of its address."""
    return calendars.make("programs/alpha", wanted=calendars.ACTED_ON, language="en", by=cast.reader(owner))


def _view(owner, sharing) -> SavedView:
    return SavedView.objects.create(
        kind="project", name=f"a {sharing} view", query="status=running", sharing=sharing,
        owner_id=owner.pk, owner_name=str(owner),
    )  # fmt: skip
