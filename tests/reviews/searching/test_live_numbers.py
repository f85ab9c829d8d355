"""Numbers that stand elsewhere on the page follow what is decided, what arrives and what is compared."""

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from reviews.models import (
    BulkMerge,
    DuplicateSuggestion,
    MergeEvent,
    Review,
    RunState,
    RunTrigger,
    SearchRun,
    Source,
    User,
)
from reviews.services import imports, searches

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
RIS = b"TY  - JOUR\nTI  - Zinc for the common cold\nAU  - Berg, A\nPY  - 2020\nER  - \n"
NONE = '<span id="waiting-search" class="review-bar__waiting" hidden hx-swap-oob="true"></span>'


def _one(*, is_part: bool) -> str:
    swap = ' hx-swap-oob="true"' if is_part else ""
    return f'<span id="waiting-search" class="review-bar__waiting"{swap}>1<span'


def _at(review: Review, name: str, *args: object) -> str:
    return reverse(f"reviews:{name}", args=[review.slug, *args])


def test_each_decision_on_a_pair_brings_the_number_on_the_search_tab(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    assert _one(is_part=False) in client.get(_at(review, "duplicates")).text

    assert NONE in client.post(_at(review, "merge", pair.pk), headers=HTMX).text
    event = MergeEvent.objects.get()
    assert _one(is_part=True) in client.post(_at(review, "take_back_merge", event.pk), headers=HTMX).text
    assert NONE in client.post(_at(review, "keep_apart", pair.pk), headers=HTMX).text
    assert _one(is_part=True) in client.post(_at(review, "reopen_pair", pair.pk), headers=HTMX).text
    relation = {"kind": "comment", "lesser": "right"}
    assert NONE in client.post(_at(review, "relate", pair.pk), relation, headers=HTMX).text


def test_a_group_in_one_act_brings_the_number_and_so_does_its_undo(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    client = signed_in(reviewer)
    ticked = {"report": [pair.first_id, pair.second_id]}

    assert NONE in client.post(_at(review, "merge_group"), ticked, headers=HTMX).text
    bulk = BulkMerge.objects.get()
    assert _one(is_part=True) in client.post(_at(review, "take_back_bulk", bulk.pk), headers=HTMX).text


def test_the_number_on_the_tab_is_for_those_who_may_decide(
    review: Review, pair: DuplicateSuggestion, observer: User, signed_in: SignIn
) -> None:
    part = signed_in(observer).get(_at(review, "duplicates") + "?after=0", headers=HTMX)

    assert NONE in part.text


def test_a_whole_page_has_each_number_once(
    review: Review, pair: DuplicateSuggestion, reviewer: User, signed_in: SignIn
) -> None:
    page = signed_in(reviewer).get(_at(review, "duplicates")).text

    assert page.count('id="waiting-search"') == 1
    assert page.count('id="comparing"') == 1
    assert "hx-swap-oob" not in page


@pytest.mark.parametrize("line", ["", "?line=1"])
def test_a_polled_run_brings_the_number_and_the_notice_with_it(
    review: Review, file_source: Source, lead: User, signed_in: SignIn, relay: Callable[[], int], *, line: str
) -> None:
    relay()
    run = imports.import_file(by=lead, source=file_source, name="a.ris", file=ContentFile(RIS))
    searches.execute(run.pk)
    waiting = SearchRun.objects.create(
        review=review, source=file_source, trigger=RunTrigger.FILE, state=RunState.READY
    )
    client = signed_in(lead)

    part = client.get(_at(review, "run", run.pk) + line, headers=HTMX).text

    assert _one(is_part=True) in part
    assert "still being looked for" in part
    assert part.count('id="comparing"') == 1
    relay()
    imports.discard(by=lead, run=waiting)
    part = client.get(_at(review, "run", run.pk) + line, headers=HTMX).text
    assert NONE in part
    assert "still being looked for" not in part


def test_the_notice_of_the_tabs_asks_until_duplicates_have_been_looked_for(
    review: Review, file_source: Source, lead: User, signed_in: SignIn, relay: Callable[[], int]
) -> None:
    relay()
    run = imports.import_file(by=lead, source=file_source, name="a.ris", file=ContentFile(RIS))
    searches.execute(run.pk)
    client = signed_in(lead)
    assert f'hx-get="{_at(review, "comparing")}"' in client.get(_at(review, "records")).text
    assert client.get(_at(review, "comparing"), headers=HTMX).status_code == 204

    relay()
    ended = client.get(_at(review, "comparing"), headers=HTMX).text
    assert "have been looked for" in ended
    assert "hx-get" not in ended
    assert _at(review, "comparing") not in client.get(_at(review, "records")).text


def test_the_notice_is_for_members(
    review: Review, outsider: User, observer: User, client: Client, signed_in: SignIn
) -> None:
    address = _at(review, "comparing")

    assert client.get(address).status_code == 302
    assert signed_in(outsider).get(address).status_code == 404
    assert signed_in(observer).get(address).status_code in {200, 204}
    assert signed_in(observer).post(address).status_code == 405
