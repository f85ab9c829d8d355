"""Every address of an install; each app names its own."""

from django.contrib import admin
from django.urls import include, path

from config.health import health

urlpatterns = [
    path("health/", health, name="health"),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("", include("reviews.urls")),
    path("", include("screening.urls")),
    path("", include("analysis.urls")),
]
