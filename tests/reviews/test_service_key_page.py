"""One's own keys: kept encrypted, shown by their ending, lent and forgotten by their owner alone."""

from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from reviews.models import ServiceKey, User
from reviews.services import service_keys

SignIn = Callable[[User], Client]
KEY = "0123456789abcdef0123456789abcdefwxyz"


def test_a_key_is_kept_and_never_shown_again(lead: User, signed_in: SignIn) -> None:
    client = signed_in(lead)

    saved = client.post(reverse("reviews:service_keys"), {"service": "ncbi", "key": KEY}, follow=True)

    page = saved.content.decode()
    assert service_keys.key_of(lead) == KEY
    assert KEY not in page
    assert "<code>wxyz</code>" in page
    assert KEY not in ServiceKey.objects.get(user=lead).ciphertext


def test_what_cannot_be_a_key_is_refused_without_repeating_it(lead: User, signed_in: SignIn) -> None:
    answer = signed_in(lead).post(reverse("reviews:service_keys"), {"service": "ncbi", "key": "too short"})

    assert answer.status_code == 422
    assert "Copy it whole" in answer.content.decode() or "copy it whole" in answer.content.decode()
    assert "too short" not in answer.content.decode()
    assert not ServiceKey.objects.exists()


def test_a_key_is_lent_to_schedules_and_forgotten(lead: User, signed_in: SignIn) -> None:
    service_keys.set_key(by=lead, service="ncbi", key=KEY)
    client, url = signed_in(lead), reverse("reviews:service_key", args=["ncbi"])

    client.post(url, {"for_schedules": "1"})
    lent = ServiceKey.objects.get(user=lead).for_schedules
    client.post(url, {"for_schedules": "0"})
    taken_back = ServiceKey.objects.get(user=lead).for_schedules
    client.post(url, {"forget": "1"})

    assert (lent, taken_back) == (True, False)
    assert not ServiceKey.objects.exists()


def test_keys_are_ones_own(lead: User, reviewer: User, client: Client, signed_in: SignIn) -> None:
    service_keys.set_key(by=lead, service="ncbi", key=KEY)

    other = signed_in(reviewer)
    page = other.get(reverse("reviews:service_keys")).content.decode()
    other.post(reverse("reviews:service_key", args=["ncbi"]), {"forget": "1"})

    assert "wxyz" not in page
    assert service_keys.key_of(lead) == KEY
    assert client.get(reverse("reviews:service_keys")).status_code == 302
    assert other.get(reverse("reviews:service_key", args=["ncbi"])).status_code == 405
