"""Where libraries in C are, found without the programs that Python asks for it: a cell has none, and may start none."""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import Any

from .after_import import after_import

_CACHE = "/etc/ld.so.cache"
_MAGIC = b"glibc-ld.so.cache1.1"
# Two counts, and what is of no interest here.
_HEADER = struct.Struct("=II20x")
# Flags, where the name and the path begin, and what is of no interest here.
_ENTRY = struct.Struct("=iII12x")
# Libraries for libc 6 on this processor.
_FLAGS = {"x86_64": 0x0303, "aarch64": 0x0A03}


def find_by_cache() -> None:
    """From now on `ctypes.util.find_library` reads what `ldconfig -p` would print."""
    after_import("ctypes.util", _change)


def _change(util: Any) -> None:
    util.find_library = _find


def _find(name: str) -> str | None:
    """The name to load a library by, `libzbar.so.0` for `zbar`."""
    try:
        with open(_CACHE, "rb") as file:
            content = file.read()
    except OSError:
        return None
    # Older caches begin with an older one, for older libraries.
    start = content.find(_MAGIC)
    return None if start < 0 else next((soname for soname in _names(content[start:]) if soname.startswith(f"lib{name}.")), None)


def _names(cache: bytes) -> Iterator[str]:
    flags = _FLAGS.get(os.uname().machine)
    entries, _ = _HEADER.unpack_from(cache, len(_MAGIC))
    for at in range(entries):
        found, name, _path = _ENTRY.unpack_from(cache, len(_MAGIC) + _HEADER.size + at * _ENTRY.size)
        if found == flags:
            yield cache[name : cache.index(b"\0", name)].decode()
