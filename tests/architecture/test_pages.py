"""Templates and stylesheets keep the rules that the content security policy and the design set."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
STYLES = sorted((ROOT / "static" / "css").glob("*.css"))
SCRIPTS = sorted((ROOT / "static" / "js").glob("*.js"))
COMMENT = re.compile(r"{%\s*comment\s*%}.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)
ICON = re.compile(r"""{%\s*icon "([a-z0-9-]+)"|icon="([a-z0-9-]+)\"""")


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        (r"\sstyle\s*=", "style attribute"),
        (r"\son[a-z]+\s*=(?!=)", "inline event handler"),
        (r"\shx-on[:\-a-z]*\s*=", "hx-on"),
        (r"<style\b", "inline stylesheet"),
        (r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", "inline script"),
        (r"(?:src|href)=\"(?:https?:)?//[^\"]*\.(?:js|css)", "file from another host"),
    ],
)
def test_no_template_needs_what_the_security_policy_forbids(pattern: str, fault: str) -> None:
    found = [
        _name(path) for path in TEMPLATES if re.search(pattern, COMMENT.sub("", path.read_text("utf-8")))
    ]

    assert not found, f"{fault}: {found}"


def test_every_component_says_its_arguments_on_top() -> None:
    components = sorted((ROOT / "templates" / "components").glob("*.html"))

    assert components
    assert not [_name(path) for path in components if not path.read_text("utf-8").startswith("{% comment %}")]


def test_every_icon_that_a_template_names_is_in_the_sprite() -> None:
    sprite = set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static" / "icons.svg").read_text("utf-8")))
    named = {
        (first or second, _name(path))
        for path in TEMPLATES
        for first, second in ICON.findall(path.read_text("utf-8"))
    }

    assert named
    assert not [(icon, where) for icon, where in sorted(named) if icon not in sprite]


def test_colours_stand_in_the_tokens_only() -> None:
    # Printed paper is white in any theme; figures.css is written from the palette of analysis.plots.
    allowed = {"tokens.css", "print.css", "figures.css"}
    colour = re.compile(r"#(?!fff\b)[0-9a-f]{3,8}\b|\boklch\(|\bhsl\(", re.IGNORECASE)

    found = {
        path.name: colour.findall(path.read_text("utf-8")) for path in STYLES if path.name not in allowed
    }

    assert not {name: hits for name, hits in found.items() if hits}


def test_every_token_that_a_stylesheet_uses_is_defined() -> None:
    text = "\n".join(path.read_text("utf-8") for path in STYLES)
    defined = set(re.findall(r"(--[a-z0-9-]+)\s*:", text))

    assert not set(re.findall(r"var\((--(?!tblr)[a-z0-9-]+)\)", text)) - defined


def test_scripts_import_nothing_from_each_other() -> None:
    # Their served names carry a hash, which an import between files would not know.
    assert SCRIPTS
    assert not [
        path.name for path in SCRIPTS if re.search(r"^\s*import\b", path.read_text("utf-8"), re.MULTILINE)
    ]
