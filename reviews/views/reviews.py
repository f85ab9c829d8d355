"""The list of one's reviews, a new one, and a review's settings."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from reviews import selectors
from reviews.access import MemberRequest, Right, member_view
from reviews.forms.team import ReviewForm, SettingsForm
from reviews.models import Review, User
from reviews.services import reviews


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """One's reviews; for a stranger, what Perennial is and the reviews that are public."""
    if not request.user.is_authenticated:
        return render(request, "reviews/welcome.html", {"public": selectors.public_reviews()})
    return render(request, "reviews/index.html", {"places": selectors.reviews_of(request.user)})


@require_http_methods(["GET", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    form = ReviewForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        begun = reviews.create(by=cast(User, request.user), **form.cleaned_data)
        messages.success(request, "The review has begun. Write its protocol next.")
        return redirect("reviews:protocol", begun.slug)
    return render(request, "reviews/new.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@member_view(Right.MANAGE)
def settings(request: MemberRequest) -> HttpResponse:
    review = request.member.review
    # A copy is bound, so that a refused form does not change the title above it.
    form = SettingsForm(request.POST or None, instance=Review.objects.get(pk=review.pk))
    if request.method == "POST" and form.is_valid():
        reviews.change_settings(by=request.member.user, review=review, **form.cleaned_data)
        messages.success(request, "Settings saved.")
        return redirect("reviews:settings", review.slug)
    return render(
        request,
        "reviews/settings.html",
        {"review": review, "member": request.member, "tab": "team", "form": form},
        status=422 if form.errors else 200,
    )
