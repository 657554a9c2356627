"""Django settings: one file for both deployments, read from the environment by `env.py`."""

from urllib.parse import urlsplit

from playground import keyfile
from playground.env import BASE_DIR, Env, database, mail

env = Env()

VAR_DIR = env.path("VAR_DIR", BASE_DIR / "var")
# Where the server was last found, for commands that print a link to it; what the operator says comes first.
ADDRESS_FILE = VAR_DIR / "address"
BASE_URL = env.url("BASE_URL", ADDRESS_FILE.read_text() if ADDRESS_FILE.exists() else "http://127.0.0.1:8000")
DEBUG = False

# Secrets: three different things on purpose. The session secret may be thrown away (people sign in again), the data
# keys may not (the API keys are gone with them), and neither opens the other.
SECRET_KEY = env.text("SECRET_KEY") or keyfile.read_or_make_secret(VAR_DIR / "secret_key")
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS")
DATA_KEYS = keyfile.parse(env.items("DATA_KEYS")) or keyfile.read_or_make_data_keys(VAR_DIR / "data_keys")
keyfile.refuse_known_examples(SECRET_KEY, DATA_KEYS)

# Addresses
_base = urlsplit(BASE_URL)
_own_host = f"[{_base.hostname}]" if ":" in str(_base.hostname) else str(_base.hostname)
# This machine's names are always among them: supervisors and health checks ask from there, and a name that a stranger
# points at us is never one of these.
ALLOWED_HOSTS = [_own_host, *env.items("ALLOWED_HOSTS"), "127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = [f"{_base.scheme}://{_base.netloc}"]
TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0)
USES_TLS = _base.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = USES_TLS
SESSION_COOKIE_NAME = "__Host-session" if USES_TLS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if USES_TLS else "csrf"
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if USES_TLS else 0
# The neighbours on this domain are not ours to speak for: no subdomains, no preload list.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXY_COUNT else None
SECURE_SSL_REDIRECT = USES_TLS
# A load balancer or a monitor asks for these from inside, without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Hosts inside the network that providers may live on, as (host, port). Only the operator can say so.
ALLOWED_PRIVATE_HOSTS = env.host_ports("ALLOWED_PRIVATE_HOSTS")

SIGNUP = env.choice("SIGNUP", "closed", ("closed", "invite", "open"))

# Limits
# Characters in one message; a pasted file of this size is still a message, a larger one is refused with a sentence.
MESSAGE_CHARACTERS = env.number("MESSAGE_CHARACTERS", 500_000, least=1)
# Bytes of a file that somebody attaches, and files in one message.
ATTACHMENT_BYTES = env.number("ATTACHMENT_MB", 20, least=1) * 1024 * 1024
ATTACHMENTS_PER_MESSAGE = env.number("ATTACHMENTS_PER_MESSAGE", 10, least=1)
# Where they are kept: on one disk for all processes, and part of every backup.
ATTACHMENTS_DIR = VAR_DIR / "attachments"
# Runs that one person may have open at a time.
RUNS_PER_PERSON = env.number("RUNS_PER_PERSON", 50, least=1)
# Bytes of a form; above the largest message in UTF-8, below what would hurt.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024
# Of a request with files, of which larger ones go to the disk; and fields of a form, of which a long list has many.
REQUEST_BYTES = 2 * DATA_UPLOAD_MAX_MEMORY_SIZE + ATTACHMENTS_PER_MESSAGE * ATTACHMENT_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
# Seconds; the longest a silent provider is waited for (first byte), the longest pause inside a stream, and the whole.
FIRST_BYTE_SECONDS = env.number("FIRST_BYTE_SECONDS", 120, least=1)
IDLE_SECONDS = env.number("IDLE_SECONDS", 60, least=1)
STREAM_SECONDS = env.number("STREAM_SECONDS", 1800, least=1)
# The same for a run in the background, which says nothing until it is done.
BACKGROUND_SECONDS = env.number("BACKGROUND_SECONDS", 1800, least=1)
# Background runs that are performed at once for one person, and with one provider; and how many a person may have
# waiting.
BACKGROUND_PER_PERSON = env.number("BACKGROUND_PER_PERSON", 4, least=1)
BACKGROUND_PER_PROVIDER = env.number("BACKGROUND_PER_PROVIDER", 16, least=1)
BACKGROUND_WAITING = env.number("BACKGROUND_WAITING", 500, least=1)
# Seconds that running streams get to finish when the web process is asked to stop.
DRAIN_SECONDS = env.number("DRAIN_SECONDS", 30)
# The same for running jobs when a worker is asked.
WORKER_DRAIN_SECONDS = env.number("WORKER_DRAIN_SECONDS", 600)

# Hours between two readings of every provider's list of models that nobody asked for; 0 leaves it to people.
REFRESH_HOURS = env.number("REFRESH_HOURS", 24)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "django_htmx",
    "playground",
    "accounts",
    "providers",
    "runs",
    "chat",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "playground.middleware.content_security_policy",
    "playground.middleware.TroubleInWords",
    "playground.metrics.UnderAnyName",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "playground.urls"
ASGI_APPLICATION = "playground.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "playground.troubles.told",
            ],
            "builtins": ["django_htmx.templatetags.django_htmx", "django.templatetags.static"],
        },
    },
]

# Truth
DATABASES = {"default": database(env.text("DATABASE_URL") or f"sqlite://{VAR_DIR / 'playground.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Wake-ups and jobs
REDIS_URL = env.text("REDIS_URL")
CHANNEL_LAYERS = {
    "default": (
        {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [REDIS_URL]}}
        if REDIS_URL
        else {"BACKEND": "channels.layers.InMemoryChannelLayer"}
    )
}
BROKER_DIR = VAR_DIR / "broker"
# The Celery application, imported by whoever sends a job.
JOBS = "playground.celery"

# E-mail, for whoever wants to hear of what ended in the background
HAS_MAIL = bool(env.text("EMAIL_URL"))
EMAIL_TIMEOUT = 10
if HAS_MAIL:
    globals().update(mail(env.text("EMAIL_URL"), env.text("EMAIL_FROM")))

# People
AUTH_USER_MODEL = "accounts.User"
SESSION_ENGINE = "accounts.session_store"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "/"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]

# Static files: hashed names, collected by `manage.py up` and by the Dockerfile (see static_files.py).
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "playground.static_files.HashedFiles"},
}

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

# Seeing inside: logs (see logs.py), and figures for Prometheus (see metrics.py).
LOG_FORMAT = env.choice("LOG_FORMAT", "lines", ("lines", "json"))
LOG_LEVEL = env.choice("LOG_LEVEL", "WARNING", ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"redacted": {"()": "playground.logs.Formatter", "layout": LOG_FORMAT}},
    "filters": {"in_one_line": {"()": "playground.logs.InOneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "redacted"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        # A stranger's Host header is no error of ours.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        # It says the same once a second for as long as Redis is away.
        "channels_redis.pubsub": {"filters": ["in_one_line"]},
    },
}
METRICS = env.switch("METRICS")
METRICS_TOKEN = env.text("METRICS_TOKEN")
