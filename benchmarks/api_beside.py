"""What `benchmarks/api.py` measures ours beside: plain Django REST framework, and bare SQL in a bare WSGI handler.

    granian --interface wsgi benchmarks.api_beside:plain      ModelSerializer, django-filter, LimitOffsetPagination
    granian --interface wsgi benchmarks.api_beside:bare       psycopg, orjson, a statement written by hand

Both read the view `bench_api.projects` of DATABASE_URL, in which the columns and the rights of our list stand already.
"""

import os
import threading
from urllib.parse import parse_qsl, urlsplit

import orjson
import psycopg

FIELDS = (
    "id", "slug", "title_ko", "title_en", "aliases", "program", "parent", "number", "summary_ko", "summary_en", "topics",
    "status", "starts_on", "ends_on", "visibility", "is_retired", "merged_into", "version", "updated_at",
)  # fmt: skip
COLUMNS = ", ".join(FIELDS)


def __getattr__(name: str):
    """Django is set up for the one that wants it."""
    if name == "plain":
        return _plain()
    raise AttributeError(name)


# ---- bare ----------------------------------------------------------------------------------------------------

PAGE = f"""SELECT {COLUMNS} FROM bench_api.projects WHERE status = %s AND starts_on_last >= %s
ORDER BY starts_on_first DESC NULLS LAST, id LIMIT 50 OFFSET %s"""
_of_thread = threading.local()


def bare(environ, start_response):
    asked = dict(parse_qsl(environ["QUERY_STRING"]))
    if not hasattr(_of_thread, "connection"):
        _of_thread.connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)
    cursor = _of_thread.connection.execute(PAGE, [asked["status"], asked["since"], int(asked["offset"])], prepare=True)
    body = orjson.dumps({"results": [dict(zip(FIELDS, row, strict=True)) for row in cursor]}, default=str)
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


# ---- plain DRF -------------------------------------------------------------------------------------------------


def _plain():
    import django
    from django.conf import settings

    url = urlsplit(os.environ["DATABASE_URL"])
    database = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": url.path[1:],
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.hostname or "",
        "PORT": url.port or "",
        "CONN_MAX_AGE": None,
        "OPTIONS": {"options": "-c search_path=bench_api"},
    }
    settings.configure(
        DATABASES={"default": database},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework", "django_filters"],
        ROOT_URLCONF=__name__,
        ALLOWED_HOSTS=["*"],
        SECRET_KEY="measured",
        USE_TZ=True,
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        REST_FRAMEWORK={
            "DEFAULT_AUTHENTICATION_CLASSES": [],
            "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
        },
    )
    django.setup()
    _addresses()
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def _addresses() -> None:
    import django_filters
    from django.contrib.postgres.fields import ArrayField
    from django.db import models
    from django.urls import path
    from rest_framework import filters, generics, pagination, serializers

    text = models.TextField
    columns = {name: text(null=True) for name in FIELDS if name not in ("id", "version")} | {
        "id": models.UUIDField(primary_key=True),
        "version": models.IntegerField(),
        "program": models.UUIDField(),
        "parent": models.UUIDField(null=True),
        "merged_into": models.UUIDField(null=True),
        "aliases": ArrayField(text()),
        "topics": ArrayField(text()),
        "is_retired": models.BooleanField(),
        "updated_at": models.DateTimeField(),
        "starts_on_first": models.DateField(null=True),
        "starts_on_last": models.DateField(null=True),
    }
    meta = type("Meta", (), {"managed": False, "db_table": "projects", "app_label": "auth", "ordering": ["id"]})
    project = type("Measured", (models.Model,), {"__module__": __name__, "Meta": meta, **columns})

    class Shown(serializers.ModelSerializer):
        class Meta:
            model, fields = project, FIELDS

    class Asked(django_filters.FilterSet):
        since = django_filters.DateFilter("starts_on_last", "gte")

        class Meta:
            model, fields = project, ["status"]

    class View(generics.ListAPIView):
        queryset, serializer_class, pagination_class = project.objects.all(), Shown, pagination.LimitOffsetPagination
        filter_backends = (django_filters.rest_framework.DjangoFilterBackend, filters.OrderingFilter)
        filterset_class, ordering_fields = Asked, ["starts_on_first", "id"]

    globals()["urlpatterns"] = [path("projects/", View.as_view())]
