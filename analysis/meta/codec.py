"""Results as JSON values and back, exactly.

A float is kept by its shortest decimal that reads back as the same double, minus zero becomes zero, and
what JSON cannot say (infinity, not-a-number) is refused, so that equal results have equal text.
"""

import math
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Literal, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

from analysis.meta.errors import NotFinite, ShapeMismatch

_T = TypeVar("_T")

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def encode(value: object) -> Json:
    """Turn a result into JSON values.

    Parameters
    ----------
    value : dataclass, tuple, list, ndarray, str, StrEnum, int, float, bool or None

    Returns
    -------
    Json

    Raises
    ------
    NotFinite
        For an infinite or missing number.
    ShapeMismatch
        For any other type.
    """
    if value is None or isinstance(value, str | bool):
        return value.value if isinstance(value, StrEnum) else value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotFinite(f"{value} has no place in a stored result.")
        return float(value) + 0.0
    if isinstance(value, tuple | list | np.ndarray):
        return [encode(item) for item in (value.tolist() if isinstance(value, np.ndarray) else value)]
    if is_dataclass(value):
        return {field.name: encode(getattr(value, field.name)) for field in fields(value)}
    raise ShapeMismatch(f"A {type(value).__name__} cannot be stored in a result.")


def decode(kind: type[_T], value: Json) -> _T:
    """Build a dataclass from what `encode` gave.

    Parameters
    ----------
    kind : a dataclass type
    value : Json

    Returns
    -------
    an instance of `kind`

    Raises
    ------
    ShapeMismatch
        Where a field without a default is missing, or one is unknown or of another type.
    """
    found = _decode(kind, value, kind.__name__)
    if not isinstance(found, kind):
        raise ShapeMismatch(f"{kind.__name__}: {found!r} is something else.")
    return found


def _decode(hint: object, value: Json, where: str) -> object:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return _decode_union(hint, value, where)
    if origin is Literal:
        return _checked(value in get_args(hint), value, where)
    if origin in (tuple, np.ndarray):
        read = _decode_tuple if origin is tuple else _decode_array
        return read(get_args(hint), value, where)
    if isinstance(hint, type) and is_dataclass(hint):
        return _decode_dataclass(hint, value, where)
    return _decode_scalar(hint, value, where)


def _decode_scalar(hint: object, value: Json, where: str) -> object:
    # JSON writes 1.0 as it likes, and Python counts True as an int: neither may slip through.
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(str(_checked(value in [member.value for member in hint], value, where)))
    exact = isinstance(hint, type) and type(value) is hint
    return _checked(exact, value, where)


def _decode_union(hint: object, value: Json, where: str) -> object:
    options = get_args(hint)
    if value is None:
        return _checked(NoneType in options, value, where)
    # No result uses a union of anything but one type and None.
    return _decode(next(option for option in options if option is not NoneType), value, where)


def _decode_tuple(items: tuple[object, ...], value: Json, where: str) -> tuple[object, ...]:
    if not isinstance(value, list):
        raise ShapeMismatch(f"{where}: {value!r} is not a list.")
    if len(items) == 2 and items[1] is Ellipsis:
        return tuple(_decode(items[0], item, f"{where}[{i}]") for i, item in enumerate(value))
    _checked(len(items) == len(value), value, where)
    return tuple(_decode(kind, item, where) for kind, item in zip(items, value, strict=True))


def _decode_array(arguments: tuple[object, ...], value: Json, where: str) -> object:
    # NDArray[np.float64] stands for ndarray[any shape, dtype[float64]].
    kind = get_args(arguments[1])[0]
    try:
        array = np.array(value)
    except ValueError:
        array = np.array(None)
    # An empty list and whole numbers tell nothing of their kind.
    fits = array.size == 0 or np.can_cast(array.dtype, kind, casting="same_kind")
    _checked(isinstance(value, list) and array.dtype != object and fits, value, where)
    return array.astype(kind)


def _decode_dataclass(kind: type, value: Json, where: str) -> object:
    known = fields(kind)
    # A field with a default came later: what was stored before is read without it.
    needed = {field.name for field in known if field.default is MISSING}
    names = [field.name for field in known if isinstance(value, dict) and field.name in value]
    if not isinstance(value, dict) or set(value) != set(names) or needed - set(names):
        raise ShapeMismatch(f"{where}: the fields are not those of {kind.__name__}.")
    hints = get_type_hints(kind)
    return kind(**{name: _decode(hints[name], value[name], f"{where}.{name}") for name in names})


def _checked(holds: bool, value: Json, where: str) -> Json:
    if not holds:
        raise ShapeMismatch(f"{where}: {value!r} does not fit.")
    return value
