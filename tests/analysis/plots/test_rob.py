"""Judgements carry a sign and not colour alone."""

import pytest

from analysis.plots import RobData, RobRow, rob_summary, traffic_light
from analysis.plots.rob import PALETTES, Palette
from analysis.plots.theme import role_of
from tests.analysis.plots.figures import extent_is_inside, texts

DOMAINS = (("D1", "Randomisation process"), ("D2", "Deviations"), ("D3", "Missing outcome data"))


def _data() -> RobData:
    rows = (
        RobRow("Study A", {"D1": "low", "D2": "high", "D3": "some_concerns"}, "high", 75.0),
        RobRow("Study B", {"D1": "low", "D2": "low", "D3": None}, None, 25.0),
    )
    return RobData("Risk of bias", DOMAINS, rows)


@pytest.mark.parametrize("palette", list(PALETTES))
def test_the_traffic_light_signs_every_judgement(palette: Palette) -> None:
    words = texts(traffic_light(_data(), palette=palette))
    head = ["Risk of bias", "D1", "D2", "D3", "Overall"]
    assert words[: len(head)] == head
    assert words[5:14] == ["Study A", "+", "×", "−", "×", "Study B", "+", "+", "+"]
    assert "not judged yet" in words
    assert extent_is_inside(traffic_light(_data(), palette=palette))


def test_the_summary_weights_or_counts() -> None:
    weighted = texts(rob_summary(_data(), weighted=True))
    counted = texts(rob_summary(_data(), weighted=False))
    assert "× 75%" in weighted
    assert "2 studies, weighted as in the synthesis" in weighted
    assert "× 50%" in counted
    assert "2 studies, each counted once" in counted
    assert extent_is_inside(rob_summary(_data(), weighted=True))


def test_a_weighted_summary_without_weights_is_refused() -> None:
    data = RobData("", DOMAINS, (RobRow("Study A", {}, None),))
    with pytest.raises(ValueError, match="Study A"):
        rob_summary(data, weighted=True)


def test_no_appraisals_say_so() -> None:
    assert "No study is appraised yet" in texts(traffic_light(RobData("", DOMAINS, ())))
    assert "0 studies, each counted once" in texts(rob_summary(RobData("", DOMAINS, ()), weighted=False))


def test_the_colours_of_judgements_are_no_colours_of_the_theme() -> None:
    # Else a dark page would change them: a judgement looks the same everywhere.
    for levels in PALETTES.values():
        assert [role_of(colour) for level in levels for colour in (level.fill, level.ink)] == [None] * 6
