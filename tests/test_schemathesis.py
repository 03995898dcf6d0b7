"""Schemathesis asks everything that the schema allows, and what it does not, and finds nothing that is not as the schema says.

All its checks, also in steps that follow from one another (create → edit → retire …), by HTTP against the real WSGI
application on the sample registry. What cannot hold stands with its reason in schemathesis.toml. A short run with a fixed
seed is part of the tests; `make test-api` asks much longer (SEED= is another one).
"""

import os
import threading
import tomllib
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from hypothesis import strategies as st

from tests.test_schema_breaks import current

pytestmark = pytest.mark.django_db(transaction=True)  # requests come from another thread, and commit
IS_LONG = bool(os.environ.get("SCHEMATHESIS"))
SEED = int(os.environ.get("SEED", "8"))
CONFIG = Path(__file__).with_name("schemathesis.toml")
# Kinds are answered by the same code: the short run asks some, and everything that is not a list of records.
SHORT = r"^/api/(problems|v1/(programs|funding-lines|ledger-entries|citations|documents|(?!{kinds})[a-z-]+)/)"
PHASES = ("examples", "coverage", "fuzzing", "stateful") if IS_LONG else ("fuzzing", "stateful")
ASKERS = ("anonymous", "reporting", "partner", "officer")


def formats() -> None:
    """Texts of the formats that the schema names and JSON Schema does not know."""
    import schemathesis

    days = st.dates().map(date.isoformat)
    for name, texts in {
        "edtf": st.one_of(days, days.map(lambda day: day[:7]), days.map(lambda day: day[:4])),
        "day": st.dates(max_value=date(2100, 1, 1)).map(date.isoformat),
        "moment": st.dates(max_value=date(2026, 1, 1)).map(date.isoformat),
        "id": st.uuids().map(str),
        "instant": days.map(lambda day: f"{day}T10:00:00Z"),
        "cursor": st.just(
            ""
        ),  # another one is only valid with the question whose answer gave it: the links ask with it
        "saved-view": st.just(""),
        "names": st.just(""),  # which names go together, each list says for itself
        "decimal": st.integers(0, 10**9).map(str),
    }.items():
        schemathesis.openapi.format(name, texts)


class Silent(WSGIRequestHandler):
    def log_message(self, *_said):
        pass


@contextmanager
def serving(application):
    """The application behind HTTP, one request after the other."""
    from django.db import connections

    server = make_server("127.0.0.1", 0, application, handler_class=Silent)

    def serve():
        server.serve_forever()
        connections.close_all()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def address(transactional_db):
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.test import override_settings

    from config.short_way import ShortWay  # as config/wsgi.py puts them together
    from records import package
    from records.figures import clear_stale_marks

    formats()
    package.load(settings.BASE_DIR / "data" / "registry", actor_name="test", reason="the sample registry")
    clear_stale_marks()
    many = dict.fromkeys(settings.API_LIMITS, 10**6)  # what is refused for coming too often was not looked at
    with (
        override_settings(ALLOWED_HOSTS=["127.0.0.1"], API_LIMITS=many),
        serving(ShortWay(get_wsgi_application())) as url,
    ):
        yield url


@pytest.fixture
def keys(address) -> dict[str, str]:
    """The access token of each who has one."""
    from labs import commands as labs_commands
    from labs.models import Institution
    from people.commands import make_token
    from records.commands import Author
    from tests import cast

    gist, officer = Institution.objects.get(slug="gist"), cast.user("officer")
    by = Author(cast.reader(officer), "officer")
    return {
        "reporting": labs_commands.make_token(gist, by=by, name="a machine", scope="report")[1],
        "partner": make_token(by=cast.user("partner", gist), name="a script", scope="write")[1],
        "officer": make_token(by=officer, name="a script", scope="write")[1],
    }


def asked(url: str, key: str | None):
    """The schema as this one would test it."""
    import schemathesis
    from schemathesis.config import SchemathesisConfig

    from records.kinds import kinds

    config = tomllib.loads(CONFIG.read_text(encoding="utf-8"))
    config["seed"] = SEED
    config["headers"] = {"Accept-Language": "en"} | ({"Authorization": f"Bearer {key}"} if key else {})
    config["generation"] = config.get("generation", {}) | {"max-examples": 30 if IS_LONG else 1, "no-shrink": True}
    for phase in ("examples", "coverage", "fuzzing", "stateful"):
        config["phases"].setdefault(phase, {})["enabled"] = phase in PHASES
    config["base-url"] = url
    schema = schemathesis.openapi.from_dict(current(), config=SchemathesisConfig.from_dict(config))
    plurals = "|".join(f"{kind.plural}/" for kind in kinds().values())
    return schema if IS_LONG else schema.include(path_regex=SHORT.replace("{kinds}", plurals))


def found(schema) -> tuple[int, dict[tuple, str]]:
    """(how many requests were sent, what is not as it should be)."""
    from schemathesis.engine import events, from_schema

    sent, said = 0, {}
    for event in from_schema(schema).execute():
        if isinstance(event, events.ScenarioFinished):
            sent += len(event.recorder.interactions)
            for case, checks in event.recorder.checks.items():
                for check in checks:
                    if check.failure_info:
                        label = event.recorder.cases[case].value.operation.label
                        said.setdefault((check.name, label), _told(event.recorder.interactions[case], check))
        elif isinstance(event, events.NonFatalError | events.FatalError):
            said[("error", getattr(event, "label", ""))] = str(getattr(event, "value", None) or event.exception)
    return sent, said


def _told(interaction, check) -> str:
    request, response = interaction.request, interaction.response
    answer = f"{response.status_code} {response.content[:400]!r}" if response else "nothing"
    body = (request.body or b"")[:300]
    return f"{check.failure_info.failure}\n    {request.method} {request.uri[:600]} {body!r}\n    → {answer}"


@pytest.mark.parametrize("who", ASKERS)
def test_schemathesis_finds_nothing(address, keys, who):
    sent, said = found(asked(address, keys.get(who)))
    assert sent > 100, "Nothing was asked"
    assert not said, f"{len(said)} of {sent}:\n\n" + "\n\n".join(f"{place}: {text}" for place, text in said.items())
