"""Registration of the app with Django."""

from django.apps import AppConfig


class ScreeningConfig(AppConfig):
    name = "screening"
