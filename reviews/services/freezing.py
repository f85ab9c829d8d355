"""Frozen copies of a protocol: what they hold, and how two of them differ."""

import hashlib
import json
from typing import Any

from django.forms.models import model_to_dict

from reviews.models import Protocol, ProtocolVersion, User

_ROWS = {
    "criteria": ("slot", "kind", "text", "position"),
    "exclusion_reasons": ("label", "scope", "position"),
    "outcomes": ("name", "type", "measure", "direction", "definition", "unit", "is_primary", "position"),
    "sources": (
        "name",
        "platform",
        "kind",
        "connector",
        "query",
        "options",
        "interval_days",
        "weekday",
        "cron",
        "hour",
        "full_rerun_days",
        "position",
    ),
}
# Left out where they say nothing special, so that a version frozen before they existed does not differ.
_USUAL: dict[str, object] = {"options": {}, "weekday": None, "cron": "", "hour": 3, "full_rerun_days": 90}
_TEXTS = ("question", "rationale", "synthesis_plan", "registry", "registration_id")


def content_of(protocol: Protocol) -> dict[str, Any]:
    """The protocol as plain values: its texts, and its current rows by their stable ids."""
    content: dict[str, Any] = {name: getattr(protocol, name) for name in _TEXTS}
    for name, fields in _ROWS.items():
        rows = getattr(protocol, name).filter(retired_at__isnull=True)
        content[name] = {str(row.pk): _plain(model_to_dict(row, fields=fields)) for row in rows}
    return content


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in _USUAL or value != _USUAL[key]}


def canonical(content: dict[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def differences(before: dict[str, Any], after: dict[str, Any], *, path: str = "") -> list[dict[str, Any]]:
    """Every place where two contents differ, as {path, before, after}."""
    found: list[dict[str, Any]] = []
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        here = f"{path}.{key}" if path else key
        if isinstance(old, dict) and isinstance(new, dict):
            found += differences(old, new, path=here)
        elif old != new:
            found.append({"path": here, "before": old, "after": new})
    return found


def write_version(*, by: User, protocol: Protocol, seq: int) -> ProtocolVersion:
    """Freeze the protocol as it is now under the next number. The caller holds the protocol's lock."""
    content = content_of(protocol)
    last = protocol.versions.order_by("-number").first()
    return ProtocolVersion.objects.create(
        protocol=protocol,
        number=last.number + 1 if last else 1,
        content=content,
        sha256=hashlib.sha256(canonical(content).encode()).hexdigest(),
        by=by,
        seq=seq,
    )
