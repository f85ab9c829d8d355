"""Bibliographic services that are searched through their own APIs, all behind one interface."""

from reviews.connectors.base import Connector, Listing, Page, Preview

__all__ = ["Connector", "Listing", "Page", "Preview"]
