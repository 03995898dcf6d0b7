"""The cast and the small world of the tests: plain functions, each with as few words as a test needs.

Officer, partner and stranger are accounts (`user`); GIST takes part in the program Alpha, KAIST does not.
"""

from decimal import Decimal
from io import BytesIO
from itertools import count
from types import SimpleNamespace
from uuid import UUID

from django.db import connection
from django.http import QueryDict
from hypothesis import strategies as st

from funding.models import ExchangeRate, FundingAmount, FundingLine, LedgerEntry
from labs.models import Affiliation, Facility, Institution, Lab, Membership
from people.models import Researcher, User
from programs.models import (
    Agreement,
    Committee,
    Course,
    Event,
    Exchange,
    Headcount,
    Milestone,
    Output,
    Participation,
    Phase,
    Program,
    Project,
    Role,
)
from programs.rules import reader_for
from records import lists
from records.documents import keep
from records.figures import clear_stale_marks
from records.kinds import Kind, kinds
from records.models import Citation, Disagreement, Document, Relation, Source, Visibility
from reports.models import Obligation

PUBLIC, SHARED, INTERNAL = Visibility
_number = count(1)


def _slug(given: str) -> str:
    return given or f"s{next(_number)}"


# ---- one row of each kind, with what it needs ------------------------------------------------------------


def institution(slug="", kind="university", **more) -> Institution:
    slug = _slug(slug)
    return Institution.objects.create(
        slug=slug, kind=kind, **{"name_ko": f"기관 {slug}", "name_en": slug.title()} | more
    )


def lab(at: Institution, slug="", **more) -> Lab:
    slug = _slug(slug)
    return Lab.objects.create(slug=slug, institution=at, **{"name_en": f"Lab {slug}"} | more)


def researcher(name="", **more) -> Researcher:
    return Researcher.objects.create(name_en=name or f"Researcher {next(_number)}", **more)


def affiliation(person: Researcher, at: Institution, **more) -> Affiliation:
    return Affiliation.objects.create(researcher=person, institution=at, **more)


def program(slug="", **more) -> Program:
    slug = _slug(slug)
    names = {"name_ko": f"사업 {slug}", "name_en": f"Program {slug}"}
    return Program.objects.create(slug=slug, **names | {"status": "running"} | more)


def project(within: Program | Project, slug="", **more) -> Project:
    """A project of a program, or a part of another project."""
    slug = _slug(slug)
    place = {"program": within} if isinstance(within, Program) else {"program": within.program, "parent": within}
    titles = {"title_ko": f"과제 {slug}", "title_en": f"Project {slug}"}
    return Project.objects.create(slug=slug, **place | titles | {"status": "running"} | more)


def participation(at: Institution, scope, **more) -> Participation:
    return Participation.objects.create(institution=at, scope_id=scope.id, **{"part": "joint"} | more)


def role(person: Researcher, scope, **more) -> Role:
    return Role.objects.create(researcher=person, scope_id=scope.id, **{"part": "pi"} | more)


def headcount(scope, number=10, **more) -> Headcount:
    return Headcount.objects.create(scope_id=scope.id, number=number, **more)


def line(within: Program | Project, **more) -> FundingLine:
    return FundingLine.objects.create(**_place(within) | {"name_en": f"Line {next(_number)}"} | more)


def amount(of: FundingLine, year=2025, planned=None, **more) -> FundingAmount:
    return FundingAmount.objects.create(line=of, fiscal_year=year, planned=planned, **more)


def split(of: FundingLine, **more) -> FundingLine:
    """A part of a line, in its own project unless another one is given."""
    same = {name: getattr(of, name) for name in ("program_id", "project_id", "form", "currency", "visibility")}
    if "project" in more:
        same.pop("project_id")
    return FundingLine.objects.create(**same | {"envelope": of, "name_en": f"Split {next(_number)}"} | more)


def entry(of: FundingLine, amount=1, movement="spent", **more) -> LedgerEntry:
    return LedgerEntry.objects.create(line=of, movement=movement, amount=amount, **{"posted_on": "2025-03-15"} | more)


def counter_entry(against: LedgerEntry, amount=None, **more) -> LedgerEntry:
    """One that takes an entry back, wholly unless less is given."""
    same = {name: getattr(against, name) for name in ("line_id", "movement", "posted_on", "fiscal_year", "visibility")}
    return LedgerEntry.objects.create(**same | {"corrects": against, "amount": -(amount or against.amount)} | more)


def rate(currency="USD", of=Decimal("1472.5"), **more) -> ExchangeRate:
    return ExchangeRate.objects.create(
        currency=currency, rate=of, **{"dated_on": f"{1000 + next(_number) % 9000}"} | more
    )


def source(title="", **more) -> Source:
    return Source.objects.create(**{"title_en": title or f"Source {next(_number)}", "kind": "article"} | more)


def citation(by: Source, about, attribute="name", **more) -> Citation:
    return Citation.objects.create(
        source=by, record_id=about.id, attribute=attribute, **{"value_stated": f"value {next(_number)}"} | more
    )


def disagreement(about, **more) -> Disagreement:
    more = {"attribute": "name", "kind": "value", "topic_en": f"Topic {next(_number)}"} | more
    return Disagreement.objects.create(record_id=about.id, **more)


def obligation(scope, **more) -> Obligation:
    """To report yearly, unless another rhythm is given."""
    usual = {
        "title_en": f"Obligation {next(_number)}",
        "rhythm": "yearly",
        "starts_on": "2025-01-01",
        "visibility": PUBLIC,
    }
    return Obligation.objects.create(scope_id=scope.id, **usual | more)


def relation(of, to, **more) -> Relation:
    return Relation.objects.create(record_id=of.id, other_id=to.id, **{"kind": "belongs_to"} | more)


def _titled(model: type, **own):
    """How a titled record under another one is made."""
    return lambda scope, tag, **more: model.objects.create(scope_id=scope.id, title_en=f"{tag}", **own | more)


UNDER = {
    "phase": _titled(Phase, status="running", starts_on="2022"),
    "milestone": _titled(Milestone, due_on="2023"),
    "agreement": _titled(Agreement, kind="mou", signed_on="2021-05-24"),
    "committee": lambda scope, tag, **more: Committee.objects.create(
        scope_id=scope.id, name_en=f"committee {tag}", kind="joint", **more
    ),
    "event": _titled(Event, kind="workshop", status="completed", starts_on="2022-07-07"),
    "course": _titled(Course, kind="degree", status="planned"),
    "output": _titled(Output, kind="paper", published_on="2025"),
    "exchange": lambda scope, tag, **more: Exchange.objects.create(
        scope_id=scope.id, status="planned", purpose_en=f"exchange {tag}", **more
    ),
    "document": lambda scope, tag, **more: Document.objects.create(
        record_id=scope.id, title_en=f"document {tag}", kind="plan", **keep(BytesIO(b"%PDF-1.7\n%%EOF\n"), "plan.pdf"), **more
    ),
}  # fmt: skip


def _place(within: Program | Project) -> dict:
    if isinstance(within, Program):
        return {"program": within}
    return {"program_id": within.program_id, "project": within}


# ---- people who ask ----------------------------------------------------------------------------------------


def user(role: str, *reports_for: Institution, name="") -> User:
    made = User.objects.create_user(name or f"{role}{next(_number)}", role=role)  # no password: making one takes long
    for one in reports_for:
        Membership.objects.create(user=made, institution=one)
    return made


ROLES = (
    "anonymous",
    "viewer",
    "partner",
    "partner_of_whole",
    "partner_of_unit",
    "stranger",
    "officer",
    "administrator",
)


def cast(world) -> dict[str, User | None]:
    """Everybody who may ask: partners of GIST, of the whole that GIST is a unit of, of a unit of GIST, and of KAIST."""
    return {
        "anonymous": None,
        "viewer": user("viewer"),
        "partner": user("partner", world.gist),
        "partner_of_whole": user("partner", world.government),
        "partner_of_unit": user("partner", world.unit),
        "stranger": user("partner", world.kaist),
        "officer": user("officer"),
        "administrator": user("administrator"),
    }


# ---- a small world -----------------------------------------------------------------------------------------


def small_world() -> SimpleNamespace:
    """A program that GIST takes part in, with projects three deep; KAIST runs another one."""
    w = SimpleNamespace()
    w.government = institution("government", "ministry", country="KR")
    w.gist = institution("gist", country="KR", parent=w.government)
    w.unit = institution("gist-ai", parent=w.gist)
    w.kaist = institution("kaist", country="KR")
    w.lab = lab(w.gist, "gist-lab", opened_on="2022-03")
    w.rus, w.hong = researcher("Daniela Rus"), researcher("홍길동", name_ko="홍길동")
    affiliation(w.hong, w.gist, title_ko="교수", starts_on="2020")
    w.alpha = program("alpha", starts_on="2022-07", ends_on="2028", lab=w.lab)
    w.one = project(w.alpha, "one", starts_on="2022-07")
    w.two = project(w.one, "two")
    w.three = project(w.two, "three")
    w.part = participation(w.gist, w.alpha, part="lead")
    w.beta = program("beta")
    participation(w.kaist, w.beta)
    w.role = role(w.hong, w.one, effort_share=30)
    w.line = line(w.alpha, payer=w.government, form="cash")
    amount(w.line, 2024, 1000)
    w.paper = source("A paper", published_on="2024-10-28")
    citation(w.paper, w.alpha, "starts_on", value_stated="July 2022", value="2022-07")
    return w


def one_of_each(w, visibility=PUBLIC, tag="") -> dict[str, object]:
    """A row of every kind at this visibility, in or under the program Alpha; kinds that cannot be shared are left out."""
    at = {"visibility": visibility}
    tag = tag or Visibility(visibility).name.lower()
    made = {
        "affiliation": affiliation(w.hong, w.gist, title_en=f"title {tag}", **at),
        "program": program(f"program-{tag}", **at),
        "project": project(w.alpha, f"project-{tag}", **at),
        "participation": participation(w.gist, w.alpha, does_en=f"does {tag}", **at),
        "role": role(w.hong, w.alpha, title_en=f"title {tag}", **at),
        "headcount": headcount(w.alpha, side="domestic", **at),
        "funding_line": line(w.alpha, name_en=f"line {tag}", **at),
        "citation": citation(w.paper, w.alpha, f"attribute {tag}", **at),
        "disagreement": disagreement(w.alpha, topic_en=f"topic {tag}", **at),
        "obligation": obligation(w.alpha, title_en=f"obligation {tag}", **at),
    }
    made |= {name: make(w.alpha, tag, **at) for name, make in UNDER.items()}
    made["relation"] = relation(made["event"], w.alpha, **at)
    made["funding_amount"] = amount(made["funding_line"], 2030, 7, **at)
    made["ledger_entry"] = entry(made["funding_line"], 5, outside_key=f"key {tag}", **at)
    participation(w.gist, made["program"], **at)
    if visibility != SHARED:
        made |= {
            "institution": institution(f"institution-{tag}", **at),
            "lab": lab(w.gist, f"lab-{tag}", **at),
            "researcher": researcher(f"person {tag}", **at),
            "source": source(f"source {tag}", **at),
            "exchange_rate": rate(("USD", "EUR")[visibility > PUBLIC], note_en=f"rate {tag}", **at),
            "facility": Facility.objects.create(lab=w.lab, kind="gpu", name_en=f"facility {tag}", **at),
        }
    return made


# ---- asking ------------------------------------------------------------------------------------------------


def kind(name: str) -> Kind:
    return kinds()[name]


def ask(kind_name: str, question="", by: User | None = None, **more) -> lists.ListQuery:
    """The ListQuery of an address's query, as this user."""
    return lists.read(kinds()[kind_name], QueryDict(question), reader(by), **more)


def page(kind_name: str, question: dict, by: User | None = None) -> lists.Page:
    """The first page of an answer; values may hold any character."""
    asked = QueryDict(mutable=True)
    asked.update(question)
    return lists.read(kinds()[kind_name], asked, reader(by)).page()


def reader(by: User | None):
    from django.contrib.auth.models import AnonymousUser

    return reader_for(by or AnonymousUser())


def every_row(kind_name: str, question: str, by: User | None = None, limit=2) -> list:
    """All rows of a list, page by page."""
    found, cursor = [], ""
    while True:
        page = ask(kind_name, f"{question}&limit={limit}&cursor={cursor}", by).page()
        found += page.rows
        if not page.next_cursor:
            return found
        cursor = page.next_cursor


def ids_in(value) -> set[UUID]:
    """Every id that occurs anywhere in an answer."""
    if isinstance(value, dict):
        return set().union(*map(ids_in, value.values()), *map(ids_in, value.keys()), set())
    if isinstance(value, list):
        return set().union(*map(ids_in, value), set())
    try:
        return {UUID(value)} if isinstance(value, str) else set()
    except ValueError:
        return set()


def sql(text: str, *parameters) -> list[tuple]:
    """Run SQL as somebody at the database would."""
    with connection.cursor() as cursor:
        cursor.execute(text, parameters or None)
        return cursor.fetchall() if cursor.description else []


# How much a worker takes at once: one mark, one record; a statement for each; little as if it were a large share of all.
limits = st.sampled_from(
    [
        {"BATCH": 1},
        {"AT_ONCE": 1},
        {"PORTION": 1},
        {"PORTION": 3},
        {"FEW": 0},
        {"FEW": 0, "SHARE": 0},
        {"BATCH": 20_000},
    ]
)


def work() -> None:
    """What a worker does."""
    clear_stale_marks()
