"""How well and how fast duplicates are found, measured beside bib-dedupe on the same machine."""
