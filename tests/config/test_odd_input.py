"""What a browser never sends must not end as a server error, on any database."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from reviews.models import Outcome, Review, User
from tests.analysis.living import makers

SignIn = Callable[[User], Client]
HUGE = 10**30


def test_a_null_character_is_refused_wherever_it_stands(
    review: Review, lead: User, signed_in: SignIn
) -> None:
    client = signed_in(lead)
    texts = reverse("reviews:protocol_texts", args=[review.slug])
    assert client.post(texts, {"question": "Does it\x00 work?"}).status_code == 400
    assert client.get(reverse("reviews:records", args=[review.slug]), {"q": "\x00"}).status_code == 400
    assert client.get("/invitations/a%00b/").status_code == 400
    assert client.get(f"/r/{review.slug}/report/1%00/").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        f"analyses/{HUGE}/",
        f"analyses/{HUGE}/live/result/",
        f"analyses/{HUGE}/data.csv",
        f"analyses/{HUGE}/runs/1/forest-light.svg",
        f"analyses/1/runs/{HUGE}/forest-light.svg",
        f"analyses/add/?outcome={HUGE}",
        f"studies/{HUGE}/",
        f"studies/{HUGE}/extract/",
        f"studies/{HUGE}/agree/",
        f"studies/files/{HUGE}/",
        f"appraise/{HUGE}/",
        f"appraise/{HUGE}/consensus/",
        f"appraise/of/{HUGE}/",
        f"appraise/begin/{HUGE}/1/",
        f"appraise/begin/1/{HUGE}/",
        f"appraise/figures/{HUGE}/traffic_light-light.svg",
        f"protocol/versions/{HUGE}/",
        f"protocol/outcome/{HUGE}/",
        f"runs/{HUGE}/",
        f"records/{HUGE}/",
    ],
)
def test_an_id_larger_than_any_database_holds_is_not_found(
    review: Review, lead: User, signed_in: SignIn, path: str
) -> None:
    assert signed_in(lead).get(f"/r/{review.slug}/{path}").status_code == 404


@pytest.mark.parametrize("number", ["²", "١", str(HUGE), "-1", "1.5", "x"])
@pytest.mark.parametrize(
    "path", ["analyses/{spec}/?run={number}", "analyses/add/?outcome={number}", "records/?before={number}"]
)
def test_a_number_in_the_address_that_is_none_is_no_fault_of_ours(
    review: Review, lead: User, signed_in: SignIn, path: str, number: str
) -> None:
    spec = makers.spec(review, Outcome.objects.get(protocol__review=review))
    address = f"/r/{review.slug}/{path.format(spec=spec.pk, number=number)}"
    assert signed_in(lead).get(address).status_code in {200, 404}
