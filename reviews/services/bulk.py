"""Many rows at once: COPY on PostgreSQL, one prepared statement on SQLite. Keys are taken in blocks.

Nothing here sends signals or fills defaults: callers name every column that must not be NULL.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from json.encoder import encode_basestring_ascii
from typing import Any

from django.db import connection
from django.db.models import BinaryField, DateTimeField, Field, JSONField, Model

Values = Sequence[Any]
_MARK = "\x1f"  # the separator of units, which no identifier holds


def is_postgres() -> bool:
    """Whether the database takes COPY; the other one is SQLite."""
    return connection.vendor == "postgresql"


def take_ids(model: type[Model], count: int) -> list[int]:
    """So many primary keys in rising order, for `insert` in the same transaction."""
    if not count:
        return []
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if is_postgres():
            cursor.execute(
                "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                [f'"{table}"', count],
            )
            return sorted(row[0] for row in cursor.fetchall())
        # A transaction of SQLite begins by taking the one lock for writing: nobody else counts on meanwhile.
        cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
        row = cursor.fetchone()
    last = int(row[0]) if row else 0
    return list(range(last + 1, last + 1 + count))


def insert(model: type[Model], names: Sequence[str], *, rows: Iterable[Values]) -> None:
    """Add rows whose values stand in the order of `names` (fields, foreign keys with their `_id`)."""
    fields = [_field(model, name) for name in names]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    table = model._meta.db_table
    with connection.cursor() as cursor:
        if not is_postgres():
            places = ", ".join(["%s"] * len(fields))
            statement = f'INSERT INTO "{table}" ({columns}) VALUES ({places})'
            cursor.executemany(statement, list(_prepared(fields, rows)))
            return
        statement = f'COPY "{table}" ({columns}) FROM STDIN (FORMAT BINARY)'
        with connection.wrap_database_errors, cursor.copy(statement) as copy:
            copy.set_types([_type(field) for field in fields])
            lists = [place for place, field in enumerate(fields) if isinstance(field, JSONField)]
            for row in rows:
                values = list(row)
                for place in lists:
                    values[place] = _binary_json(values[place])
                copy.write_row(values)


def update(model: type[Model], names: Sequence[str], *, key: str, rows: Iterable[Values]) -> None:
    """Change rows one by one in one statement sent many times; the key's value stands last in each."""
    fields = [*(_field(model, name) for name in names), _field(model, key)]
    *changed, by = (f'"{field.column}" = %s' for field in fields)
    prepared = list(_prepared(fields, rows))
    if prepared:
        statement = f'UPDATE "{model._meta.db_table}" SET {", ".join(changed)} WHERE {by}'
        with connection.cursor() as cursor:
            cursor.executemany(statement, prepared)


def pairs(kind: str, values: Sequence[tuple[Any, Any]]) -> tuple[str, list[Any]]:
    """A table of two columns, `one` and `other`, to join with: its SQL and its parameters."""
    if is_postgres():
        columns = [[str(one) for one, _ in values], [str(other) for _, other in values]]
        joined = [_MARK.join(column) for column in columns]
        # The driver quotes each element of an array by itself, and one long text many times faster.
        if all(text.count(_MARK) == len(values) - 1 and text for text in joined):
            array = f"string_to_array(%s, '{_MARK}')::{kind}[]"
            return f"unnest({array}, {array}) AS pair(one, other)", joined
        return f"unnest(%s::{kind}[], %s::{kind}[]) AS pair(one, other)", columns
    inner = (
        "SELECT json_extract(value, '$[0]') AS one, json_extract(value, '$[1]') AS other FROM json_each(%s)"
    )
    return f"({inner}) AS pair", [_json([list(pair) for pair in values])]


def gather_statistics(*models: type[Model]) -> None:
    """After many rows came, let PostgreSQL plan for them: its own round comes a minute later, or never."""
    if is_postgres():
        with connection.cursor() as cursor:
            cursor.execute(
                f"ANALYZE {', '.join(connection.ops.quote_name(m._meta.db_table) for m in models)}"
            )


def each(pair: str, columns: str, *, source: str, where: str) -> str:
    """A query that looks in `source` for each row of a table of two columns, by an index.

    A table that has just grown has no statistics, and PostgreSQL would rather read all of it for each batch:
    the fence leaves it no choice. SQLite would rather read all records of the source for each row: a comma
    leaves it the order, CROSS JOIN does not (https://www.sqlite.org/optoverview.html, 8.2).
    """
    if is_postgres():
        return lateral(pair, f"SELECT {columns} FROM {source} WHERE {where} OFFSET 0")
    return f"SELECT {columns} FROM {pair} CROSS JOIN {source} WHERE {where}"


def lateral(table: str, query: str) -> str:
    """What a query of PostgreSQL says of each row of a table: asked of all at once, it would read all."""
    return f"SELECT found.* FROM {table} CROSS JOIN LATERAL ({query}) AS found"


def _field(model: type[Model], name: str) -> "Field[Any, Any]":
    field = model._meta.get_field(name)
    assert isinstance(field, Field)
    return field


def _type(field: "Field[Any, Any]") -> str:
    if isinstance(field, JSONField):
        return "bytea"  # for the driver: the bytes go as they are
    return (field.db_type(connection) or "").split("(", maxsplit=1)[0]


def _binary_json(value: object) -> bytes:
    """A value as COPY takes it for jsonb; lists of texts, which most are, many times faster than others."""
    if isinstance(value, list) and all(type(one) is str for one in value):
        return f"\1[{', '.join(map(encode_basestring_ascii, value))}]".encode()
    return b"\1" + json.dumps(value).encode()


def _json(value: object) -> Any:
    return connection.ops.adapt_json_value(value, None)


def _prepared(fields: "Sequence[Field[Any, Any]]", rows: Iterable[Values]) -> Iterable[Values]:
    """Values as the driver wants them, for statements that do not go through the ORM."""
    special: list[tuple[int, Callable[..., Any]]] = [
        (place, field.get_db_prep_save)
        for place, field in enumerate(fields)
        if isinstance(field, JSONField | DateTimeField | BinaryField)
    ]
    for row in rows:
        values = list(row)
        for place, prepare in special:
            values[place] = prepare(values[place], connection)
        yield values
