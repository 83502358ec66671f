"""Payments: the keys of Stripe. One of the wrong mode stops the process before it moves money."""

from django.core.exceptions import ImproperlyConfigured

from config.environment import Stage
from config.settings.stage import STAGE, env

STRIPE_SECRET_KEY = env("STRIPE_SECRET_KEY") or ""
STRIPE_WEBHOOK_SECRETS = env("STRIPE_WEBHOOK_SECRETS")
STRIPE_API_BASE = env("STRIPE_API_BASE")
REFUND_ON_FRAUD_WARNING = env("REFUND_ON_FRAUD_WARNING")

_IS_LIVE = STRIPE_SECRET_KEY.partition("_")[2].startswith("live_")
if STRIPE_SECRET_KEY and _IS_LIVE and env("DJANGO_DEBUG"):
    raise ImproperlyConfigured("STRIPE_SECRET_KEY is a live key, and DJANGO_DEBUG is on: use a test key.")
if STRIPE_SECRET_KEY and STAGE is Stage.PRODUCTION:
    if not _IS_LIVE and not env("STRIPE_TEST_KEY_ALLOWED"):
        raise ImproperlyConfigured(
            "STRIPE_SECRET_KEY is a test key: buyers would pay nothing. Set STRIPE_TEST_KEY_ALLOWED to True to mean it."
        )
    if not STRIPE_WEBHOOK_SECRETS:
        raise ImproperlyConfigured("Set STRIPE_WEBHOOK_SECRETS too: without it no payment is heard of.")
