"""Settings: one file; what differs between places comes from environment variables."""

import contextlib
import ipaddress
import os
import secrets
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from celery.schedules import crontab
from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from config import logs, safe

BASE_DIR = Path(__file__).resolve().parent.parent
env = os.environ.get

# PRODUCTION=1 makes no demo accounts, and demands what config/safe.py says: all that is missing is named at once
safe.refuse_if_unsafe()
PRODUCTION = env("PRODUCTION", "") == "1"
DEBUG = env("DEBUG", "") == "1"
SECRET_KEY = env("SECRET_KEY", "")
if not SECRET_KEY:  # a developer's machine
    key_file = Path(env("DATA_DIR") or BASE_DIR / ".data") / "secret_key"
    key_file.parent.mkdir(parents=True, exist_ok=True)
    if not key_file.exists():  # two processes may be here at once: the first link wins
        own = key_file.with_suffix(f".{os.getpid()}")
        own.touch(mode=0o600)
        own.write_text(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(own, key_file)
        own.unlink()
    SECRET_KEY = key_file.read_text()


def listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


ALLOWED_HOSTS = listed(env("ALLOWED_HOSTS", f"127.0.0.1,localhost,[::1],{env('HOST', '')}"))
CSRF_TRUSTED_ORIGINS = listed(env("TRUSTED_ORIGINS", ""))

INSTALLED_APPS = [
    "config",
    "records",
    "people",
    "labs",
    "programs",
    "funding",
    "reports",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",  # its templates, for the renderer below
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
]

# Every kind of record, from the ground floor up: the order of the package, of the API's index and of the trips between them
KINDS = [
    "records.declared.SOURCE",
    "people.kinds.RESEARCHER",
    "labs.kinds.INSTITUTION",
    "labs.kinds.LAB",
    "labs.kinds.FACILITY",
    "labs.kinds.AFFILIATION",
    "programs.kinds.PROGRAM",
    "programs.kinds.PROJECT",
    "programs.kinds.PHASE",
    "programs.kinds.MILESTONE",
    "programs.kinds.AGREEMENT",
    "programs.kinds.COMMITTEE",
    "programs.kinds.EVENT",
    "programs.kinds.COURSE",
    "programs.kinds.OUTPUT",
    "programs.kinds.EXCHANGE",
    "programs.kinds.PARTICIPATION",
    "programs.kinds.ROLE",
    "programs.kinds.HEADCOUNT",
    "funding.kinds.FUNDING_LINE",
    "funding.kinds.FUNDING_AMOUNT",
    "funding.kinds.LEDGER_ENTRY",
    "funding.kinds.EXCHANGE_RATE",
    "reports.kinds.OBLIGATION",
    "records.declared.RELATION",
    "records.declared.DOCUMENT",
    "records.declared.CITATION",
    "records.declared.DISAGREEMENT",
]

# What workers keep worked out (records/figures.py)
FIGURES = [
    "records.timelines.entries.TIMELINES",
    "funding.rollups.ROLLUPS",
    "records.differing.DISAGREEMENTS",
    "reports.due.calendar.CALENDAR",
]

# What stands on timelines besides the dated facts of records (records/timelines/sources.py)
TIMELINE_SOURCES = ["reports.due.timeline.DUES"]

# What led to a change: functions (changes, records, reader) -> {change: records.slips.moves.Origin}
CHANGE_ORIGINS = ["reports.origins.reports_of"]

# Views of the schema `reporting` beside one for each kind: functions that make them (records/reporting/)
REPORTING = [
    "records.reporting.others.records",
    "records.reporting.others.timeline_entries",
    "records.reporting.others.freshness",
    "funding.reporting.money",
]

# What stands first on the first page: functions request -> needs, the most pressing first (funding/needs.py)
NEEDS = ["reports.needs.needs", "funding.dated_needs.needs", "funding.needs.needs"]

# Who is to act on dated facts (records/timelines/acting.py); of one part the last that says so counts
TIMELINE_ACTING = ["programs.acting.acting", "reports.due.acting.acting"]

# What a user, by id, may see and do: asked when work is begun that was asked for before
READER_OF = "programs.rules.reader_of"

# Who is told that a webhook ended (records/hooks), and how: a function of the owner's id and the webhook
WEBHOOK_ENDED = "people.notes.webhook_ended"
# Networks, beside the public internet, to which webhooks may lead
WEBHOOK_NETWORKS = [ipaddress.ip_network(text) for text in listed(env("WEBHOOK_NETWORKS", ""))]
WEBHOOK_PLAIN_HTTP = DEBUG  # http:// as well as https://

# Long work that somebody may ask for (records/jobs.py)
JOBS = [
    "records.recomputing.RECOMPUTE_FIGURES",
    "records.undo_jobs.PLAN_UNDO",
    "records.undo_jobs.UNDO",
    "records.bulk_jobs.PREVIEW_BULK_EDIT",
    "records.bulk_jobs.BULK_EDIT",
    "records.retire_jobs.RETIRE",
    "records.merge_jobs.MERGE",
    "records.duplicates.FIND_DUPLICATES",
    "records.export_jobs.EXPORT",
    "records.export_jobs.EXPORT_ALL",
    "records.spreadsheets.work.READ_SHEET",
    "records.spreadsheets.work.PLAN_SHEET",
    "records.spreadsheets.work.TAKE_SHEET",
]

KEPT_BYTES = int(env("KEPT_MB") or 64) * 2**20  # of answers that a web process keeps (config/short_way.py)
MIDDLEWARE = [
    "config.health.probes",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.request_id",
    "config.limits.told",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.middleware.Language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.middleware.bearer",
    "config.limits.counted",
    "config.heavy.in_turn",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "config.middleware.reader",
    "config.middleware.moment",
    "config.middleware.storable",
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
                "django.template.context_processors.i18n",
            ]
        },
    }
]
FORM_RENDERER = "records.input_markup.Renderer"  # inputs of ours stand in templates/forms/


def database(url: str) -> dict:
    """postgresql://user:password@host:port/name, or …/name?host=/folder/of/the/socket."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://")
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", "") or unquote(parts.hostname or ""),
        "PORT": options.pop("port", "") or parts.port or "",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


DATABASES = {"default": database(env("DATABASE_URL", "postgresql://127.0.0.1:5432/registry"))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env("REDIS_URL", "redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 3600,
    "socket_timeout": 10,
    "socket_connect_timeout": 2,
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_HIJACK_ROOT_LOGGER = CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_BEAT_SCHEDULE = {
    "heartbeat": {"task": "records.tasks.heartbeat", "schedule": 10, "options": {"expires": 30}},
    "mails": {"task": "people.tasks.send_mails", "schedule": 30, "options": {"expires": 30}},
    "tidy": {"task": "people.tasks.tidy", "schedule": 3600, "options": {"expires": 3600}},
    "duplicates": {
        "task": "records.tasks.find_duplicates",
        "schedule": crontab(hour=18, minute=20),  # 03:20 in Korea
        "options": {"expires": 3600},
    },
    "published": {
        "task": "records.tasks.publish_data",
        "schedule": crontab(minute=40),  # from 00:40 in Korea; the later ones make up for a missed one
        "options": {"expires": 3000},
    },
    "submissions": {"task": "records.tasks.forget_submissions", "schedule": 3600, "options": {"expires": 3600}},
    "calendar": {
        "task": "reports.tasks.go_on_with_the_calendar",
        "schedule": crontab(hour=15, minute=10),  # 00:10 in Korea
        "options": {"expires": 3600},
    },
    "reminders": {
        "task": "reports.tasks.remind",
        "schedule": crontab(hour="0-8", minute=0),  # from 09:00 in Korea; the later ones make up for a missed one
        "options": {"expires": 3600},
    },
    "digests": {"task": "reports.tasks.send_digests", "schedule": 300, "options": {"expires": 300}},
}

DOCUMENTS_DIR = Path(env("DATA_DIR") or BASE_DIR / ".data") / "documents"
FILE_UPLOAD_HANDLERS = ["records.document_pages.LimitedUpload"]
JOBS_DIR = DOCUMENTS_DIR.with_name("jobs")  # files that jobs made, for their owners to fetch
PUBLISHED_DIR = DOCUMENTS_DIR.with_name("published")  # what anyone may see, each night (records/published/)
PUBLISHED_TOTALS = "funding.published.totals_for"  # by which a reader of it checks the money
DATA_DAYS = int(env("DATA_DAYS") or 30)  # how long a day's package is kept; firsts of months stay
DATA_LICENCE = env("DATA_LICENCE", "")  # "CC-BY-4.0 https://… Title": under which anyone may use it


def mailer(url: str) -> dict:
    """smtp+starttls://user:password@host:port (587), smtps:// (465), smtp:// (25); without any, files in MAIL_FOLDER."""
    if not url:
        return {"BACKEND": "people.mail_files.FileBackend", "OPTIONS": {"folder": MAIL_FOLDER}}
    parts = urlsplit(url)
    options = {
        "host": parts.hostname,
        "port": parts.port,
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": parts.scheme == "smtps",
        "use_tls": parts.scheme == "smtp+starttls",
        "timeout": 30,
    }
    return {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}


# Where people open the registry: for links in mails that no request asked for
SITE_URL = env("SITE_URL", "") or (
    f"https://{ALLOWED_HOSTS[0].lstrip('.')}"
    if PRODUCTION
    else f"http://{env('HOST') or '127.0.0.1'}:{env('PORT') or '8000'}"
)
EMAIL_URL = env("EMAIL_URL", "")
MAIL_FOLDER = "" if EMAIL_URL else str((Path(env("DATA_DIR") or BASE_DIR / ".data") / "mail").absolute())
MAILERS = {"default": mailer(EMAIL_URL)}
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM", "registry@localhost")

AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["people.authentication.NameOrAddress"]
PASSWORD_RESET_TIMEOUT = 24 * 3600
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PRODUCTION
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20  # of a body without its files: 500 reports in one call of the API
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000  # a form with all the rows that belong to a record
CSRF_FAILURE_VIEW = "records.kept_forms.csrf_failure"  # nothing typed is lost
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PRODUCTION else None
SECURE_SSL_REDIRECT = PRODUCTION
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = PRODUCTION
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # preloading is for whoever owns the whole domain to decide
SECURE_CSP = {  # our own files only. The API's explorer (config/urls.py) and error pages (config/problems.py) have their own
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF],
    "style-src": [CSP.SELF],
    "font-src": [CSP.SELF],
    "img-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}

LANGUAGE_CODE = "ko"
LANGUAGES = [("ko", _("Korean")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Seoul"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# How much may be asked of the API (config/limits.py, config/heavy.py); 0: no limit
API_LIMITS = {  # requests a minute
    "anonymous": int(env("API_LIMIT_ANONYMOUS", "600")),  # of one network address
    "account": int(env("API_LIMIT_TOKEN", "3000")),
    "token": int(env("API_LIMIT_TOKEN", "3000")),
}
API_STATEMENT_SECONDS = float(env("API_STATEMENT_SECONDS", "10"))
# Large questions at once in one process: with four files that are being written one thread is left for all others
API_HEAVY_AT_ONCE = max(1, int(env("GRANIAN_BLOCKING_THREADS", "8")) // 2 - 1)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["config.rest.TokenAuthentication", "config.rest.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.rest.ReadOrSignIn"],
    "DEFAULT_RENDERER_CLASSES": ["config.rest.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "config.schema.Schema",
    "EXCEPTION_HANDLER": "config.problems.problem",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Registry of joint research programs",
    "DESCRIPTION": "Programs, projects, institutions, people and money, each value with its sources.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "ENUM_NAME_OVERRIDES": {},
    "COMPONENT_NO_READ_ONLY_REQUIRED": True,  # fields= and omit= leave fields out
    "POSTPROCESSING_HOOKS": ["drf_spectacular.hooks.postprocess_schema_enums", "config.schema_whole.complete"],
}

LOGGING = logs.logging_settings(as_json=PRODUCTION)
