"""Access tokens: whose rights they have, what they may, and that one which opens nothing is never taken for nobody."""

from datetime import timedelta

import pytest
from django.http import JsonResponse
from django.test import Client
from django.urls import path
from django.utils import timezone
from rest_framework.decorators import api_view
from rest_framework.response import Response

from config.urls import urlpatterns as addresses
from people import commands
from people.keys import hashed
from people.models import Token, User
from records.models import Change, Visibility
from records.refusals import NotAllowed, Refused
from tests import cast
from tests.test_accounts import log, signed_in


def bearer(key: str, **more) -> dict:
    return {"headers": {"authorization": f"Bearer {key}", "accept-language": "en"} | more}


def token(role="officer", **more) -> tuple[Token, str]:
    return commands.make_token(by=cast.user(role), **{"name": "dashboard"} | more)


@api_view(["GET", "POST"])
def who(request):
    return Response({"drf": request.user.pk, "reader": request._request.reader.user_id})


def plain(request):
    return JsonResponse({"user": request.user.pk})


urlpatterns = [path("api/who/", who), path("page/", plain), *addresses]


@pytest.fixture
def whoami(settings):
    settings.ROOT_URLCONF = __name__
    return Client(enforce_csrf_checks=True)


# ---- whose rights ------------------------------------------------------------------------------------------


def test_a_token_asks_as_its_owner_for_both_doors_of_the_api(whoami, db):
    made, key = token()
    assert whoami.get("/api/who/", **bearer(key)).json() == {"drf": made.owner_id, "reader": made.owner_id}


def test_a_token_asks_as_its_owner_also_of_the_past(whoami, world):
    made, key = token()
    moment = f"{timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    answer = whoami.get("/api/who/", {"known_at": moment}, **bearer(key))
    assert answer.json() == {"drf": made.owner_id, "reader": made.owner_id}


def test_a_token_sees_what_its_owner_sees_and_no_more(world, client):
    row = cast.line(world.alpha, visibility=Visibility.INTERNAL)
    past = f"?known_at={timezone.now():%Y-%m-%dT%H:%M:%S.%fZ}"
    for role, status in (("officer", 200), ("viewer", 404)):
        _made, key = token(role)
        for when in ("", past):
            assert client.get(f"/api/v1/funding-lines/{row.id}/{when}", **bearer(key)).status_code == status


def test_a_token_wins_over_the_session(whoami, db):
    made, key = token()
    whoami.force_login(cast.user("viewer"))
    assert whoami.get("/api/who/", **bearer(key)).json()["drf"] == made.owner_id


# ---- what it may -------------------------------------------------------------------------------------------


def test_a_token_that_reads_and_writes_needs_no_csrf(whoami, db):
    made, key = token(scope="write")
    assert whoami.post("/api/who/", **bearer(key)).json()["drf"] == made.owner_id


def test_what_a_token_writes_is_its_owners_change(client, db):
    made, key = token(scope="write", role="officer")
    body = {"slug": "fresh", "name_en": "New", "status": "running"}
    assert client.post("/api/v1/programs/", body, "application/json", **bearer(key)).status_code == 201
    assert Change.objects.latest("id").actor_id == made.owner_id


def test_a_session_still_needs_csrf(whoami, db):
    whoami.force_login(cast.user("officer"))
    assert whoami.post("/api/who/").status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_token_that_only_reads_writes_nothing(whoami, db, method):
    _made, key = token(scope="read")
    refused = getattr(whoami, method)("/api/who/", **bearer(key))
    assert refused.status_code == 403 and refused.json()["detail"] == "This access token may only read."


def test_a_token_opens_only_what_lies_under_api(whoami, db):
    _made, key = token()
    assert whoami.get("/page/", **bearer(key)).json() == {"user": None}
    assert whoami.get("/en/accounts/", **bearer(key)).status_code == 404


# ---- what opens nothing ------------------------------------------------------------------------------------


def spoil(made: Token, how: str) -> None:
    today = timezone.localdate()
    match how:
        case "expired":
            Token.objects.filter(pk=made.pk).update(expires_on=today - timedelta(days=1))
        case "revoked":
            commands.revoke_token(made, by=made.owner)
        case "deactivated":
            commands.deactivate(made.owner, by=cast.user("administrator"))


@pytest.mark.parametrize("how", ["expired", "revoked", "deactivated"])
def test_a_token_that_opens_nothing_is_refused_and_never_taken_for_nobody(client, db, how):
    made, key = token()
    assert client.get("/api/v1/programs/", **bearer(key)).status_code == 200
    spoil(made, how)
    refused = client.get("/api/v1/programs/", **bearer(key))
    assert refused.status_code == 401 and refused["WWW-Authenticate"].startswith("Bearer")
    assert refused["Content-Type"] == "application/problem+json" and refused.json()["detail"]


@pytest.mark.parametrize("key", ["", "x", "reg_" + "a" * 43, "한글", "a b"])
def test_a_token_that_there_never_was_is_refused(client, db, key):
    for address in ("/api/v1/programs/", "/api/schema/", "/api/v1/nothing/"):
        refused = client.get(address, HTTP_AUTHORIZATION=f"Bearer {key}".encode().decode("latin-1"))
        assert refused.status_code == 401 and refused["WWW-Authenticate"].startswith("Bearer")


def test_a_token_works_on_its_last_day(client, db):
    _made, key = token(expires_on=timezone.localdate())
    assert client.get("/api/v1/programs/", **bearer(key)).status_code == 200


def test_a_reactivated_account_does_not_get_its_tokens_back(client, db):
    admin, owner = cast.user("administrator"), User.objects.create_user("o", password="x", role="officer")
    _made, key = commands.make_token(by=owner, name="t")
    commands.deactivate(owner, by=admin)
    commands.reactivate(owner, by=admin)
    assert client.get("/api/v1/programs/", **bearer(key)).status_code == 401


def test_an_answer_varies_with_the_token(client, db):
    assert "Authorization" in client.get("/api/v1/programs/")["Vary"]


# ---- making and revoking -----------------------------------------------------------------------------------


def test_a_key_is_shown_once_and_only_its_hash_is_kept(db):
    me = cast.user("viewer")
    client = signed_in(me)
    page = client.post("/en/accounts/me/tokens/", {"token-name": "mine", "token-scope": "read"})
    key = page.context["key"]
    assert key in page.content.decode() and key not in client.get("/en/accounts/me/").content.decode()
    made = Token.objects.get(owner=me)
    assert made.key_hash == hashed(key) and key.startswith(made.prefix) and key not in str(vars(made))
    assert log(me) == ["token_made"]


def test_a_form_sent_twice_makes_one_token(db):
    client = signed_in(cast.user("viewer"))
    sent = {"token-name": "mine", "token-scope": "read"}
    client.post("/en/accounts/me/tokens/", sent)
    assert "of this name already" in client.post("/en/accounts/me/tokens/", sent).content.decode()
    assert Token.objects.count() == 1


def test_a_token_that_has_expired_before_it_begins_is_refused(db, english):
    with pytest.raises(Refused, match="passed already"):
        token(expires_on=timezone.localdate() - timedelta(days=1))


def test_a_token_is_revoked_by_its_owner_and_by_who_manages_the_owner(db):
    for by in (None, "administrator"):
        made, _key = token("officer", name=f"of {by}")
        client = signed_in(cast.user(by) if by else made.owner)
        place = (
            f"/en/accounts/{made.owner_id}/tokens/{made.pk}/revoke/"
            if by
            else f"/en/accounts/me/tokens/{made.pk}/revoke/"
        )
        client.post(place)
        made.refresh_from_db()
        assert made.revoked_at and log(made.owner) == ["token_made", "token_revoked"]


def test_nobody_else_revokes_a_token_or_knows_of_it(db):
    made, _key = token("administrator")
    officer = cast.user("officer")
    with pytest.raises(NotAllowed):
        commands.revoke_token(made, by=officer)
    for place in (f"{made.owner_id}/tokens/{made.pk}", f"me/tokens/{made.pk}"):
        assert signed_in(officer).post(f"/en/accounts/{place}/revoke/").status_code == 404
    assert Token.objects.live().filter(pk=made.pk).exists()


def test_the_day_of_the_last_use_is_noted_once_a_day(client, db, django_assert_num_queries):
    made, key = token()
    client.get("/api/v1/programs/", **bearer(key))
    made.refresh_from_db()
    assert made.last_used_on == timezone.localdate()
