"""Frames: a 4-byte big-endian length, a one-line JSON header, then the payload bytes untouched.

The length counts header, newline and payload. The host's side of the same format is sandboxes/wire/frames.ts.
"""

from __future__ import annotations

import json
import os
import struct

PROTOCOL = 1
MAX_FRAME = (1 << 32) - 1
_LENGTH = struct.Struct(">I")


class Channel:
    """Frames over a pair of descriptors (which may be one and the same socket)."""

    def __init__(self, fd_in: int, fd_out: int) -> None:
        # A buffered reader allocates a large payload once, at its full size, and reads straight into it.
        self._reader = open(fd_in, "rb", buffering=65536, closefd=False)
        self._fd_out = fd_out

    def read(self) -> tuple[dict, bytes] | None:
        """The next header and payload, or None when the host has closed the channel."""
        prefix = self._reader.read(4)
        if len(prefix) < 4:
            return None
        (length,) = _LENGTH.unpack(prefix)
        line = self._reader.readline(length)
        payload = self._reader.read(length - len(line))
        if len(line) + len(payload) < length:
            return None
        return json.loads(line), payload

    def write(self, header: dict, payload: bytes = b"") -> None:
        self.write_line(json.dumps(header).encode() + b"\n", payload)

    def write_line(self, line: bytes, payload: bytes) -> None:
        """As `write`, with the header already encoded: spares the hot path a call to json.dumps."""
        length = len(line) + len(payload)
        if length > MAX_FRAME:
            raise OverflowError(f"a frame holds at most {MAX_FRAME} bytes, this one has {length}")
        prefix = _LENGTH.pack(length) + line
        if len(payload) < 65536:
            _write_all(self._fd_out, prefix + payload)
        else:
            _write_all(self._fd_out, prefix)
            _write_all(self._fd_out, payload)


def _write_all(fd: int, data: bytes) -> None:
    written = os.write(fd, data)
    if written == len(data):
        return
    view = memoryview(data)
    while written < len(data):
        written += os.write(fd, view[written:])
