"""What the OpenAPI schema cannot find out by itself."""

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

from records.deprecation import of_parameter, of_view
from records.once import KEY, READING


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "config.rest.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "An access token: “My account” and the pages of institutions make them.",
        }


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "config.rest.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema):
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class Schema(AutoSchema):
    """Says of every write what `records/once.py` sees to, a key of one's own and the answers about it, and of what is
    made of records what `records/conditional.py` does."""

    def get_override_parameters(self):
        own = [once(self.view)] if self._is_write() else [IF_NONE_MATCH] if self._is_conditional() else []
        return [*super().get_override_parameters(), *own]

    def is_deprecated(self) -> bool:
        return of_view(self.view) is not None

    def get_operation(self, *args, **kwargs):
        operation = super().get_operation(*args, **kwargs)
        for parameter in (operation or {}).get("parameters", ()):
            if of_parameter(self.view, parameter["name"]):
                parameter["deprecated"] = True
        if operation and self._is_write():
            operation["responses"] |= {"409": {"description": AT_WORK}, "422": {"description": KEY_USED}}
        if operation and self._is_conditional():
            operation["responses"]["304"] = {"description": NOT_MODIFIED}
        return operation

    def _is_conditional(self) -> bool:
        return self.method == "GET" and getattr(self.view, "made_of_records", False)

    def _is_write(self) -> bool:
        return self.method not in READING and hasattr(self.view, "key_required")


def once(view) -> OpenApiParameter:
    about = "A text of your own, up to 200 characters. Sent again with it within 72 hours, a request gets its first answer again."
    return OpenApiParameter(KEY, str, OpenApiParameter.HEADER, required=view.key_required, description=about)


IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag of the answer that you have: 304 while it is still the same.",
)
NOT_MODIFIED = "What you have under this ETag is still what would be answered."
AT_WORK = "A request with this Idempotency-Key is being carried out. Ask again."
KEY_USED = "This Idempotency-Key was used for another request."
