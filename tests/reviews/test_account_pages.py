"""The pages of an account: they render in our frame, and say what went wrong where it did."""

import pytest
from django.test import Client

from reviews.models import User

PUBLIC = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-abc/",
    "/accounts/confirm-email/",
    "/accounts/confirm-email/unknown-key/",
    "/accounts/inactive/",
]
PRIVATE = ["/accounts/email/", "/accounts/password/change/", "/accounts/logout/", "/accounts/reauthenticate/"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", PUBLIC)
def test_page_for_anyone_stands_in_our_frame(client: Client, address: str) -> None:
    page = client.get(address).content.decode()

    assert '<main id="content"' in page
    assert 'class="entrance"' in page
    assert "Menu:" not in page  # the heading of allauth's own layout


@pytest.mark.parametrize("address", PRIVATE)
def test_page_of_an_account_asks_to_sign_in_and_then_stands_in_our_frame(
    client: Client, lead: User, address: str
) -> None:
    if address != "/accounts/logout/":
        assert "/accounts/login/" in client.get(address)["Location"]

    lead.set_password("quiet-meadow-71")
    lead.save(update_fields=["password"])
    client.force_login(lead)
    page = client.get(address).content.decode()

    assert '<main id="content"' in page
    assert str(lead) in page
    assert 'class="entrance"' not in page


@pytest.mark.django_db
def test_wrong_password_is_announced_above_the_form(client: Client) -> None:
    page = client.post(
        "/accounts/login/", {"login": "nobody@example.org", "password": "wrong"}
    ).content.decode()

    assert 'role="alert"' in page
    assert 'value="nobody@example.org"' in page


@pytest.mark.django_db
def test_a_missing_field_is_named_by_its_control(client: Client) -> None:
    page = client.post("/accounts/signup/", {"email": "new@example.org"}).content.decode()

    assert 'id="id_name_error"' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_name_error"' in page


def test_signing_out_is_a_form_and_never_a_link(client: Client, lead: User) -> None:
    client.force_login(lead)
    page = client.get("/accounts/email/").content.decode()

    assert '<form method="post" action="/accounts/logout/">' in page
    assert 'href="/accounts/logout/"' not in page


@pytest.mark.django_db
def test_a_page_carries_the_csrf_token_for_htmx_and_refuses_eval(client: Client) -> None:
    page = client.get("/accounts/login/").content.decode()

    assert 'hx-headers=\'{"X-CSRFToken": "' in page
    assert '"allowEval":false' in page


def test_a_person_without_a_password_is_asked_to_choose_one(client: Client, lead: User) -> None:
    lead.set_unusable_password()
    lead.save(update_fields=["password"])
    client.force_login(lead)

    page = client.get("/accounts/password/change/", follow=True).content.decode()

    assert "<h1>Choose a password</h1>" in page
