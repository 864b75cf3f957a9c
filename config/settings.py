"""All settings. Chosen by the environment, nothing else; every nonsense is refused with a sentence.

Profiles: with no DATABASE_URL and no REDIS_URL the platform runs embedded (SQLite, everything in one process).
"""

from datetime import timedelta
from pathlib import Path

from config import env
from config.schema import SPECTACULAR_SETTINGS  # noqa: F401 - a setting

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(env.text("DATA_DIR", str(BASE_DIR / "var"))).expanduser().resolve()
_SECRETS = env.stored_secrets(DATA_DIR)

# --- profile -------------------------------------------------------------------------------------
SIGN_IN = env.choice("SIGN_IN", "link", ("link", "password"))
HOST = env.text("HOST", "127.0.0.1")
PORT = env.integer("PORT", 8000, low=1, high=65_535)
PUBLIC_URL = env.url("PUBLIC_URL", ("http", "https"))
REDIS_URL = env.url("REDIS_URL", ("redis", "rediss", "unix"))
CACHE_REDIS_URL = env.url("CACHE_REDIS_URL", ("redis", "rediss", "unix")) or REDIS_URL
EMBEDDED_QUEUE = not REDIS_URL
LOOPBACK = ("127.0.0.1", "localhost", "::1")
if SIGN_IN == "link" and HOST not in LOOPBACK:
    raise env.SettingError(
        f"SIGN_IN=link serves one person on this PC only, but HOST={HOST}. Set HOST=127.0.0.1, or SIGN_IN=password."
    )
if SIGN_IN == "link" and PUBLIC_URL and env.urlsplit(PUBLIC_URL).hostname not in LOOPBACK:
    # Behind a proxy everybody comes from this PC.
    raise env.SettingError(
        f"SIGN_IN=link serves this PC only, but PUBLIC_URL={PUBLIC_URL}. Set SIGN_IN=password."
    )
TRUSTED_PROXIES = env.networks("TRUSTED_PROXIES")
if SIGN_IN == "link" and TRUSTED_PROXIES:
    raise env.SettingError(
        "TRUSTED_PROXIES is for a team behind a proxy: leave it out, or set SIGN_IN=password."
    )
EMAIL_ON, MAILERS, DEFAULT_FROM_EMAIL = env.mail(PUBLIC_URL)

# --- security ------------------------------------------------------------------------------------
DEBUG = False
SECRET_KEY = env.text("SECRET_KEY", _SECRETS["SECRET_KEY"])
ENCRYPTION_KEYS = env.words("ENCRYPTION_KEYS") or _SECRETS["ENCRYPTION_KEYS"].split(",")
_PUBLIC_HOST = [env.urlsplit(PUBLIC_URL).hostname] if PUBLIC_URL else []
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS") or [*_PUBLIC_HOST, "localhost", "127.0.0.1", "[::1]"]
if "*" in ALLOWED_HOSTS:
    raise env.SettingError(
        "ALLOWED_HOSTS=* would open the door to DNS rebinding. List the host names one by one."
    )
CORS_ALLOWED_ORIGINS = env.origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/v1/.*$"
CORS_ALLOW_HEADERS = [
    "accept",
    "accept-language",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
]
CORS_EXPOSE_HEADERS = ["ETag", "Retry-After", "X-Request-ID"] + [
    f"X-RateLimit-{name}" for name in ("Limit", "Remaining", "Reset")
]
WHITENOISE_ALLOW_ALL_ORIGINS = False
HTTPS = PUBLIC_URL.startswith("https://")
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS and SIGN_IN == "password" else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health"]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_NAME = "hisho_session"
CSRF_COOKIE_NAME = "hisho_csrf"
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 14 * 24 * 3600
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
X_FRAME_OPTIONS = "DENY"
SECURE_CSP = {
    "default-src": ["'self'"],
    "img-src": ["'self'", "data:"],
    "object-src": ["'none'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{rule}Validator"}
    for rule in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]
LOGIN_URL = "/sign-in/"
CSRF_FAILURE_VIEW = "foundation.core.views.csrf_failed"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "guardian.backends.ObjectPermissionBackend",
]
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False

# --- applications --------------------------------------------------------------------------------
INSTALLED_APPS = [
    "foundation.core.admin_app.PlatformAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "corsheaders",
    "guardian",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "foundation.core", "foundation.activity", "foundation.accounts", "foundation.monitoring",
    "ai_integration", "knowledge", "personas", "plans", "workflows",
]  # fmt: skip
MIDDLEWARE = [
    "foundation.core.middleware.SecurityHeaders",
    "foundation.core.middleware.ExactHost",
    "foundation.monitoring.middleware.RequestMetrics",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "foundation.core.middleware.SameOrigin",
    "foundation.core.middleware.ApiClock",
    "foundation.core.middleware.GZip",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "foundation.accounts.language.ChosenLanguage",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "workflows.contexts.frame.frame",
            ]
        },
    }
]

# --- data ----------------------------------------------------------------------------------------
DATABASES = {"default": env.database(DATA_DIR)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CHECKPOINT_DATABASE = DATA_DIR / "checkpoints.sqlite3"
CHECKPOINT_SCHEMA = "langgraph"
VAULT_ROOTS = [Path(root).expanduser().resolve() for root in env.words("VAULT_ROOTS")]
MEDIA_ROOT = DATA_DIR / "media"
STORAGES = {
    "default": env.storage("MEDIA_STORAGE_URL"),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_USE_FINDERS = True
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
UPLOAD_MAX_BYTES = 25 * 1024 * 1024
REDIS_PATIENCE_SECONDS = 3  # a Redis that hangs must not hang the pages
CACHES = {
    "default": {
        "BACKEND": "django_redis.cache.RedisCache",
        "LOCATION": CACHE_REDIS_URL,
        "TIMEOUT": 3600,
        "OPTIONS": {
            "SOCKET_CONNECT_TIMEOUT": REDIS_PATIENCE_SECONDS,
            "SOCKET_TIMEOUT": REDIS_PATIENCE_SECONDS,
            "CONNECTION_POOL_CLASS": "foundation.core.patience.PatientPool",
        },
    }
    if CACHE_REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "TIMEOUT": 3600,
        "OPTIONS": {"MAX_ENTRIES": 20_000},  # the default of 300 would drop counters of the rate limits
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "foundation.activity.layer.PatientLayer",
        "CONFIG": {
            "hosts": [{"address": REDIS_URL, "socket_connect_timeout": REDIS_PATIENCE_SECONDS}],
            "prefix": f"hisho{env.urlsplit(REDIS_URL).path}",  # channels reach across the numbers of a Redis server
        },
    }
    if REDIS_URL
    else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
}

# --- queue and engine ----------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL or "memory://localhost"
CELERY_BROKER_TRANSPORT = "foundation.core.broker:Transport" if EMBEDDED_QUEUE else None
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {}
    if EMBEDDED_QUEUE
    else {
        # Twice the hard time limit. What is delivered again all the same finds the lease taken and ends at once.
        "visibility_timeout": 3600,
        "socket_keepalive": True,
        "socket_connect_timeout": REDIS_PATIENCE_SECONDS,
        "socket_timeout": REDIS_PATIENCE_SECONDS,
        "health_check_interval": 10,
    }
)
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker never gives up on its broker
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = CELERY_RESULT_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TRACK_STARTED = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 25 * 60
CELERY_TASK_TIME_LIMIT = 30 * 60
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 1000
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10  # after SIGQUIT; SIGTERM lets every graph come to its next step
CELERY_WORKER_CONCURRENCY = env.integer("WORKER_CONCURRENCY", 16, low=1, high=256)
CELERY_TIMEZONE = "Asia/Tokyo"
CELERY_ENABLE_UTC = True
LEASE_SECONDS = env.integer("LEASE_SECONDS", 12, low=2, high=600)
SWEEP_SECONDS = env.integer("SWEEP_SECONDS", 2, low=1, high=60)
MAX_ATTEMPTS_WITHOUT_PROGRESS = 3
MAX_PLAN_ROUNDS = env.integer("MAX_PLAN_ROUNDS", 5, low=1, high=50)
MAX_REVISIONS = env.integer("MAX_REVISIONS", 2, low=0, high=10)
CALL_TIMEOUT_SECONDS = env.integer("CALL_TIMEOUT_SECONDS", 300, low=1, high=3600)
CALL_SILENCE_SECONDS = env.integer("CALL_SILENCE_SECONDS", 120, low=1, high=3600)
CALL_QUEUE_SECONDS = env.integer("CALL_QUEUE_SECONDS", 300, low=1, high=3600)
AI_CONCURRENCY = env.integer("AI_CONCURRENCY", 8, low=1, high=1000)  # calls that one server answers at a time
AI_MAX_OUTPUT_TOKENS = env.integer("AI_MAX_OUTPUT_TOKENS", 16_384, low=16, high=1_000_000)
AI_MODEL = env.text("AI_MODEL", "builtin")
AI_LOCAL_HOSTS = env.places("AI_LOCAL_HOSTS")
MAX_TOOL_STEPS = env.integer("MAX_TOOL_STEPS", 8, low=0, high=20)
MAX_TOOL_SECONDS = env.integer("MAX_TOOL_SECONDS", 900, low=1, high=7200)
MCP_CONNECT_SECONDS = env.integer("MCP_CONNECT_SECONDS", 30, low=1, high=600)
MCP_IDLE_SECONDS = env.integer("MCP_IDLE_SECONDS", 3 * 3600, low=10, high=7 * 24 * 3600)
BUILTIN_DELAY_MS = env.integer("BUILTIN_DELAY_MS", 0, low=0, high=600_000)
BUILTIN_PACE_MS = env.integer("BUILTIN_PACE_MS", 60, low=0, high=10_000)
REPORT_FOLDER = "AI秘書"

# --- interfaces ----------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "foundation.accounts.authentication.TokenAuthentication",
        "foundation.accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "foundation.accounts.authentication.WithinScopes",
    ],
    "DEFAULT_PAGINATION_CLASS": "foundation.core.api.pagination.CursorPagination",
    "DEFAULT_FILTER_BACKENDS": [
        "foundation.core.api.filters.GivenFilters",
        "rest_framework.filters.SearchFilter",
    ],
    "DEFAULT_THROTTLE_CLASSES": ["foundation.core.api.throttling.ScopedThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "foundation.core.api.errors.handle",
    "DEFAULT_PARSER_CLASSES": ["foundation.core.api.parsers.StrictJSONParser"],
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
RATE_LIMITS = {
    scope: env.integer(f"RATE_LIMIT_{scope.upper()}", default, low=1, high=1_000_000)
    for scope, default in {
        "default": 3000,
        "persona_create": 10,
        "sign_in": 10,
        "upload": 20,
        "search": 600,
        "provider_test": 30,
    }.items()
}
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": timedelta(minutes=30),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "ROTATE_REFRESH_TOKENS": True,
    "BLACKLIST_AFTER_ROTATION": True,
}

# --- language and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "ja"
LANGUAGES = [("ja", "日本語"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.text("TIME_ZONE", "Asia/Tokyo")
USE_TZ = True
LOG_LEVEL = env.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
TALKATIVE = (
    "anthropic", "boto3", "botocore", "google_genai", "httpcore", "httpcore2", "httpx", "httpx2", "markdown_it",
    "openai", "s3transfer", "urllib3",
)  # fmt: skip
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "foundation.core.logs.DiscreetFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s%(request)s: %(message)s",
        }
    },
    "filters": {"request": {"()": "foundation.core.request_ids.WithRequestId"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request"]}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "celery": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        # INFO, so that a team's journal has the heads.
        "audit.head": {"level": "WARNING" if EMBEDDED_QUEUE else "INFO"},
        "django.request": {"level": "ERROR"},  # a 404 is an answer
        # At DEBUG these log what they send and what comes back, keys and prompts among it.
        **{name: {"level": "WARNING"} for name in TALKATIVE},
        "mcp": {
            "level": "CRITICAL"
        },  # shows what a server answered even in its warnings; ours say what went wrong
    },
}
