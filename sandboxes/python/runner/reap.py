"""What modules leave behind: children of a process that adopts orphans, and an end for those that nobody asked for; and files."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time

_PASSES = 50
_PAUSE_SECONDS = 0.002


def children() -> list[int]:
    """Pids of this process's children, adopted ones included. Empty where the kernel does not tell."""
    if sys.platform != "linux":
        return []
    pid = os.getpid()
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as listing:
            return [int(child) for child in listing.read().split()]
    except OSError:
        return []


def kill_strangers(known: set[int]) -> None:
    """SIGKILL every child that is not in `known`, until none is left.

    A killed stranger's own children are adopted in turn, hence the passes; their number bounds a fork bomb's hold on us.
    Nobody is waited for before all are killed: one that is traced by another ends only after that other.
    """
    for turn in range(_PASSES):
        strangers = [pid for pid in children() if pid not in known]
        if not strangers:
            return
        for pid in strangers:
            try:
                os.kill(pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                pass
        if turn > 0:
            time.sleep(_PAUSE_SECONDS)
        for pid in strangers:
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                pass


def remove(path: str) -> None:
    """Whatever is there, and what is below it, but nothing that a link leads to. Raises OSError."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def exits() -> list[tuple[int, int]]:
    """(pid, status) of every child that has ended and was not collected yet; status as a shell knows it, signals negative."""
    ended = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append((pid, os.waitstatus_to_exitcode(status)))
