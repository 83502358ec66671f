"""The two servers: SMTP takes mails, HTTP shows them. Both listen on this machine only."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from aiosmtpd.smtp import SMTP, Envelope, Session

from sandbox.mail.app import Mailbox
from sandbox.mail.reading import printable
from sandbox.mail.store import Store
from sandbox.serving import HOST, new_server, served

SMTP_PORT, PAGE_PORT = 1025, 1080
MOST_BYTES = 32_000_000


@dataclass(frozen=True)
class Running:
    """Where mail is accepted (`smtp_port`) and shown (`url`, without a trailing slash)."""

    smtp_port: int
    url: str


class _Postman:
    """Puts mails that arrive by SMTP into the store and reports each in one line."""

    def __init__(self, store: Store, mailbox: Mailbox, report: Callable[[str], None]) -> None:
        self._store, self._mailbox, self._report = store, mailbox, report

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        raw = envelope.original_content or b""
        mail = self._store.add([printable(address) for address in envelope.rcpt_tos], raw)
        self._report(f"To {', '.join(mail.recipients)}: {mail.subject}  {self._mailbox.address(mail)}")
        return "250 OK"


@contextmanager
def running(
    database: str = ":memory:",
    *,
    smtp_port: int = 0,
    page_port: int = 0,
    report: Callable[[str], None] = lambda _line: None,
) -> Iterator[Running]:
    """Serve in threads until the block ends; port 0 means any free port, `report` gets a line about each mail.

    Raises:
        OSError: a port is taken.
    """
    server = new_server(page_port)
    url = f"http://{HOST}:{server.server_port}"
    with closing(Store(database)) as store, served(server):
        mailbox = Mailbox(store, url)
        server.app = mailbox
        with _taking_mail(_Postman(store, mailbox, report), smtp_port) as port:
            yield Running(port, url)


@contextmanager
def _taking_mail(postman: _Postman, port: int) -> Iterator[int]:
    loop, ended = asyncio.new_event_loop(), asyncio.Event()
    with socket.create_server((HOST, port)) as listening:
        serve = threading.Thread(target=loop.run_until_complete, args=(_take_mail(postman, listening, ended),))
        serve.start()
        try:
            yield listening.getsockname()[1]
        finally:
            loop.call_soon_threadsafe(ended.set)
            serve.join()
            loop.close()


async def _take_mail(postman: _Postman, listening: socket.socket, ended: asyncio.Event) -> None:
    def session() -> SMTP:
        # With a host name, aiosmtpd does not look one up.
        return SMTP(postman, hostname="localhost", enable_SMTPUTF8=True, data_size_limit=MOST_BYTES)

    server = await asyncio.get_running_loop().create_server(session, sock=listening)
    await ended.wait()
    server.close()
    sessions = asyncio.all_tasks() - {asyncio.current_task()}
    for task in sessions:
        task.cancel()
    await asyncio.gather(*sessions, return_exceptions=True)
