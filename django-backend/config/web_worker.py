"""A process of gunicorn that keeps slow clients away from its threads, as a proxy would; see ADR 27.

waitress reads whole requests and writes whole answers in one loop for all connections. A thread has a request only when
all of it is there, and hands its answer over at once, so no number of half-sent bodies or unread answers takes one.
gunicorn stays what starts, replaces, stops and watches the processes.
"""

import logging
import os
import resource
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any, Final

from gunicorn.workers.base import Worker  # type: ignore[import-untyped]
from waitress import wasyncore  # type: ignore[import-untyped]
from waitress.channel import HTTPChannel  # type: ignore[import-untyped]
from waitress.server import BaseWSGIServer, create_server  # type: ignore[import-untyped]
from waitress.task import ErrorTask, WSGITask  # type: ignore[import-untyped]

LARGEST_BODY: Final = 25 * 1024 * 1024  # client_max_body_size of nginx/snippets/site.conf
LARGEST_HEADERS: Final = 64 * 1024
# How long a stopping process still listens to connections that are open and have asked nothing.
LINGER_SECONDS: Final = 2.0
_LOOP_SECONDS: Final = 1.0


class _Refusal(ErrorTask):
    """What is no HTTP, or too large: the log has the kind of fault and nothing that was sent."""

    def execute(self) -> None:
        if self.request.error.code < HTTPStatus.INTERNAL_SERVER_ERROR:
            logging.getLogger("gunicorn.error").warning("Invalid request: %s", type(self.request.error).__name__)
        super().execute()


class _Task(WSGITask):
    """An answer to HEAD ends after its headers; neither Django nor waitress leaves the body away.

    While the process ends, answers close their connection: the next request on it would be lost.
    """

    def write(self, data: bytes) -> None:
        if not self.wrote_header and not self.channel.server.worker.alive:
            self.set_close_on_finish()
        if self.request.command != "HEAD":
            super().write(data)
            return
        super().write(b"")
        self.chunked_response = False  # or the mark of the last chunk would be written


class _Channel(HTTPChannel):
    """A connection; of requests that came at once, each waits until the client has read the answer before it.

    In waitress they wait with a thread, as soon as more than 16 MB of their answers are unread.
    """

    task_class = _Task
    error_task_class = _Refusal
    _waits = False

    @property
    def is_busy(self) -> bool:
        return bool(self.requests or self.request or self.total_outbufs_len)

    def service(self) -> None:
        """Answer the next request, called by a thread."""
        with self.outbuf_lock:
            self._waits = self.total_outbufs_len > 0
        if self._waits:
            self.server.pull_trigger()
        else:
            super().service()

    def handle_write(self) -> None:
        """Send what the client takes, called by the loop."""
        super().handle_write()
        if self._waits and self.connected and not self.total_outbufs_len:
            self._waits = False
            self.server.add_task(self)

    def give_up_unread(self, cutoff: float) -> None:
        """Close when the client has read nothing of its answer since then; a thread that waits for it goes on."""
        if self.total_outbufs_len and self.last_activity < cutoff:
            self.handle_close()


class BufferingWorker(Worker):
    """Serves by waitress until it is stopped, then ends what has begun."""

    alive: bool
    _servers: tuple[BaseWSGIServer, ...] = ()

    def run(self) -> None:
        """Serve until asked to stop, until the master is gone, or after `max_requests`."""
        # It would quote paths, which may hold tokens; what matters of them is logged here.
        logging.getLogger("waitress").disabled = True
        logging.getLogger("waitress.queue").disabled = True  # a line for each request that waits for a thread
        # A connection is a file, and so is a large body or answer: 1,024 in all, which many systems give, are too few.
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        self.sockets_by_file: dict[int, Any] = {}
        create_server(
            self.answered,
            map=self.sockets_by_file,
            sockets=[listener.sock for listener in self.sockets],
            threads=self.cfg.threads,
            backlog=self.cfg.backlog,
            connection_limit=self.cfg.worker_connections,
            channel_timeout=self.cfg.keepalive,
            cleanup_interval=5,
            max_request_body_size=LARGEST_BODY + 1,
            max_request_header_size=LARGEST_HEADERS,
            clear_untrusted_proxy_headers=False,  # Django decides what it believes: config/source_address.py
            asyncore_use_poll=True,  # select() knows no file above 1,023
            ident=None,
        )
        self._servers = tuple(one for one in self.sockets_by_file.values() if isinstance(one, BaseWSGIServer))
        for server in self._servers:
            server.channel_class, server.worker = _Channel, self
        while self.alive and self.ppid == os.getppid():
            self._turn()
        for server in self._servers:
            server.accepting = False
        self._end_what_has_begun()
        self._servers[0].task_dispatcher.shutdown(timeout=1)

    def _turn(self, seconds: float = _LOOP_SECONDS) -> None:
        self.notify()
        wasyncore.loop(timeout=seconds, use_poll=True, map=self.sockets_by_file, count=1)
        cutoff = time.time() - self.cfg.keepalive
        for channel in self._channels():
            channel.give_up_unread(cutoff)

    def _channels(self) -> list[_Channel]:
        return [one for one in self.sockets_by_file.values() if isinstance(one, _Channel)]

    def _end_what_has_begun(self) -> None:
        # A connection that was accepted may carry a request that is still on its way: it is listened to for a moment.
        begun = time.monotonic()
        while (elapsed := time.monotonic() - begun) < self.cfg.graceful_timeout:
            if not any(one.is_busy or elapsed < LINGER_SECONDS for one in self._channels()):
                return
            self._turn(0.05)

    def handle_exit(self, sig: int, frame: object) -> None:
        """Stop soon."""
        super().handle_exit(sig, frame)
        self._wake()

    def _wake(self) -> None:
        """End the wait for sockets."""
        for server in self._servers:
            server.pull_trigger()

    def answered(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
        """Answer by the application and write the line of the access log; count the request."""
        begun = time.perf_counter()
        answer = SimpleNamespace(status="500", sent=0)

        def start(status: str, *arguments: Any) -> Any:
            answer.status = status
            return start_response(status, *arguments)

        chunks: Any = ()
        try:
            chunks = self.wsgi(environ, start)
            for chunk in chunks:
                answer.sent += len(chunk)
                yield chunk
        except Exception:
            self.log.exception("Error handling request %s", environ.get("PATH_INFO", "-"))
            raise
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
            self.log.access(answer, None, environ, timedelta(seconds=time.perf_counter() - begun))
            self.nr += 1
            if self.nr >= self.max_requests and self.alive:
                self.alive = False
                self.log.info("Autorestarting worker after current request.")
                self._wake()
