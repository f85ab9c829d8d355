"""One's own keys for the services that are searched: added, lent to schedules, forgotten; never shown."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from reviews.errors import DomainError
from reviews.forms.service_keys import ServiceKeyForm
from reviews.models import User
from reviews.services import service_keys


@require_http_methods(["GET", "POST"])
@login_required
def show(request: HttpRequest) -> HttpResponse:
    """The keys by their last characters, and the form for another."""
    person = cast(User, request.user)
    form = ServiceKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            kept = service_keys.set_key(by=person, **form.cleaned_data)
        except DomainError as error:
            form.add_error("key", str(error))
        else:
            messages.success(request, f"The key that ends in {kept.ending} is kept.")
            return redirect("reviews:service_keys")
    keys = [(kept, service_keys.SERVICES[kept.service]) for kept in service_keys.keys_of(person)]
    status = 422 if form.errors else 200
    return render(request, "reviews/service_keys.html", {"form": form, "keys": keys}, status=status)


@require_POST
@login_required
def change(request: HttpRequest, service: str) -> HttpResponse:
    """Forget a key, or lend it to schedules and take it back."""
    person = cast(User, request.user)
    if "forget" in request.POST:
        service_keys.forget(by=person, service=service)
        messages.success(request, "The key is forgotten. Searches go on at the pace without one.")
    else:
        lent = request.POST.get("for_schedules") == "1"
        service_keys.set_for_schedules(by=person, service=service, for_schedules=lent)
        messages.success(
            request,
            "Scheduled searches of the reviews that you lead use the key."
            if lent
            else "Only searches that you ask for use the key.",
        )
    return redirect("reviews:service_keys")
