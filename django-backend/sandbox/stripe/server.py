"""The server: threads, this machine only."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from sandbox.serving import HOST, new_server, served
from sandbox.stripe.app import Sandbox
from sandbox.stripe.options import Options


@contextmanager
def running(options: Options, port: int = 0, clock: Callable[[], float] = time.time) -> Iterator[tuple[str, Sandbox]]:
    """Serve in a thread until the block ends; yields the address (http://127.0.0.1:8070) and the application."""
    server = new_server(port)
    sandbox = Sandbox(options, f"http://{HOST}:{server.server_port}", clock)
    server.app = sandbox
    with served(server) as url, closing(sandbox):
        yield url, sandbox
