"""Settings shared by every stage; each value that differs between stages comes from config/environment.py."""

from config.environment import BACKEND_DIR
from config.settings.accounts import *  # noqa: F403
from config.settings.admin_pages import *  # noqa: F403
from config.settings.background import *  # noqa: F403
from config.settings.content_security import *  # noqa: F403
from config.settings.observability import *  # noqa: F403
from config.settings.outgoing import *  # noqa: F403
from config.settings.payments import *  # noqa: F403
from config.settings.stage import env

# --- Core ---------------------------------------------------------------------------------------------------------
SECRET_KEY = env("DJANGO_SECRET_KEY")
DEBUG = env("DJANGO_DEBUG")
ALLOWED_HOSTS = env("DJANGO_ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = env("DJANGO_CSRF_TRUSTED_ORIGINS")
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SOURCE_URL = env("SOURCE_URL")
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.headless",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "health_check",
    "anymail",
    "import_export",
    "pgtrigger",
    "phonenumber_field",
    "apps.common",
    "apps.users",
    "apps.notifications",
    "apps.catalog",
    "apps.holders",
    "apps.identities",
    "apps.support",
    "apps.payments",
    "apps.season_tickets",
    "apps.listings",
    "apps.listing_files",
    "apps.orders",
    "apps.payouts",
    "apps.triage",
    "apps.reports",
    "apps.monitoring",
]

MIDDLEWARE = [
    "apps.common.middleware.RequestContextMiddleware",
    "apps.monitoring.middleware.RequestMetricsMiddleware",
    "apps.common.middleware.RedirectedWritesMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "apps.common.middleware.ResponseHeadersMiddleware",
    "apps.common.database_limits.DatabaseLimitsMiddleware",
    "apps.common.database_limits.LimitedSessionMiddleware",
    "apps.common.middleware.TrailingSlashMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "apps.common.request_characters.RequestCharactersMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.common.admin_refusals.AdminRefusalsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BACKEND_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- Services -----------------------------------------------------------------------------------------------------
DATABASES = {
    "default": {
        **env("DJANGO_DATABASES"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # Transaction-mode poolers hand each transaction to another server process, so nothing may outlive one.
        "DISABLE_SERVER_SIDE_CURSORS": True,
    }
}
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 3)
if _REPLICA := env("DATABASE_REPLICA_URL"):
    # One that has vanished from the network is given up after two seconds; see apps/common/replica.py.
    _LIMITS = {"connect_timeout": 2, "tcp_user_timeout": 2_000}
    DATABASES["replica"] = DATABASES["default"] | _REPLICA | {"TEST": {"MIRROR": "default"}}
    DATABASES["replica"]["OPTIONS"] = _REPLICA.get("OPTIONS", {}) | _LIMITS
WEB_LOCK_TIMEOUT_SECONDS = env("WEB_LOCK_TIMEOUT_SECONDS")
WEB_STATEMENT_TIMEOUT_SECONDS = env("WEB_STATEMENT_TIMEOUT_SECONDS")
# `direct` is the same cache without the memory that stands in for a Redis that is away: the health check asks it.
CACHES = {"direct": env("DJANGO_CACHES")}
_REDIS_URL = CACHES["direct"]["LOCATION"] if "redis" in CACHES["direct"]["BACKEND"].lower() else None
if _REDIS_URL:
    CACHES["direct"].setdefault("OPTIONS", {}).update({"socket_connect_timeout": 0.5, "socket_timeout": 0.5})
CACHES["default"] = CACHES["direct"] | ({"BACKEND": "apps.common.cache.RedisCache"} if _REDIS_URL else {})

CELERY_BROKER_URL = env("CELERY_BROKER_URL") or _REDIS_URL or "redis://127.0.0.1:6379/0"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5}

# --- Business -----------------------------------------------------------------------------------------------------
# Basis points: 0.2 is 2,000. The only place where the decimal of the environment becomes the integer of the ledger.
BUSINESS_TOTAL_EXPENSES = env("BUSINESS_TOTAL_EXPENSES")
DEFAULT_COMMISSION_RATE_BPS = int(BUSINESS_TOTAL_EXPENSES * 10_000)
BUYER_FEE_BPS = int(env("BUYER_FEE") * 10_000)
TERMS_VERSION = env("TERMS_VERSION")
INVOICE_SELLER = env("INVOICE_SELLER")
PAYOUT_DAYS_AFTER_EVENT = env("PAYOUT_DAYS_AFTER_EVENT")
BUYER_RETENTION_DAYS = env("BUYER_RETENTION_DAYS")
CHOICE_DAYS = env("CHOICE_DAYS")
CURRENCY = "USD"
HEALTH_CHECK_TOKEN = env("HEALTH_CHECK_TOKEN")
GENERATE_EMAILS_TOKEN = env("GENERATE_EMAILS_TOKEN")
ADMIN_ENABLED = env("ADMIN_ENABLED")
ADMIN_URL = env("ADMIN_URL").strip("/") + "/"

# --- Security -----------------------------------------------------------------------------------------------------
# Seals what must not be read in the database; apps/common/encryption.py.
DATA_ENCRYPTION_KEYS = env("DATA_ENCRYPTION_KEYS")
SECURE_SSL_REDIRECT = env("DJANGO_SECURE_SSL_REDIRECT")
# Container probes and Prometheus speak plain http to the process itself.
SECURE_REDIRECT_EXEMPT = [r"^livez$", r"^api/metrics/$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env("DJANGO_SECURE_HSTS_SECONDS")
SECURE_HSTS_INCLUDE_SUBDOMAINS = env("DJANGO_SECURE_HSTS_INCLUDE_SUBDOMAINS")
SECURE_HSTS_PRELOAD = env("DJANGO_SECURE_HSTS_PRELOAD")
SECURE_BROWSER_XSS_FILTER = env("DJANGO_SECURE_BROWSER_XSS_FILTER")
SECURE_CONTENT_TYPE_NOSNIFF = env("DJANGO_SECURE_CONTENT_TYPE_NOSNIFF")
X_FRAME_OPTIONS = "DENY" if env("DJANGO_SECURE_FRAME_DENY") else "SAMEORIGIN"
SESSION_COOKIE_AGE = env("DJANGO_SESSION_COOKIE_AGE")
SESSION_COOKIE_DOMAIN = env("DJANGO_SESSION_COOKIE_DOMAIN")
SESSION_EXPIRE_AT_BROWSER_CLOSE = env("DJANGO_SESSION_EXPIRE_AT_BROWSER_CLOSE")
SESSION_SAVE_EVERY_REQUEST = env("DJANGO_SESSION_SAVE_EVERY_REQUEST")
SESSION_COOKIE_HTTPONLY = env("DJANGO_SESSION_COOKIE_HTTPONLY")
SESSION_COOKIE_SECURE = env("DJANGO_SESSION_COOKIE_SECURE")
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_FAILURE_VIEW = "config.pages.csrf_failure"
# Not cached: a logout while Redis is away would leave a session in it that is open again when Redis comes back.
SESSION_ENGINE = "apps.common.sessions"

# --- Static files -------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = BACKEND_DIR / "staticfiles"
STATICFILES_DIRS = [BACKEND_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

# Hashed names and compressed copies: what production serves and an image build collects.
MANIFEST_STATIC_STORAGE = {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}

# --- People -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- API ----------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.users.authentication.tokens.AccessTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["apps.common.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["apps.common.filters.AskedFilterBackend"],
    "DEFAULT_PAGINATION_CLASS": "apps.common.pagination.StandardCursorPagination",
    "DEFAULT_THROTTLE_CLASSES": ["apps.common.throttling.ApiThrottle"],
    # The address is the last one of X-Forwarded-For, which nginx/ sets; ALLAUTH_TRUSTED_PROXY_COUNT says the same.
    "NUM_PROXIES": 1,
    "DEFAULT_METADATA_CLASS": "apps.common.metadata.Metadata",
    "DEFAULT_SCHEMA_CLASS": "apps.common.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "drf_standardized_errors.handler.exception_handler",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
# Requests and seconds, or None for no limit. Accounts have allauth's own limits, the health check has none.
API_THROTTLES = {"anon": env("API_THROTTLE_ANON"), "user": env("API_THROTTLE_USER")}
# Nobody needs to set it: a look at the page is three requests, and each costs a file in memory.
DOCS_THROTTLES = {"anon": (600, 3600), "user": (600, 3600)}
# The market asks nobody who they are: it counts addresses only.
MARKET_THROTTLES = dict.fromkeys(("anon", "user"), env("MARKET_THROTTLE"))
# Counts only codes that do not work: nobody needs many, and nobody may guess.
COUPON_THROTTLES: dict[str, tuple[int, int] | None] = {"anon": (10, 3600), "user": (10, 3600)}
CONTACT_THROTTLES = {"anon": env("CONTACT_THROTTLE_ANON"), "user": env("CONTACT_THROTTLE_USER")}
_ERROR_STATUSES = ["400", "401", "403", "404", "409", "413", "415", "422", "429", "503"]
DRF_STANDARDIZED_ERRORS = {
    "EXCEPTION_HANDLER_CLASS": "apps.common.exception_handler.ExceptionHandler",
    "EXCEPTION_FORMATTER_CLASS": "apps.common.exception_handler.ExceptionFormatter",
    "ALLOWED_ERROR_STATUS_CODES": _ERROR_STATUSES,
    "ERROR_SCHEMAS": dict.fromkeys(_ERROR_STATUSES, "apps.common.openapi.ErrorResponse"),
}
# Who may look at rows may download them.
IMPORT_EXPORT_EXPORT_PERMISSION_CODE = "view"
SPECTACULAR_SETTINGS = {
    "TITLE": "Season Tickets Tech API",
    "DESCRIPTION": "Consign season-ticket seats: catalogue, season tickets, listings, sales and statements.\n\n"
    "Sign in by `POST /api/v1/accounts/app/v1/auth/login` and put `meta.access_token` of its answer into *Authorize*. "
    'Money is decimal text (`"100.00"`), times are UTC, lists go on at `next`. Errors name the field in `attr`.',
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "SERVERS": [{"url": "/", "description": "The host that this description comes from."}],
    # Every enumeration by name: one that the library names itself is renamed by the next field of the same name.
    "ENUM_NAME_OVERRIDES": {
        "CsvRowStatusEnum": "apps.listing_files.serializers.ROW_STATUSES",
        "DeliveryStatusEnum": "apps.orders.enums.DeliveryStatus",
        "DeliveryTypeEnum": "apps.listings.enums.DeliveryType",
        "DisclosureEnum": "apps.listings.enums.Disclosure",
        "ErrorTypeEnum": "apps.common.openapi.ERROR_TYPES",
        "EventStatusEnum": "apps.catalog.enums.EventStatus",
        "FloorBasisEnum": "apps.listings.rules.price_plans.FloorBasis",
        "ListingChangeEnum": "apps.listings.enums.ListingChange",
        "ListingChangeSideEnum": "apps.listings.serializers.listing_output.SIDES",
        "ListingChangeSourceEnum": "apps.common.acts.ChangeSource",
        "ListingStatusEnum": "apps.listings.enums.ListingStatus",
        "NoticeKindEnum": "apps.notifications.enums.NoticeKind",
        "PayoutStepEnum": "apps.holders.serializers.STEPS",
        "OrderMailKindEnum": "apps.orders.enums.OrderMailKind",
        "OrderMailStateEnum": "apps.orders.enums.OrderMailState",
        "OrderStatusEnum": "apps.orders.enums.OrderStatus",
        "RefundReasonEnum": "apps.orders.serializers.refunds.REASONS",
        "RefundStatusEnum": "apps.payments.enums.RefundStatus",
        "SeasonTicketStatusEnum": "apps.season_tickets.enums.SeasonTicketStatus",
        "SeatNumberingEnum": "apps.season_tickets.enums.SeatNumbering",
        "SplitRuleEnum": "apps.listings.rules.split_rules.SplitRule",
        "StaffRefundReasonEnum": "apps.orders.serializers.refunds.STAFF_REASONS",
        "StaffMoveEnum": "apps.listings.serializers.listings.MOVES",
        "StatementLineKindEnum": "apps.payouts.enums.StatementLineKind",
        "TicketStatusEnum": "apps.listings.enums.TicketStatus",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.openapi.hooks.require_enum_names",
        "config.openapi.hooks.add_account_operations",
        "config.openapi.hooks.mark_public_operations",
    ],
}
