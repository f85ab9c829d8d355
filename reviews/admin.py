"""A window for the operator: read-only, deletes nothing, and shows no votes, values or answers."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.apps import apps
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from reviews.models import (
    AuditEvent,
    Delivery,
    Invitation,
    Membership,
    OutboxEvent,
    Review,
    SearchRun,
    Source,
    User,
)


class ReadOnly(admin.ModelAdmin[Any]):
    """Look, do not touch: every change goes through a service that checks and audits it."""

    actions = None
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class UserWindow(ReadOnly):
    list_display = ("email", "name", "is_active", "date_joined", "last_login")
    search_fields = ("email", "name")
    exclude = ("password",)


class InvitationWindow(ReadOnly):
    list_display = ("review", "email", "role", "invited_at", "accepted_at", "revoked_at")
    exclude = ("nonce",)  # with it one could make the link


class RunWindow(ReadOnly):
    list_display = ("source", "trigger", "state", "requested_at", "found", "new", "known", "problems")
    list_filter = ("state",)


class DeliveryWindow(ReadOnly):
    list_display = ("event", "handler", "attempts", "next_try_at", "delivered_at", "error")


class AuditWindow(ReadOnly):
    list_display = ("recorded_at", "review_id", "actor_id", "verb", "target_type", "target_id")


# What libraries registered can be changed: groups would be a second way to roles, and with the scheduler's
# tasks one could stop the sweep that keeps every analysis fresh.
for foreign in [model for model in apps.get_models() if admin.site.is_registered(model)]:
    admin.site.unregister(foreign)
# Its own sign-in page knows no limit of attempts; this sends to the one that does.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # as allauth documents
admin.site.register(User, UserWindow)
admin.site.register(Invitation, InvitationWindow)
admin.site.register(SearchRun, RunWindow)
admin.site.register(Delivery, DeliveryWindow)
admin.site.register(AuditEvent, AuditWindow)
admin.site.register([Review, Membership, Source, OutboxEvent], ReadOnly)
