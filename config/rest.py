"""The API's manners: who may knock and how an answer is written. Imports no view: DRF imports this while loading its own."""

import orjson
from rest_framework import authentication, permissions, renderers


class SessionAuthentication(authentication.SessionAuthentication):
    """As DRF's; says 401, not 403, to those who are not signed in."""

    def authenticate_header(self, request):
        return "Session"


class TokenAuthentication(authentication.BaseAuthentication):
    """The owner of the access token that `config.middleware.bearer` has found. No cookie, so no CSRF to fear."""

    def authenticate(self, request):
        token = getattr(request._request, "token", None)
        return (token.owner, token) if token else None

    def authenticate_header(self, request):
        return "Bearer"


class ReadOrSignIn(permissions.BasePermission):
    """Reading is for anyone, within their rights; writing needs an account."""

    def has_permission(self, request, view):
        is_taken = getattr(view, "action", "") is not None  # else it is 405, whoever asks
        return not is_taken or request.method in permissions.SAFE_METHODS or request.user.is_authenticated


class OrjsonRenderer(renderers.BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data, accepted_media_type=None, renderer_context=None):
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code >= 400:
            response["Content-Type"] = "application/problem+json"
        return b"" if data is None else orjson.dumps(data, default=str, option=orjson.OPT_UTC_Z)
