"""Ports of what the local product brings along."""

import socket


def free_port(wish: int = 0) -> int:
    """Return a loopback port that nobody listens on: the preferred one, or any other where that is taken."""
    for port in (wish, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    raise OSError("there is no free port")
