"""The access log: one line for each answer of the web server, in the form of all other lines."""

import logging
from datetime import timedelta
from typing import Any, Final

from gunicorn.glogging import Logger  # type: ignore[import-untyped]

from apps.common.log_context import ACCESS_FACTS
from apps.common.redaction import redacted_path


class AccessLogger(Logger):
    """Says what was asked for and how long it took; no query string, no address of anybody, no token of a link."""

    def setup(self, cfg: Any) -> None:
        """Let warnings of Python be lines of the log too."""
        super().setup(cfg)
        logging.captureWarnings(capture=True)

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Say which request failed outside of Django, without its query string."""
        super().exception(msg, *(redacted_path(one) if isinstance(one, str) else one for one in args), **kwargs)

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Write the line; request id, user and route come from our outermost middleware."""
        if not self.access_log_enabled:
            return
        status = str(resp.status).partition(" ")[0]
        facts: Final = {
            "method": environ.get("REQUEST_METHOD", "-"),
            "path": redacted_path(environ.get("PATH_INFO", "-")),
            "status": int(status) if status.isdigit() else None,
            "bytes": getattr(resp, "sent", None),
            "duration_ms": round(request_time.total_seconds() * 1_000, 1),
            **environ.get(ACCESS_FACTS, {}),
        }
        self.access_log.info(
            "%s %s %s %s ms", facts["method"], facts["path"], status, facts["duration_ms"], extra=facts
        )
