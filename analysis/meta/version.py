"""The engine's version; it is stored with each result and moves whenever a number could."""

ENGINE_VERSION = "2.0.0"
