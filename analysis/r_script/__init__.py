"""A stored run as an R script that stands alone, computes again with metafor and compares. KERNEL."""

from analysis.r_script.script import Heading, script

__all__ = ["Heading", "script"]
