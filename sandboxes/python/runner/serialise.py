"""JSON as upstream reads and writes it: orjson, and for what orjson does not know the default function that pymisp offers."""

from __future__ import annotations

import sys
from datetime import date
from enum import Enum
from uuid import UUID

try:
    from orjson import dumps as encode
    from orjson import loads
except ImportError:
    from .without_orjson import dumps as encode
    from .without_orjson import loads

__all__ = ["Unserialisable", "dumps", "loads"]


class Unserialisable(Exception):
    """The value cannot be written as JSON. The cause says why."""


def dumps(value: object, with_default: bool = True) -> bytes:
    """The bytes that upstream would send for a result, or without the default function for its list of modules.

    Whatever the value's own methods raise on the way is Unserialisable too, TimeoutError and SystemExit included: orjson
    makes its own error of it, so upstream never sees more than that the result cannot be written.
    """
    try:
        return encode(value, _default if with_default else None)
    except Exception as error:  # noqa: BLE001 - orjson can also leave a SystemError behind
        raise Unserialisable(str(error)) from error


def _default(value: object) -> object:
    """What upstream asks about an object that orjson does not know. None: null, as upstream answers for a set or for bytes."""
    # Importing pymisp takes most of a second and few modules need it; where nobody has, the value is none of its objects.
    misp = getattr(sys.modules.get("pymisp.abstract"), "AbstractMISP", None)
    if misp is not None and isinstance(value, misp):
        return value.jsonable()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID):
        return str(value)
    return None
