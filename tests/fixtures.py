"""The cast and the world as fixtures. Nothing here imports a model at the top: the settings need the servers first."""

import os

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile(
    "short",
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.register_profile("long", settings.get_profile("short"), max_examples=300)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "short"))


@pytest.fixture(scope="session", autouse=True)
def documents_of_their_own(tmp_path_factory):
    """Files that tests keep go to a folder of the run."""
    from django.conf import settings

    settings.DOCUMENTS_DIR = tmp_path_factory.mktemp("documents")
    settings.JOBS_DIR = tmp_path_factory.mktemp("jobs")
    settings.PUBLISHED_DIR = tmp_path_factory.mktemp("published")


@pytest.fixture(autouse=True)
def no_history_left(request):
    """A test that really commits is followed by a flush, which knows no table of the history."""
    marker = request.node.get_closest_marker("django_db")
    is_committing = bool(marker and marker.kwargs.get("transaction"))
    blocker = request.getfixturevalue("django_db_blocker") if is_committing else None
    yield
    if is_committing:
        from django.db import connection

        with blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE history.version")  # and what inherits from it: every history


@pytest.fixture(autouse=True)
def no_language_left():
    """A request leaves its language to the thread, and so to whichever test comes next."""
    from django.utils import translation

    yield
    translation.deactivate()


@pytest.fixture(scope="session", autouse=True)
def passwords_that_take_no_time():
    """Making a good hash takes a third of a second, on purpose; tests try hundreds of passwords."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module")
def kept(django_db_setup, django_db_blocker):
    """A database transaction around all tests of a module: what is made inside is there for each of them, then gone."""
    from django.db import transaction

    with django_db_blocker.unblock():
        outer = transaction.atomic()
        outer.__enter__()
        yield
        transaction.set_rollback(True)
        outer.__exit__(None, None, None)


@pytest.fixture(scope="module")
def sample(kept):
    """The sample registry, with its figures worked out, for all tests of a module."""
    from django.conf import settings

    from records import package
    from records.figures import clear_stale_marks

    package.load(settings.BASE_DIR / "data" / "registry", actor_name="test", reason="the sample registry")
    clear_stale_marks()


@pytest.fixture
def english():
    """Sentences in English, whatever language the test before left behind."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture
def world(db):
    from tests.cast import small_world

    return small_world()


@pytest.fixture
def officer(db):
    from tests.cast import user

    return user("officer", name="officer")


@pytest.fixture
def works_of_tests(settings):
    """The works of tests/works.py can be asked for."""
    from records.jobs import works
    from tests.settings_with_works import JOBS

    settings.JOBS = JOBS
    works.cache_clear()
    yield
    works.cache_clear()


@pytest.fixture
def api(client):
    """`api("programs/?limit=1", by=officer)` gives the response; English, as no language is asked for otherwise."""

    def get(address, by=None, **headers):
        if by:
            client.force_login(by)
        else:
            client.logout()
        return client.get(f"/api/v1/{address}", headers={"accept-language": "en"} | headers)

    return get


@pytest.fixture
def post(settings):
    """A real mail server; the settings lead to it. `post.box` has what came, `post.deliver()` does a worker's part."""
    from config.settings import mailer
    from tests.mail_server import MailServer

    server = MailServer()
    settings.MAILERS = {"default": mailer(server.url)}
    yield server
    server.stop()
