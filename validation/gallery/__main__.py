"""Draw the gallery: SVG and PNG of every figure in both themes, and a page that shows them.

Run as: python -m validation.gallery DIRECTORY [KIND ...]
"""

import importlib
import pkgutil
import sys
import time
from collections.abc import Iterator
from html import escape
from pathlib import Path

from matplotlib.figure import Figure

import validation.gallery
from analysis.plots import render
from analysis.plots.theme import THEMES


def main(directory: str, only: list[str]) -> int:
    target = Path(directory)
    target.mkdir(parents=True, exist_ok=True)
    sections = []
    for kind in only or kinds():
        start = time.perf_counter()
        names = [name for drawn in figures_of(kind) for name in _write(target, *drawn)]
        sections.append((kind, names))
        sys.stdout.write(f"{kind}: {len(names)} pictures in {time.perf_counter() - start:.1f} s\n")
    (target / "index.html").write_text(_page(sections), encoding="utf-8")
    return 0


def kinds() -> list[str]:
    """The modules beside this one that draw something."""
    found = (module.name for module in pkgutil.iter_modules(validation.gallery.__path__))
    return sorted(name for name in found if not name.startswith("_"))


def figures_of(kind: str) -> Iterator[tuple[str, Figure | bytes]]:
    """What one module draws; nothing of a module without ``figures``."""
    module = importlib.import_module(f"validation.gallery.{kind}")
    draw = getattr(module, "figures", None)
    return iter(()) if draw is None else draw()


def _write(target: Path, name: str, drawn: Figure | bytes) -> list[str]:
    if isinstance(drawn, bytes):
        (target / f"{name}.svg").write_bytes(drawn)
        return [name]
    title = name.replace("-", " ").capitalize()
    about = {"title": title, "description": f"{title}, drawn from the example data."}
    for theme in ("light", "dark"):
        assert theme in THEMES
        path = target / f"{name}-{theme}"
        path.with_suffix(".svg").write_bytes(render(drawn, "svg", theme=theme, **about))
        path.with_suffix(".png").write_bytes(render(drawn, "png", theme=theme, **about))
    return [f"{name}-{theme}" for theme in ("light", "dark")]


def _page(sections: list[tuple[str, list[str]]]) -> str:
    parts = ["<!doctype html><html lang=en><meta charset=utf-8><title>Gallery of figures</title>"]
    parts.append("<style>body{font-family:sans-serif}img{max-width:100%}figure{margin:1em 0}")
    parts.append(".dark{background:#131715;color:#e7eaee}</style>")
    for kind, names in sections:
        parts.append(f"<h2>{escape(kind)}</h2>")
        for name in names:
            theme = ' class="dark"' if name.endswith("-dark") else ""
            picture = f'<img src="{escape(name)}.svg" alt="{escape(name)}">'
            parts.append(f"<figure{theme}>{picture}<figcaption>{escape(name)}</figcaption></figure>")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
