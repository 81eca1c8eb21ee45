"""A fork server that is one module's alone imports it before it forks: its runners are that module from their first moment."""

from __future__ import annotations

import gc
import os
import resource
import signal
import time
import types
from typing import NamedTuple

from . import confine
from .load import Sources, load

_MEGABYTE = 1 << 20
_TRIAL_SECONDS = 10
_PAUSE_SECONDS = 0.005


class Template(NamedTuple):
    """A module that is imported, and what its runners are told: nothing has to be looked up again after a fork."""

    module: types.ModuleType
    message: dict
    filter: confine.Filter | None
    data_bytes: int | None


def become_template(message: dict, content: bytes) -> Template | None:
    """The module that a `load` message names; None where it cannot be had without a thread or a process, or is in no state to be forked.

    Then each runner imports it for itself, and says why that fails. What cannot be undone is tried in a process that is thrown away.
    """
    if not _trial(message, content):
        return None
    module = _import(message, content)
    gc.collect()
    gc.freeze()
    return Template(module, message, confine.filter_of(message), confine.data_bytes())


def _trial(message: dict, content: bytes) -> bool:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            _import(message, content)
            status = 0 if len(os.listdir("/proc/self/task")) == 1 else 1
        finally:
            os._exit(status)
    until = time.monotonic() + _TRIAL_SECONDS
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended == pid:
            return status == 0
        time.sleep(_PAUSE_SECONDS)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return False


def _import(message: dict, content: bytes) -> types.ModuleType:
    """As a runner does it, except that not even a thread can be started."""
    os.environ.update(message["env"])
    confine.limit_data(message["memory_mb"] * _MEGABYTE)
    hard = message["hold"]["processes"]
    resource.setrlimit(resource.RLIMIT_NPROC, (1, hard))
    gc.disable()
    try:
        return load(message, Sources(content))
    finally:
        gc.enable()
        resource.setrlimit(resource.RLIMIT_NPROC, (hard, hard))
