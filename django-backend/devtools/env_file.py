"""Makes django-backend/.env.dev from .env.dev.example, with fresh secrets in the two places that need them."""

import re
import secrets
from pathlib import Path
from typing import Final

from config.environment import BACKEND_DIR

_SECRETS: Final = ("DJANGO_SECRET_KEY", "HEALTH_CHECK_TOKEN")


def ensure_env_file(folder: Path = BACKEND_DIR) -> bool:
    """Write `.env.dev` into `folder` unless it is there; return whether it was written. Only its owner may read it."""
    target = folder / ".env.dev"
    if target.exists():
        return False
    text = (folder / ".env.dev.example").read_text(encoding="utf-8")
    for name in _SECRETS:
        text = re.sub(rf"^(# )?{name}=.*$", f"{name}={secrets.token_urlsafe(48)}", text, flags=re.MULTILINE)
    target.touch(mode=0o600)
    target.write_text(text, encoding="utf-8")
    return True
