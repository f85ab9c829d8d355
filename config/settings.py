"""The one settings file. Everything that differs between installs comes from the environment."""

import secrets
from datetime import timedelta
from pathlib import Path

import django_stubs_ext

from config import environment as env
from config.event_handlers import EVENT_HANDLERS  # noqa: F401 - a setting

django_stubs_ext.monkeypatch()  # `ModelForm[Review]` in annotations and bases

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(env.text("PERENNIAL_VAR", str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)


def _local_secret_key() -> str:
    """A key made once for this checkout, so that an embedded install needs no configuration."""
    path = VAR_DIR / "secret_key"
    try:
        with path.open("x", encoding="utf-8") as handle:
            path.chmod(0o600)
            handle.write(secrets.token_urlsafe(50))
    except FileExistsError:
        pass
    return path.read_text(encoding="utf-8").strip() or secrets.token_urlsafe(50)


# -- Security -----------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", False)
SECRET_KEY = env.text("SECRET_KEY") or _local_secret_key()
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])
BASE_URL = env.text("BASE_URL", "http://127.0.0.1:8000")  # for links in mail
HTTPS = env.flag("HTTPS", False)  # served behind TLS: secure cookies, HSTS, redirect
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.flag("BEHIND_PROXY", False) else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "SAMEORIGIN"  # a report's PDF stands in a frame beside the form
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; "
    "frame-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'"
)

# -- Applications -------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "django_celery_beat",
    "allauth",
    "allauth.account",
    "config",
    "reviews",
    "screening",
    "analysis",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.content_security_policy",
    "config.middleware.request_id",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.middleware.NullCharacters",
    "config.middleware.DomainErrors",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["reviews.templatetags.perennial"],
        },
    }
]

# -- Database -----------------------------------------------------------------------------------------
DATABASES = {"default": env.database("DATABASE_URL", VAR_DIR / "perennial.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
IS_SQLITE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"

# -- Cache, queue -------------------------------------------------------------------------------------
REDIS_URL = env.text("REDIS_URL")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "perennial_cache"}
    }
QUEUE_DIR = VAR_DIR / "queue"  # the embedded install's broker: one file a message
CELERY_BROKER_URL = REDIS_URL or "filesystem://localhost"
CELERY_TASK_DEFAULT_QUEUE = env.text("QUEUE_NAME", "perennial")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 900
CELERY_TASK_SOFT_TIME_LIMIT = 870
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, object] = {
        "visibility_timeout": 1000,
        "unacked_restore_interval": 10,
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
    }
else:
    CELERY_BROKER_TRANSPORT = "config.file_queue:Transport"
    QUEUE_DIR.mkdir(parents=True, exist_ok=True)
    (QUEUE_DIR / "control").mkdir(exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(QUEUE_DIR),
        "data_folder_out": str(QUEUE_DIR),
        "control_folder": str(QUEUE_DIR / "control"),
        "polling_interval": 0.1,
    }
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SYNC_EVERY = 6  # tasks; by default it says only every three minutes what it sent
DJANGO_CELERY_BEAT_TZ_AWARE = True
SWEEP_SECONDS = env.number("SWEEP_SECONDS", 5)  # how often lost pokes are looked for
LEASE_SECONDS = env.number("LEASE_SECONDS", 30)  # how long a worker may hold a delivery or a spec
# Remote control is a broadcast; the filesystem transport would leave a file for each one.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = bool(REDIS_URL)
# `expire_seconds`: while no worker runs, old pokes must not pile up; the next one does all they would.
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "reviews.tasks.sweep",
        "schedule": timedelta(seconds=SWEEP_SECONDS),
        "options": {"expire_seconds": max(1, int(SWEEP_SECONDS * 2))},
    },
    "sweep specs": {
        "task": "analysis.tasks.sweep_specs",
        "schedule": timedelta(seconds=SWEEP_SECONDS),
        "options": {"expire_seconds": max(1, int(SWEEP_SECONDS * 2))},
    },
    "run due searches": {
        "task": "reviews.tasks.run_due_searches",
        "schedule": timedelta(seconds=60),
        "options": {"expire_seconds": 120},
    },
    "clear uploads": {
        "task": "reviews.tasks.clear_uploads",
        "schedule": timedelta(hours=1),
        "options": {"expire_seconds": 3600},
    },
}

PUBLISH_TASKS = env.flag(
    "PUBLISH_TASKS", True
)  # off in tests without a worker: they call the relay themselves

# -- Sources ------------------------------------------------------------------------------------------
ENTREZ_BASE_URL = env.text("ENTREZ_BASE_URL", "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/")
ENTREZ_EMAIL = env.text("ENTREZ_EMAIL")
ENTREZ_API_KEY = env.text("ENTREZ_API_KEY")
ENTREZ_TOOL = "perennial"
EUROPEPMC_BASE_URL = env.text("EUROPEPMC_BASE_URL", "https://www.ebi.ac.uk/europepmc/webservices/rest/")
OPENALEX_BASE_URL = env.text("OPENALEX_BASE_URL", "https://api.openalex.org/")
OPENALEX_API_KEY = env.text("OPENALEX_API_KEY")
CROSSREF_BASE_URL = env.text("CROSSREF_BASE_URL", "https://api.crossref.org/")
CLINICALTRIALS_BASE_URL = env.text("CLINICALTRIALS_BASE_URL", "https://clinicaltrials.gov/api/v2/")

# -- Accounts -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "reviews.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "reviews.forms.accounts.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = env.text("EMAIL_VERIFICATION", "optional")
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_ADAPTER = "reviews.accounts.AccountAdapter"
SESSION_COOKIE_AGE = int(timedelta(days=14).total_seconds())

# -- Mail ---------------------------------------------------------------------------------------------
EMAIL_HOST = env.text("EMAIL_HOST")
EMAIL_PORT = int(env.number("EMAIL_PORT", 587))
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS", True)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "perennial@localhost")
EMAIL_FILE_PATH = str(VAR_DIR / "mail")
EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if EMAIL_HOST
    else "django.core.mail.backends.filebased.EmailBackend"
)

# -- Files --------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = VAR_DIR / "static"
STATIC_ROOT.mkdir(exist_ok=True)  # whitenoise warns of a missing folder, and warnings fail the tests
MEDIA_ROOT = VAR_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
UPLOAD_MAX_BYTES = int(env.number("UPLOAD_MAX_BYTES", 300 * 1024 * 1024))
IMPORT_KEEP_DAYS = env.number("IMPORT_KEEP_DAYS", 30)  # how long an upload waits for a yes or no

# -- Language, time -----------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.text("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# -- Logging ------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {"httpx": {"level": "WARNING"}, "fontTools": {"level": "WARNING"}},
}
SILENCED_SYSTEM_CHECKS = ["security.W019"]  # it wants no frames at all; see X_FRAME_OPTIONS
