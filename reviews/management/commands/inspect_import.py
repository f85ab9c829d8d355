"""Say what importing files would do, without writing anything."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from reviews.errors import DomainError
from reviews.formats import Inspection, ParsedRecord, inspect

_SHOWN_PROBLEMS = 5


class Command(BaseCommand):
    """Reads each file to its end; neither the database nor the storage is touched."""

    help = (
        "Say what importing files would do: format, encoding, records, problems by row. Writes nothing. Ends "
        "with 1 where a file is refused."
    )
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="one JSON object a line, for each file one")
        parser.add_argument(
            "--problems", type=int, default=1_000, help="how many problems to list (all are counted)"
        )
        parser.add_argument(
            "--column",
            action="append",
            default=[],
            metavar="FIELD=COLUMN",
            help="for a table: which column holds a field, by its name or its number from 1",
        )

    def handle(self, *, files: list[Path], **options: Any) -> None:
        mapping = _mapping(options["column"])
        refused = False
        for path in files:
            said = _inspected(path, mapping=mapping, problems=options["problems"])
            refused |= "refused" in said
            line = json.dumps(said, ensure_ascii=False) if options["json"] else _as_text(said)
            self.stdout.write(line)
        if refused:
            sys.exit(1)


def _mapping(columns: list[str]) -> dict[str, int | str] | None:
    if not columns:
        return None
    pairs = [column.partition("=")[::2] for column in columns]
    return {field: int(name) - 1 if name.isdecimal() else name for field, name in pairs}


def _inspected(path: Path, *, mapping: dict[str, int | str] | None, problems: int) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            return _facts(path, inspect(stream, path.name, mapping=mapping, problems=problems))
    except DomainError as error:
        return {"file": str(path), "refused": str(error), "code": error.code}
    except OSError as error:
        return {
            "file": str(path),
            "refused": f"{path} cannot be opened: {error.strerror}.",
            "code": "no_file",
        }


def _facts(path: Path, found: Inspection) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "file": str(path),
        "format": found.format,
        "container": found.container,
        "members": list(found.members),
        "encoding": found.encoding,
        "line_ends": found.line_ends,
        "records": found.records,
        "repeats": found.repeats,
        "repeats_complete": found.repeats_complete,
        "rows_with_problems": found.rows_with_problems,
        "rows_refused": found.refused,
        "problem_counts": found.problem_counts,
        "problems": [
            {"row": problem.row, "code": problem.code, "detail": problem.detail, "kept": problem.kept}
            for problem in found.problems
        ],
        "sample": [_sample(record) for record in found.sample],
    }
    if found.columns is not None:
        facts["columns"] = [
            {"name": name, "field": next((f for f, at in found.columns.mapping.items() if at == place), None)}
            for place, name in enumerate(found.columns.header)
        ]
    if found.needs_mapping:
        facts["refused"] = "No column of this table is known as title, DOI or PMID: name one with --column."
        facts["code"] = "needs_mapping"
    return facts


def _sample(record: ParsedRecord) -> dict[str, Any]:
    return {
        "row": record.row,
        "title": record.title,
        "authors": list(record.authors),
        "year": record.year,
        "journal": record.journal,
        "doi": record.doi,
        "pmid": record.pmid,
        "external_id": record.external_id,
    }


def _as_text(said: dict[str, Any]) -> str:
    if "refused" in said:
        return f"{said['file']}\n  refused: {said['refused']}"
    packed = f" in {said['container']}" if said["container"] else ""
    written = ", ".join(part for part in (said["encoding"], said["line_ends"]) if part)
    lines = [
        said["file"],
        f"  format: {said['format']}{packed}" + (f" ({written})" if written else ""),
        f"  records: {said['records']}, {said['repeats']} of them repeated",
    ]
    for code, count in said["problem_counts"].items():
        lines.append(f"  {code}: {count}")
        shown = [problem for problem in said["problems"] if problem["code"] == code][:_SHOWN_PROBLEMS]
        lines += [f"    row {problem['row']}: {problem['detail']}" for problem in shown]
    return "\n".join(lines)
