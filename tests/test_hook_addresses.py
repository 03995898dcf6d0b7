"""A message goes where its webhook leads, and never into a network that is not the public internet."""

import ipaddress
import socket
import ssl
import time

import pytest
import trustme

from records.hooks import addresses, posting
from records.hooks.addresses import BadAddress, Target, is_allowed, read
from tests.receiver import Receiver

LOOPBACK = [ipaddress.ip_network("127.0.0.0/8")]


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture
def here(settings):
    """Receivers on this machine may be told."""
    settings.WEBHOOK_NETWORKS, settings.WEBHOOK_PLAIN_HTTP = LOOPBACK, True


def leads_to(*addresses: str):
    """A resolver that gives these addresses, and counts how often it is asked."""

    def resolve(_host, port, **_more):
        resolve.asked += 1
        return [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", (one, port, 0, 0))
            if ":" in one
            else (socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port))
            for one in addresses
        ]

    resolve.asked = 0
    return resolve


def named(receiver: Receiver, is_secure=False) -> Target:
    return Target(is_secure, "receiver.example", receiver.port, "/hook")


def problem(target: Target, **more) -> str:
    with pytest.raises(posting.Problem) as told:
        posting.post(target, {}, b"{}", **more)
    return told.value.word


# ---- which addresses -----------------------------------------------------------------------------------

INSIDE = """
    0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.0.1 169.254.169.254 172.16.0.1
    172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1
    239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16
    :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:169.254.169.254 ::ffff:8.8.8.8 64:ff9b::7f00:1 64:ff9b:1::1 100::1
    2001::1 2001:0:7f00:1:: 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%1
    fec0::1 ff02::1 ff0e::1
""".split()


@pytest.mark.parametrize("address", INSIDE)
def test_an_address_that_is_not_on_the_public_internet_is_refused(address):
    assert not is_allowed(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "203.255.172.1", "2001:4860:4860::8888", "2a00:1450::1"])
def test_a_public_address_is_allowed(address):
    assert is_allowed(address)


def test_a_network_that_the_operator_names_is_allowed_and_no_other(settings):
    settings.WEBHOOK_NETWORKS = [ipaddress.ip_network("10.1.0.0/16"), ipaddress.ip_network("fd00:1::/32")]
    assert is_allowed("10.1.2.3") and is_allowed("fd00:1::5")
    assert not is_allowed("10.2.0.1") and not is_allowed("::ffff:10.1.2.3") and not is_allowed("fd00:2::1")


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/", "ftp://receiver.example/", "receiver.example", "//receiver.example/", "https://",
        "https:///path", "https://user@receiver.example/", "https://user:word@receiver.example/", "https://a.example/#part",
        "https://a.example:0/", "https://a.example:99999/", "https://a.example/a b", "https://a.example/\r\nHost: b",
        "https://a.example\\@b.example/", "https://127.0.0.1/", "https://[::1]/", "https://[fe80::1%25lo]/",
        "https://169.254.169.254/latest/", "https://a..example/", "https://" + "a" * 64 + ".example/",
        "https://a.example/" + "a" * 2000, "https://a_b!.example/",
    ],
)  # fmt: skip
def test_what_is_no_address_for_messages_is_refused_when_it_is_entered(url):
    with pytest.raises(BadAddress):
        read(url)


def test_an_address_is_read_into_what_a_request_needs():
    assert read("https://Receiver.Example/a?b=1") == Target(True, "receiver.example", 443, "/a?b=1")
    assert read("https://기관.kr:8443/소식").host_header == "xn--zb0bnw.kr:8443"
    assert read("https://[2001:4860:4860::8888]").host_header == "[2001:4860:4860::8888]"
    assert read("https://a.example").path == "/"


@pytest.mark.parametrize("text", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost"])
def test_other_spellings_of_this_machine_are_caught_when_one_connects(text):
    """They are names as far as we know; the resolver makes addresses of them, and those are looked at."""
    assert problem(Target(True, text, 443, "/")) in ("address", "name")


# ---- connecting ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_not_connected_to(address):
    assert problem(Target(False, "a.example", 80, "/"), resolver=leads_to(address.split("%")[0])) == "address"


def test_one_inner_address_among_public_ones_is_enough_to_refuse_the_name(receiver):
    resolver = leads_to("8.8.8.8", "127.0.0.1", "1.1.1.1")
    assert problem(named(receiver), resolver=resolver) == "address" and not receiver.got


def test_a_name_is_resolved_once_and_what_was_checked_is_what_is_connected_to(here, receiver, monkeypatch):
    """A resolver that rebinds has no second turn: whoever resolves again here breaks the test."""
    resolver = leads_to("127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_a, **_k: pytest.fail("resolved again"))
    assert posting.post(named(receiver), {}, b"{}", resolver=resolver).status == 204
    assert resolver.asked == 1
    assert receiver.got[0].headers["host"] == f"receiver.example:{receiver.port}"


def test_the_next_address_of_a_name_is_tried_where_one_takes_no_connection(here, receiver):
    resolver = leads_to("127.0.0.2", "127.0.0.1")
    assert posting.post(named(receiver), {}, b"{}", resolver=resolver).status == 204


def test_a_name_that_leads_nowhere_is_said(here):
    def resolve(*_asked, **_more):
        raise socket.gaierror

    assert problem(Target(False, "a.example", 80, "/"), resolver=resolve) == "name"


def test_a_redirect_is_an_answer_and_is_not_followed(here, receiver):
    other = Receiver()
    receiver.answers, receiver.headers = [307], {"Location": other.url}
    assert posting.post(read(receiver.url), {}, b"{}").status == 307
    assert len(receiver.got) == 1 and not other.got
    other.stop()


def test_no_proxy_of_the_environment_gets_our_messages(here, receiver, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert posting.post(read(receiver.url), {}, b"{}").status == 204


# ---- certificates --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


def serving(authority, name: str) -> tuple[Receiver, list]:
    """A receiver with a certificate for this name, and the names by which it was called (SNI)."""
    context, called = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), []
    authority.issue_cert(name).configure_cert(context)
    context.sni_callback = lambda _socket, given, _context: called.append(given)
    return Receiver(context), called


def test_certificate_and_name_are_those_of_the_host_although_one_connects_to_an_address(here, authority):
    receiver, called = serving(authority, "receiver.example")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    answer = posting.post(named(receiver, True), {}, b"{}", resolver=leads_to("127.0.0.1"), context=context)
    assert answer.status == 204 and called == ["receiver.example"]
    receiver.stop()


def test_a_certificate_for_another_name_is_refused_before_anything_is_said(here, authority):
    receiver, _called = serving(authority, "another.example")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    assert problem(named(receiver, True), resolver=leads_to("127.0.0.1"), context=context) == "certificate"
    assert not receiver.got
    receiver.stop()


def test_a_certificate_of_an_unknown_authority_is_refused(here, authority):
    receiver, _called = serving(authority, "receiver.example")
    assert problem(named(receiver, True), resolver=leads_to("127.0.0.1")) == "certificate"
    assert not receiver.got
    receiver.stop()


# ---- receivers that take their time --------------------------------------------------------------------


def test_a_receiver_that_does_not_answer_is_over_at_the_deadline(here, receiver):
    receiver.gate.clear()
    assert problem(read(receiver.url), seconds=0.3) == "timeout"


def test_one_that_answers_letter_by_letter_is_over_at_the_deadline_too(here, receiver):
    """Each letter comes in time; all of them together do not."""

    def drip(handler):
        for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 10_000:
            handler.wfile.write(bytes([letter]))
            handler.wfile.flush()
            time.sleep(0.02)

    receiver.answers = [drip]
    assert problem(read(receiver.url), seconds=0.5) == "timeout"


def test_endless_preliminary_answers_are_over_at_the_deadline(here, receiver):
    def go_on(handler):
        while True:
            handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    receiver.answers = [go_on]
    assert problem(read(receiver.url), seconds=0.5) == "timeout"


def test_of_an_answer_the_first_500_bytes_are_read(here, receiver):
    receiver.answers, receiver.text = [200], b"x" * 100_000
    assert posting.post(read(receiver.url), {}, b"{}").text == "x" * 500


def test_an_answer_whose_end_never_comes_counts_by_its_status(here, receiver, monkeypatch):
    monkeypatch.setattr(posting, "SECONDS_MORE", 0.2)

    def half(handler):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nhalf of it")
        handler.wfile.flush()
        receiver.gate.clear()
        receiver.gate.wait(60)

    receiver.answers = [half]
    assert posting.post(read(receiver.url), {}, b"{}") == posting.Answer(200, "half of it")


@pytest.mark.parametrize(
    "nonsense", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a" * 70_000]
)
def test_what_is_no_http_is_said(here, receiver, nonsense):
    receiver.answers = [lambda handler: handler.wfile.write(nonsense)]
    assert problem(read(receiver.url)) == "no_http"


def test_a_connection_that_breaks_off_is_said(here, receiver):
    receiver.answers = [lambda handler: handler.connection.close()]
    assert problem(read(receiver.url)) in ("no_http", "connection")
    receiver.stop()
    assert problem(read(receiver.url)) == "connection"


def test_a_resolver_that_hangs_is_over_at_the_deadline(here):
    def hang(*_asked, **_more):
        time.sleep(2)
        return []

    assert problem(Target(False, "a.example", 80, "/"), resolver=hang, seconds=0.2) == "timeout"


def test_the_names_of_hosts_are_no_longer_than_names_can_be():
    assert addresses.NAME.fullmatch("a.example.") and not addresses.NAME.fullmatch("a." * 200)
