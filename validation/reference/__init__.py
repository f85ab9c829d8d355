"""Comparison of the engine with numbers computed in R (metafor 3.8-1, meta 8.2-1)."""
