"""One request to a receiver: within a deadline, to an address that was checked, with no redirect followed.

Host names are resolved once. All answers are checked, and the connection goes to one of these very addresses, so that a
name which leads elsewhere a moment later (DNS rebinding) leads nowhere. Certificate and `Host` are those of the name.
Whatever the receiver does, slowly or endlessly, is over at the deadline: each wait is for what is left until then.
"""

import http.client
import io
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .addresses import Target, is_allowed

SECONDS = 20.0  # for all of it; the specification recommends 15 to 30
SECONDS_MORE = 2.0  # for what it says once its status has come
KEPT_BYTES = 500  # of an answer; more is not read
TRIED_ADDRESSES = 4  # of one name

Resolver = Callable[..., list]


class Problem(Exception):
    """No answer came. The word that says why, as an `Attempt` keeps it."""

    def __init__(self, word: str):
        super().__init__(word)
        self.word = word


@dataclass(frozen=True)
class Answer:
    status: int
    text: str
    retry_after: str = ""


class Deadline:
    def __init__(self, seconds: float):
        self.ends_at = time.monotonic() + seconds

    def left(self) -> float:
        """Seconds. Raises TimeoutError when there are none."""
        left = self.ends_at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def post(
    target: Target,
    headers: Mapping[str, str],
    body: bytes,
    *,
    seconds: float = SECONDS,
    resolver: Resolver = socket.getaddrinfo,
    context: ssl.SSLContext | None = None,
) -> Answer:
    """What the receiver answers. Raises Problem."""
    deadline = Deadline(seconds)
    try:
        with _connect(target, _resolve(target, deadline, resolver), deadline) as plain:
            if not target.is_secure:
                return _ask(plain, target, headers, body, deadline)
            context = context or ssl.create_default_context()
            plain.settimeout(deadline.left())
            with context.wrap_socket(plain, server_hostname=target.host) as secure:
                return _ask(secure, target, headers, body, deadline)
    except TimeoutError:
        raise Problem("timeout") from None
    except ssl.SSLCertVerificationError:
        raise Problem("certificate") from None
    except ssl.SSLError:
        raise Problem("tls") from None
    except http.client.HTTPException:
        raise Problem("no_http") from None
    except OSError:
        raise Problem("connection") from None


def _resolve(target: Target, deadline: Deadline, resolver: Resolver) -> list[tuple]:
    """(family, address) of the name, each allowed. In a thread of its own: a resolver knows no deadline."""
    found: list[tuple] = []
    failed: list[Exception] = []

    def look() -> None:
        try:
            found.extend(resolver(target.host, target.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP))
        except (OSError, UnicodeError) as error:
            failed.append(error)

    thread = threading.Thread(target=look, name="resolve", daemon=True)
    thread.start()
    thread.join(deadline.left())
    deadline.left()
    if failed or not found:
        raise Problem("name")
    answers = [(family, address) for family, _type, _proto, _name, address in found]
    if not all(is_allowed(address[0]) for _family, address in answers):
        raise Problem("address")
    return answers[:TRIED_ADDRESSES]


def _connect(target: Target, answers: list[tuple], deadline: Deadline) -> socket.socket:
    """To the first of these addresses that takes the connection."""
    last: OSError | None = None
    for n, (family, address) in enumerate(answers):
        plain = socket.socket(family, socket.SOCK_STREAM)
        try:
            plain.settimeout(deadline.left() / (len(answers) - n))
            plain.connect((address[0], target.port, *address[2:]))
            return plain
        except OSError as error:
            plain.close()
            last = error
    raise last


def _ask(sock: socket.socket, target: Target, headers: Mapping[str, str], body: bytes, deadline: Deadline) -> Answer:
    lines = [
        f"POST {target.path} HTTP/1.1",
        f"Host: {target.host_header}",
        f"Content-Length: {len(body)}",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    sock.settimeout(deadline.left())
    sock.sendall("\r\n".join([*lines, "", ""]).encode("ascii") + body)
    reading = _Reading(sock, deadline)
    response = http.client.HTTPResponse(reading, method="POST")
    try:
        response.begin()
        reading.deadline = Deadline(min(SECONDS_MORE, deadline.left()))
        text = _beginning(response).decode(errors="replace").replace("\x00", "\ufffd")
        return Answer(response.status, text, response.getheader("Retry-After", ""))
    finally:
        response.close()


def _beginning(response: http.client.HTTPResponse) -> bytes:
    """The first bytes of what it says. The status has come: what goes wrong after it changes nothing."""
    said = b""
    try:
        while len(said) < KEPT_BYTES and (more := response.read1(KEPT_BYTES - len(said))):
            said += more
    except (OSError, http.client.HTTPException, ValueError):
        pass
    return said


class _Reading(io.RawIOBase):
    """A socket as `http.client` reads it, each time no longer than until the deadline."""

    def __init__(self, sock: socket.socket, deadline: Deadline):
        self.sock, self.deadline = sock, deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self.sock.settimeout(self.deadline.left())
        return self.sock.recv_into(buffer)
