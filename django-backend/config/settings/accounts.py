"""Sign-up, login and the staff group: every setting of django-allauth, and what staff may do.

One set of users has two doors. The API (`/api/v1/accounts/`) is allauth headless for the `app` client with JWT access
and refresh tokens; the pages (`/accounts/`) and, through their login, the admin use a session. The links in mails lead
to the pages, so they work without a front end; the key in a link works at the API just as well.

Rate limits are allauth's own, all on (20 sign-ups and 30 logins a minute by address; 10 failed logins a minute by
address and 5 in five minutes by account; one verification mail in three minutes by account; 5 reset mails a minute by
account). They count in the shared cache. The client's address is the **last** entry of `X-Forwarded-For`: that one is
written by our proxy, whatever a client sends stands before it and is never read. A process that is reached without a
proxy would believe a client's header; production is always behind one, and the limits by account hold in either case.
"""

from typing import Final

# --- Addresses of the pages ---------------------------------------------------------------------------------------
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "account_home"
LOGOUT_REDIRECT_URL = "account_login"

# --- Accounts -----------------------------------------------------------------------------------------------------
ACCOUNT_ADAPTER = "apps.users.authentication.adapters.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "apps.holders.forms.SignupForm"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
# A stolen token or an unlocked screen is not enough to move an account to another address: the password is asked for
# again, at `auth/reauthenticate` or on a page.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# A new password ends all sessions and tokens, those of who sets it too: their access token would be dead in any case,
# and an answer that says "signed in" beside it would be wrong.
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ALLAUTH_TRUSTED_PROXY_COUNT = 1

# --- API ----------------------------------------------------------------------------------------------------------
HEADLESS_CLIENTS = ("app",)
HEADLESS_ONLY = False
HEADLESS_TOKEN_STRATEGY = "apps.users.authentication.tokens.TokenStrategy"  # noqa: S105 - a class
# Signed with SECRET_KEY: a second secret would have to be kept and rotated without protecting anything more.
HEADLESS_JWT_ALGORITHM = "HS256"
HEADLESS_JWT_ACCESS_TOKEN_EXPIRES_IN = 15 * 60
HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN = 14 * 24 * 60 * 60
# A token is good as long as its session: logout, a new password and deactivation end it at once. Without this the
# token alone would decide until it expires, and nobody would look at `is_active`.
HEADLESS_JWT_STATEFUL_VALIDATION_ENABLED = True

# --- Second factor ------------------------------------------------------------------------------------------------
MFA_ADAPTER = "apps.users.authentication.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Season Tickets Tech"

# --- Staff --------------------------------------------------------------------------------------------------------
STAFF_GROUP_NAME = "STT Staff"


def _permissions(app: str, models: str, actions: str) -> list[str]:
    return [f"{app}.{action}_{model}" for model in models.split() for action in actions.split()]


# What `manage.py setup_staff_group` gives; roles and permissions of users are for superusers only.
STAFF_GROUP_PERMISSIONS: Final = [
    *_permissions("catalog", "league season venue team event", "view add change"),
    *_permissions("catalog", "eventimport eventchange feeddifference", "view"),
    *_permissions("catalog", "namereading", "view delete"),
    *_permissions("notifications", "outboxmessage", "view change"),
    *_permissions("notifications", "mailoptout", "view"),
    *_permissions("orders", "order orderline orderproduct orderrefundline cart cartline couponuse invoice", "view"),
    *_permissions("orders", "eventrefundrun", "view add"),
    *_permissions("orders", "ordermail", "view change"),
    *_permissions("orders", "coupon orderrefund product", "view add change"),
    *_permissions("notifications", "notice", "view"),
    *_permissions("payments", "payment moneyincident", "view change"),
    *_permissions("payments", "paymentattempt refund dispute stripeevent", "view"),
    *_permissions("reports", "weeklyreport", "view"),
    *_permissions("support", "contactmessage", "view change"),
    *_permissions("triage", "triagemessage slackrequest", "view"),
    *_permissions("monitoring", "invariantresult heartbeat", "view"),
    *_permissions("season_tickets", "seasonticket", "view change"),
    *_permissions("season_tickets", "distinctplace", "view add"),
    *_permissions("season_tickets", "withheldseat", "view"),
    *_permissions("listings", "listing", "view add change"),
    *_permissions("listings", "hold", "view change"),
    *_permissions("listings", "ticket listingevent", "view"),
    *_permissions("orders", "sale marketplace", "view add change"),
    *_permissions("payouts", "statement statementline", "view"),
    *_permissions("holders", "ticketholder", "view"),
    *_permissions("holders", "commissionagreement", "view add change"),
    *_permissions("users", "user", "view"),
]
