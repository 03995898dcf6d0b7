"""What production demands of its environment. Every fault at once, each a sentence that says how to mend it.

`settings.py` asks at its end, so web, worker, beat and each manage.py command are refused alike; `manage.py` and
`make run` ask earlier too, before they would start servers of their own. Beside it, `manage.py check --deploy`.
"""

import ipaddress
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

SHORTEST_KEY, FEWEST_LETTERS = 50, 5  # as Django's security.W009 has it


def refuse_if_unsafe(env: Mapping[str, str] = os.environ) -> None:
    """End this process with all the sentences, if there are any."""
    if found := list(faults(env)):
        sys.exit("\n  - ".join(["The registry does not start, because of its environment:", *found]))


def faults(env: Mapping[str, str]) -> Iterator[str]:
    """One sentence for each setting that is missing or unsafe. Says no value that may be a secret."""
    production = env.get("PRODUCTION", "")
    if production not in ("", "0", "1"):
        yield f"PRODUCTION is {production!r}: write 1 for production, and 0 or nothing for a developer's machine."
    if production != "1":
        return
    yield from _key(env.get("SECRET_KEY", ""))
    if env.get("DEBUG", "") not in ("", "0"):
        yield "DEBUG is on and would show code and settings to strangers: remove it."
    yield from _hosts(env.get("ALLOWED_HOSTS", ""))
    yield from _origins("TRUSTED_ORIGINS", env.get("TRUSTED_ORIGINS", ""))
    yield from _origins("SITE_URL", env.get("SITE_URL", ""))
    yield from _server(env, "DATABASE_URL", ("postgresql", "postgres"), "postgresql://user:password@host:5432/name")
    yield from _server(env, "REDIS_URL", ("redis", "rediss"), "redis://:password@host:6379/0")
    yield from _networks(env.get("WEBHOOK_NETWORKS", ""))
    yield from _folder(env.get("DATA_DIR", ""))
    yield from _mail(env)
    if not re.fullmatch(r"|[1-9]\d{0,4}", env.get("DATA_DAYS", ""), re.ASCII):
        yield "DATA_DAYS is no number of days: write how long the data of a night is kept (30), or nothing."


def _key(key: str) -> Iterator[str]:
    mend = "give it a long random text that stays the same (openssl rand -base64 48)."
    if not key:
        yield f"SECRET_KEY is not set: {mend}"
    elif len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_LETTERS or key.startswith("django-insecure-"):
        yield f"SECRET_KEY can be guessed, it needs {SHORTEST_KEY} random characters: {mend}"


def _hosts(text: str) -> Iterator[str]:
    hosts = [host.strip() for host in text.split(",") if host.strip()]
    if not hosts:
        yield "ALLOWED_HOSTS is not set: name the hosts that people type (registry.example.org), with commas between."
    elif "*" in hosts:
        yield "ALLOWED_HOSTS takes every host by its *, so that links can be forged: name the hosts that people type."


def _origins(name: str, text: str) -> Iterator[str]:
    for origin in filter(None, (origin.strip() for origin in text.split(","))):
        parts = urlsplit(origin)
        if parts.scheme != "https" or not parts.netloc or parts.path or "*" in origin:
            yield f"{name} has {origin!r}: write each as https://host, without a path or *."


def _server(env: Mapping[str, str], name: str, schemes: tuple[str, ...], example: str) -> Iterator[str]:
    url = env.get(name, "")
    if not url:
        yield f"{name} is not set: write {example}."
        return
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in schemes and (parts.port is None or parts.port > 0)
    except ValueError:  # such as a password with a slash in it
        is_good = False
    if not is_good or (name == "DATABASE_URL" and not parts.path.strip("/")):
        yield f"{name} is no address of that form: write {example}, and %2F and the like for signs in the password."


def _networks(text: str) -> Iterator[str]:
    for network in filter(None, (network.strip() for network in text.split(","))):
        try:
            ipaddress.ip_network(network)
        except ValueError:
            yield f"WEBHOOK_NETWORKS has {network!r}: write each as 10.1.0.0/16 or fd00:1::/32, with commas between."


def _folder(text: str) -> Iterator[str]:
    mend = "name a folder that stays, to which the registry's user may write (documents are kept there)."
    if not text:
        yield f"DATA_DIR is not set: {mend}"
        return
    try:
        folder = Path(text) / "documents"
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        yield f"DATA_DIR, {text}, cannot be written to ({error.strerror}): {mend}"


def _mail(env: Mapping[str, str]) -> Iterator[str]:
    schemes = ("smtp", "smtps", "smtp+starttls")
    faults = list(_server(env, "EMAIL_URL", schemes, "smtp+starttls://user:password@host:587 or smtps://…"))
    yield from faults
    if not faults:
        yield from _mail_server(urlsplit(env["EMAIL_URL"]))
    sender = parseaddr(env.get("DEFAULT_FROM", ""))[1]
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", sender):
        yield "DEFAULT_FROM is no address that mails can come from: write “Program Registry <registry@example.org>”."


def _mail_server(parts: SplitResult) -> Iterator[str]:
    """Mails carry links that give passwords, and the address a password: neither goes over a network in clear."""
    is_beside = parts.hostname in ("localhost", "127.0.0.1", "::1") or "." not in (parts.hostname or ".")
    if not parts.hostname:
        yield "EMAIL_URL names no host: write smtp+starttls://user:password@host:587 or smtps://…"
    elif parts.scheme == "smtp" and not is_beside:
        yield (
            "EMAIL_URL would send mails in clear: write smtp+starttls:// or smtps://"
            " (smtp:// is for a server on this machine or in a container beside it)."
        )
