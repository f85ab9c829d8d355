"""The estimators of the between-study variance, by name."""

from typing import Literal

Tau2Method = Literal["EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM"]
TAU2_METHODS: tuple[Tau2Method, ...] = ("EE", "DL", "HE", "HS", "SJ", "ML", "REML", "EB", "PM")
