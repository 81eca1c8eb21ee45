"""What orjson does, for an interpreter that lacks it: the same bytes for the same value, and an error where orjson has one.

Written from what orjson was seen to do. Where it kills the process instead (a tzinfo that raises, tuples nested some
thousand deep), this raises.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time
from enum import EnumMeta
from json.encoder import encode_basestring
from uuid import UUID

_SMALLEST_INT = -(1 << 63)
_LARGEST_INT = (1 << 64) - 1
# A list, dict or dataclass that stands exactly here is refused. Tuples are not tested, so they lead past it.
_REFUSED_DEPTH = 255
# orjson survives this many nested tuples; a few thousand corrupt its heap.
_MAX_DEPTH = 2000
_MAX_DEFAULT_CALLS = 255
# The host lets this many levels through, and the parser of Python 3.10 and 3.11 counts each as a call.
_BODY_DEPTH = 1024


def loads(body: bytes) -> object:
    """The body, with orjson's idea of numbers. What else orjson would refuse, the host has refused already."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + _BODY_DEPTH)
    try:
        return _DECODER.decode(body.decode())
    finally:
        sys.setrecursionlimit(limit)


def dumps(value: object, default: Callable[[object], object] | None = None) -> bytes:
    """The value as compact JSON. The default function says what else to write for an object that JSON has no form for."""
    return _Writer(default).write(value).encode()


def _whole_number(digits: str) -> int | float:
    # No integer in range has more characters, and int() refuses some thousand.
    if len(digits) <= 20:
        value = int(digits)
        if _SMALLEST_INT <= value <= _LARGEST_INT:
            return value
    return _real_number(digits)


def _real_number(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise ValueError(f"number out of range: {digits[:40]}")
    return value


def _no_number(name: str) -> float:
    raise ValueError(f"expected a JSON value, found {name}")


_DECODER = json.JSONDecoder(parse_int=_whole_number, parse_float=_real_number, parse_constant=_no_number)


class _Writer:
    """Writes depth first with a stack of its own, so that deep nesting ends in an error wherever this was called from."""

    def __init__(self, default: Callable[[object], object] | None) -> None:
        self._default = default
        self._texts: list[str] = []
        self._stack: list[_Container] = []

    def write(self, value: object) -> str:
        self._begin(value, 1, 0)
        while self._stack:
            container = self._stack[-1]
            for prefix, child in container.rest:
                self._texts.append(prefix)
                if self._begin(child, container.depth + 1, container.default_calls):
                    break
            else:
                self._texts.append(container.closing)
                self._stack.pop()
        return "".join(self._texts)

    def _begin(self, value: object, depth: int, default_calls: int) -> bool:
        """Write a scalar whole, or open an array or object and say so. Depth counts these, the outermost is 1."""
        for _ in range(_MAX_DEPTH):
            kind = type(value)
            scalar = _SCALARS.get(kind) or _scalar_base(kind)
            if scalar is not None:
                self._texts.append(scalar(value))
                return False
            if kind is tuple or issubclass(kind, (list, dict)):
                self._open(value, depth, default_calls)
                return True
            if type(kind) is EnumMeta:
                value = value.value
            elif "__dataclass_fields__" in kind.__dict__:
                _check_depth(depth)
                self._open_object(_attributes(value), depth, default_calls)
                return True
            else:
                value = self._ask_default(value, default_calls)
                default_calls += 1
        raise TypeError("an Enum member whose value is itself")

    def _open(self, value: tuple | list | dict, depth: int, default_calls: int) -> None:
        # Methods of the base types: a subclass is written as what it stores, whatever it says about itself. Copies: the
        # default function may change the original meanwhile.
        if isinstance(value, tuple):
            if depth > _MAX_DEPTH:
                raise TypeError(f"more than {_MAX_DEPTH} levels")
            self._open_array(value, depth, default_calls)
            return
        _check_depth(depth)
        if isinstance(value, list):
            self._open_array(list.copy(value), depth, default_calls)
        else:
            self._open_object(list(dict.items(value)), depth, default_calls)

    def _open_array(self, values: Iterable[object], depth: int, default_calls: int) -> None:
        self._texts.append("[")
        self._stack.append(_Container(_elements(values), "]", depth, default_calls))

    def _open_object(self, pairs: Iterable[tuple[object, object]], depth: int, default_calls: int) -> None:
        self._texts.append("{")
        self._stack.append(_Container(_members(pairs), "}", depth, default_calls))

    def _ask_default(self, value: object, default_calls: int) -> object:
        if self._default is None:
            raise TypeError(f"no JSON form for {type(value).__name__}")
        if default_calls == _MAX_DEFAULT_CALLS:
            raise TypeError(f"more than {_MAX_DEFAULT_CALLS} objects that JSON has no form for, one inside the other")
        try:
            return self._default(value)
        except BaseException as error:  # noqa: BLE001 - orjson does the same with a SystemExit
            raise TypeError(f"no JSON form for {type(value).__name__}") from error


class _Container:
    """An array or object that is open: what is left of it, and how it ends."""

    __slots__ = ("rest", "closing", "depth", "default_calls")

    def __init__(self, rest: Iterator[tuple[str, object]], closing: str, depth: int, default_calls: int) -> None:
        self.rest = rest
        self.closing = closing
        self.depth = depth
        self.default_calls = default_calls


def _check_depth(depth: int) -> None:
    if depth == _REFUSED_DEPTH or depth > _MAX_DEPTH:
        raise TypeError(f"a list or object at level {depth}")


def _elements(values: Iterable[object]) -> Iterator[tuple[str, object]]:
    """Each value and the text before it."""
    separator = ""
    for value in values:
        yield separator, value
        separator = ","


def _members(pairs: Iterable[tuple[object, object]]) -> Iterator[tuple[str, object]]:
    """Each value and the text before it, which ends with its key."""
    separator = ""
    for key, value in pairs:
        if type(key) is not str:
            raise TypeError(f"expected keys of type str, found {type(key).__name__}")
        yield f"{separator}{encode_basestring(key)}:", value
        separator = ","


def _attributes(instance: object) -> list[tuple[object, object]]:
    """What a dataclass instance shows: whatever is set on it, or with slots its fields; private names left out."""
    try:
        attributes = instance.__dict__
    except Exception:  # noqa: BLE001 - orjson takes any failure for "has none"
        attributes = None
    if attributes is None or "__slots__" in type(instance).__dict__:
        from dataclasses import fields  # who has a dataclass has paid for this import

        names = [field.name for field in fields(instance)]
        return [(name, getattr(instance, name)) for name in names if not name.startswith("_")]
    return [(name, value) for name, value in dict.items(attributes) if type(name) is not str or not name.startswith("_")]


def _scalar_base(kind: type) -> Callable[[object], str] | None:
    """Subclasses of str and int (IntEnum too) are written as these. Subclasses of float are not known to orjson."""
    if issubclass(kind, str):
        return encode_basestring
    if issubclass(kind, int):
        return _int
    return None


def _int(value: int) -> str:
    plain = int.__add__(value, 0)
    if not _SMALLEST_INT <= plain <= _LARGEST_INT:
        raise TypeError("expected an integer between -2^63 and 2^64-1")
    return str(plain)


def _float(value: float) -> str:
    """Python's shortest digits in orjson's notation: no padding of the exponent, and 1e-5 is not yet written with one."""
    if not math.isfinite(value):
        return "null"
    digits, padded, exponent = repr(value).partition("e-0")
    if not padded:
        return digits
    if exponent != "5":
        return f"{digits}e-{exponent}"
    sign = "-" if digits.startswith("-") else ""
    return f"{sign}0.0000{digits.lstrip('-').replace('.', '')}"


def _datetime(value: datetime) -> str:
    local = value.replace(tzinfo=None).isoformat()
    return f'"{local}"' if value.tzinfo is None else f'"{local}{_offset(value)}"'


def _offset(value: datetime) -> str:
    """The offset to the minute. Half a minute is rounded up without a carry, so that 60 minutes can be seen."""
    zone = value.tzinfo
    if hasattr(zone, "normalize") and not hasattr(zone, "convert"):
        # pytz: a zone that was put on by hand has the wrong offset, and normalising is its way to the right one.
        offset = zone.normalize(value).utcoffset()
    else:
        offset = zone.utcoffset(value)
    if offset is None or offset.seconds == 0:
        return "+00:00"
    west = offset.days == -1
    minutes, seconds = divmod(86400 - offset.seconds if west else offset.seconds, 60)
    return f"{'-' if west else '+'}{minutes // 60:02}:{minutes % 60 + (seconds >= 30):02}"


def _time(value: time) -> str:
    if value.tzinfo is not None:
        raise TypeError("a time with a timezone")
    return f'"{value.isoformat()}"'


# Exactly these types; what else is written without the default function is decided in _begin.
_SCALARS: dict[type, Callable] = {
    str: encode_basestring,
    int: _int,
    bool: lambda value: "true" if value else "false",
    type(None): lambda _: "null",
    float: _float,
    datetime: _datetime,
    date: lambda value: f'"{value.isoformat()}"',
    time: _time,
    UUID: lambda value: f'"{value}"',
}
