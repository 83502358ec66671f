"""Mail servers on loopback that accept, refuse or hang on request, and a stand-in for Mailgun."""

import base64
import email.message
import email.parser
import email.policy
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class SmtpServer:
    """What came in, and what is answered to `RCPT TO`."""

    answer: str = "250 OK"
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    port: int = 0

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        """Take or refuse a recipient."""
        if self.answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the same
        """Keep the mail."""
        assert isinstance(envelope.content, bytes)
        parsed = email.parser.BytesParser(policy=email.policy.default).parsebytes(envelope.content)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.recipients += envelope.rcpt_tos
        return "250 taken"


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@contextmanager
def smtp_server(answer: str = "250 OK") -> Iterator[SmtpServer]:
    """Run a mail server on a free port until the block ends."""
    server = SmtpServer(answer=answer, port=free_port())
    controller = Controller(server, hostname="127.0.0.1", port=server.port)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class Mailgun:
    """What came in, and what is answered; `hangs` until it is released."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    hangs: bool = False
    released: threading.Event = field(default_factory=threading.Event)
    url: str = ""


@contextmanager
def mailgun(**answer: Any) -> Iterator[Mailgun]:
    """Run a stand-in of Mailgun's API until the block ends."""
    service = Mailgun(**answer)

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if service.hangs:
                service.released.wait(20)
                return
            service.requests.append(
                {"path": self.path, "auth": self._auth(), "fields": _fields(self.headers["Content-Type"], body)}
            )
            words = {"id": "<1@example.com>", "message": "Queued. Thank you."}
            if service.status != 200:
                words = {"message": "'to' parameter pat@example.com is not good"}
            text = json.dumps(words).encode()
            self.send_response(service.status)
            for name, value in (service.headers | {"Content-Length": str(len(text))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def _auth(self) -> str:
            kind, _, text = self.headers["Authorization"].partition(" ")
            assert kind == "Basic"
            return base64.b64decode(text).decode()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    service.url = f"http://127.0.0.1:{server.server_port}/v3"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield service
    finally:
        service.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


def _fields(content_type: str, body: bytes) -> dict[str, str]:
    """Return the fields of a form, in either encoding."""
    if content_type.startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(body.decode()))
    message = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(
        f"Content-Type: {content_type}\r\n\r\n".encode() + body
    )
    return {
        str(part.get_param("name", header="Content-Disposition")): part.get_payload(decode=True).decode()
        for part in message.iter_parts()
    }
