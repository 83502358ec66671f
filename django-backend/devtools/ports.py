"""Ports of the servers of the local product."""

import socket


def free_port(preferred: int = 0) -> int:
    """Return a loopback port that nobody listens on: the preferred one, or any other if it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise OSError("there is no free port")
