"""A receiver of webhooks: a real HTTP(S) server that keeps what it got, verifies it by itself, and answers as it is told."""

import base64
import hashlib
import hmac
import http.server
import ssl
import threading
import time
from dataclasses import dataclass

import orjson


@dataclass(frozen=True)
class Got:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict:
        return orjson.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Verified with nothing of ours, as the specification says it."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = b".".join([self.id.encode(), self.headers["webhook-timestamp"].encode(), self.body])
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        is_fresh = abs(time.time() - int(self.headers["webhook-timestamp"])) < 300
        given = [one.split(",", 1) for one in self.headers["webhook-signature"].split(" ")]
        return is_fresh and any(v == "v1" and hmac.compare_digest(s, expected) for v, s in given)


class Receiver:
    """`answers`: the status of each answer in turn, the last one from then on; or a function of the handler.

    `gate`: closed, no request is answered.
    """

    def __init__(self, context: ssl.SSLContext | None = None):
        self.got: list[Got] = []
        self.answers: list = [204]
        self.headers: dict[str, str] = {}
        self.text = b""
        self.gate = threading.Event()
        self.gate.set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(Got(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                answer = receiver.answers.pop(0) if len(receiver.answers) > 1 else receiver.answers[0]
                receiver.gate.wait(60)
                if callable(answer):
                    return answer(self)
                self.send_response(answer)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(receiver.text)

            do_GET = do_POST

            def log_message(self, *_words):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_request):
                pass  # a sender that went away

        self.server = Server(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        return self.server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?from=registry"

    def stop(self) -> None:
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()
