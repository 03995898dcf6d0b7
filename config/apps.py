from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Wiring: settings, urls, the API's manners, Celery."""

    name = "config"

    def ready(self):
        from . import schema  # noqa: F401  registers itself with drf-spectacular
