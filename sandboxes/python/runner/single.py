"""Entry point `single`: one runner whose stdin and stdout carry the frames and whose stderr is the log.

The process started here is only the runner's keeper: it adopts what the runner's children leave behind and ends all of
them when the runner ends or when the host says so (SIGTERM).
"""

from __future__ import annotations

import os
import signal
import sys

from . import confine, libraries, reap
from .egress import names
from .egress.loopback_proxy import LoopbackProxy, point_at
from .main import main


def run() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
    confine.die_with_parent(os.getppid(), signal.SIGTERM)
    confine.adopt_orphans()
    keeper = os.getpid()
    door = confine.door()
    proxy = LoopbackProxy(door) if door else None
    runner = os.fork()
    if runner == 0:
        signal.pthread_sigmask(signal.SIG_SETMASK, set())
        os.setsid()
        confine.die_with_parent(keeper)
        if door and proxy:
            point_at(proxy.url)
            names.ask_at(door)
            libraries.find_by_cache()
        os._exit(main(*confine.private_channel(), None, proxy))
    for fd in (0, 1, 2):
        os.close(fd)
    os._exit(_keep(runner, proxy))


def _keep(runner: int, proxy: LoopbackProxy | None) -> int:
    """Wait for the runner's end or for SIGTERM; then end everything. Returns the status to leave with."""
    while True:
        signalled = signal.sigtimedwait({signal.SIGTERM, signal.SIGCHLD}, 0.1)
        for pid, status in reap.exits():
            if pid == runner:
                reap.kill_strangers(set())
                return status if status >= 0 else 128 - status
            if proxy is not None and pid == proxy.pid:
                proxy.restart()
        if signalled is not None and signalled.si_signo == signal.SIGTERM:
            reap.kill_strangers(set())
            return 0
        reap.kill_strangers({runner} if proxy is None else {runner, proxy.pid})

