"""What pages may load and run: Content-Security-Policy, by the longest prefix of the path.

No page may run a script that stands in it, so text that somebody typed never becomes one. What else is allowed is what
each kind of page needs: the admin's Alpine reads expressions from attributes (`unsafe-eval`) and the admin and the API
description write styles into the page (`unsafe-inline`, for styles alone).
"""

from django.core.exceptions import ImproperlyConfigured

from config.settings.stage import env

_FRAMES = "'none'" if env("DJANGO_SECURE_FRAME_DENY") else "'self'"
_COMMON = (
    "default-src 'none'; base-uri 'none'; object-src 'none'; form-action 'self'; connect-src 'self'; font-src 'self'; "
    f"img-src 'self' data:; frame-ancestors {_FRAMES}"
)
_ADMIN_PATH = env("ADMIN_URL").strip("/")
if not _ADMIN_PATH:
    # At the root its policy, which is wider, would be that of every page.
    raise ImproperlyConfigured("Set ADMIN_URL to a path of its own, such as admin/.")
# Browsers hold the redirect after the form against the policy of its page: from the page of an order the way leads to
# Stripe's payment page, or to that of a stand-in.
_STRIPE = env("STRIPE_API_BASE")
_CHECKOUT = "https://checkout.stripe.com" if _STRIPE == "https://api.stripe.com" else _STRIPE
_PAYING = f"{_COMMON}; script-src 'self'; style-src 'self'".replace(
    "form-action 'self'", f"form-action 'self' {_CHECKOUT}"
)
_ADMIN = f"{_COMMON}; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'"
CONTENT_SECURITY_POLICIES = {
    "/": f"{_COMMON}; script-src 'self'; style-src 'self'",
    "/orders/": _PAYING,
    "/payment/": _PAYING,
    "/api/docs/": f"{_COMMON}; script-src 'self'; style-src 'self' 'unsafe-inline'",
    # The system status brings its style along; both spellings of its address.
    "/api/health-check/": f"{_COMMON}; style-src 'unsafe-inline'",
    "/api//health-check/": f"{_COMMON}; style-src 'unsafe-inline'",
    f"/{_ADMIN_PATH}/": _ADMIN,
}
