"""Where a webhook may lead: to addresses of the public internet, and to networks that the operator names.

An address (URL) is looked at when it is entered, for its form; where its host leads is known only when one connects, so that
is where it counts: `posting.py` asks the resolver once, checks every answer here, and connects to what was checked.
"""

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from ..problem_codes import coded
from ..webhooks import LONGEST_URL

NEVER_V4 = [
    ipaddress.ip_network(text)
    for text in (
        "192.0.0.0/24",  # protocol assignments, among them a cloud's metadata (192.0.0.192)
        "192.88.99.0/24",  # relays of 6to4
        "168.63.129.16/32",  # a public address by which a cloud's machines reach their host
    )
]
GLOBAL_V6 = ipaddress.ip_network("2000::/3")  # what has been given out as global unicast: all else is refused
NEVER_V6 = [
    ipaddress.ip_network(text)
    for text in (
        "2001::/23",  # protocol assignments, among them Teredo
        "2002::/16",  # 6to4: an IPv4 address in disguise
        "3fff::/20",  # documentation
    )
]
NAME = re.compile(r"(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.?")


class BadAddress(ValueError):
    """Carries the sentence for whoever typed it."""


@dataclass(frozen=True)
class Target:
    """What a request needs of an address: `host` for names and certificates, `path` with its query."""

    is_secure: bool
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


def is_allowed(text: str) -> bool:
    """Whether one may connect to this IP address."""
    address = ipaddress.ip_address(text)
    if any(address in network for network in settings.WEBHOOK_NETWORKS):
        return True
    if address.version == 4:
        return address.is_global and not address.is_multicast and not any(address in one for one in NEVER_V4)
    return address in GLOBAL_V6 and address.is_global and not any(address in one for one in NEVER_V6)


def read(url: str) -> Target:
    """Raises BadAddress where it is none to which messages could go."""
    if len(url) > LONGEST_URL:
        raise BadAddress(coded("too_long", _("Longer than %d characters.") % LONGEST_URL))
    if not url.isprintable() or " " in url or "\\" in url:
        raise BadAddress(coded("not_a_value", _("An address has no spaces, line breaks or backslashes.")))
    try:
        parts = urlsplit(url)
        port, host = parts.port, _host(parts.hostname or "")
    except (ValueError, UnicodeError):
        raise BadAddress(coded("not_a_value", _("This is no address: write https://host/path."))) from None
    schemes = ("https", "http") if settings.WEBHOOK_PLAIN_HTTP else ("https",)
    if parts.scheme not in schemes:
        raise BadAddress(coded("not_a_value", _("Messages go to addresses that begin with https:// only.")))
    if parts.username is not None or parts.password is not None:
        raise BadAddress(
            coded("not_a_value", _("Names and passwords do not belong into an address: the signature says who sends."))
        )
    if parts.fragment:
        raise BadAddress(coded("not_a_value", _("What follows # is never sent: leave it out.")))
    if port == 0:
        raise BadAddress(coded("not_a_value", _("There is no port 0.")))
    path = iri_to_uri((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
    return Target(parts.scheme == "https", host, port or (443 if parts.scheme == "https" else 80), path)


def _host(text: str) -> str:
    """The name as resolvers and certificates have it, or the IP address. Raises ValueError, UnicodeError or BadAddress."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        name = text.encode("idna").decode().lower()
        if not NAME.fullmatch(name):
            raise ValueError(text) from None
        return name
    if not is_allowed(text):
        raise BadAddress(coded("not_a_value", _("This address is not on the public internet.")))
    return str(address)
