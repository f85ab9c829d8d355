"""Every kind of figure in every style and theme, drawn from the committed example data.

One module a kind; each has ``figures() -> Iterator[tuple[str, Figure | bytes]]``: the name of a file without
its ending, and a figure, or the bytes of an SVG.
"""
