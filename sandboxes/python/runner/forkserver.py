"""Entry point `forkserver`: imports common libraries once and forks runners on demand.

Its own stdin and stdout carry control frames only: boot, fork, kill, ping in; ready, forked, refused, killed, pong, exited out. A
forked runner connects twice to the cell's socket (channel, then log) with a one-time token and then runs the very same
main as `single`. Once it serves, modules are imported in children only, so that it always answers.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
import time

from . import confine, libraries, reap
from .egress import names
from .egress.loopback_proxy import LoopbackProxy, point_at
from .frames import PROTOCOL, Channel
from .load import installed_folders
from .main import main
from .template import Template, become_template

_WATCH_SECONDS = 0.1
_LENGTH = struct.Struct(">I")


def run() -> None:
    # Native thread pools would be lost in the fork; these keep numpy and friends from starting any.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # SIGTERM and not SIGKILL: what the modules have started must go first, and nobody else would see to it.
    confine.die_with_parent(os.getppid(), signal.SIGTERM)
    confine.adopt_orphans()
    # Before anything is imported: a library that prints must not write into the control channel.
    fd_in, fd_out = confine.private_channel()
    control = Channel(fd_in, fd_out)
    boot = control.read()
    # Nothing of a module is run for a host that is gone.
    if boot is None or confine.is_deserted(fd_in):
        return
    door = confine.door()
    proxy = LoopbackProxy(door) if door else None
    temporary = boot[0].get("temporary")
    if temporary is not None:
        libraries.find_by_cache()
    preloaded = _preload(boot[0]["preload"])
    if door and proxy:
        point_at(proxy.url)
        names.ask_at(door)
    if temporary is not None:
        confine.hide_memory()
    gc.collect()
    gc.freeze()
    control.write({"type": "ready", "protocol": PROTOCOL, "pid": os.getpid(), "preloaded": preloaded})
    template = None
    if temporary is not None:
        # It may have been started before anybody knew whose it would be.
        told = control.read()
        if told is None or confine.is_deserted(fd_in):
            return
        template = become_template(told[0]["template"], told[1]) if "template" in told[0] else None
        control.write({"type": "became", "template": template is not None})
    try:
        _ForkServer(fd_in, control, boot[0]["socket"], temporary, template, proxy).serve()
    finally:
        reap.kill_strangers(set())
    # Without the interpreter's own farewell: libraries print about what they leak.
    os._exit(0)


def _preload(names: list[str]) -> list[str]:
    """Import what can be imported; a library that is missing or broken is the business of the module that wants it."""
    done = []
    for name in names:
        try:
            importlib.import_module(name)
            done.append(name)
        except Exception:  # noqa: BLE001 - whatever a library raises at import
            continue
    # What each runner would find out for itself.
    installed_folders()
    threads = len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1
    if threads != 1:
        raise RuntimeError(f"a fork server needs exactly one thread, preloading left {threads}: {done}")
    return done


class _ForkServer:
    def __init__(
        self, fd_in: int, control: Channel, socket_path: str, temporary: str | None, template: Template | None, proxy: LoopbackProxy | None
    ) -> None:
        self._fd_in = fd_in
        self._control = control
        self._socket_path = socket_path
        self._temporary = temporary
        self._template = template
        # What is mounted there, read-only, where the machine has what modules need below its own folder of that name.
        self._mounted = set() if temporary is None else set(os.listdir(temporary))
        self._runners: set[int] = set()
        self._proxy = proxy
        self._pending = b""
        self._stopping = False
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_out, False)
        os.set_blocking(self._wake_in, False)

    def serve(self) -> None:
        signal.set_wakeup_fd(self._wake_out, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, self._stop)
        watched = time.monotonic()
        while not self._stopping:
            timeout = _WATCH_SECONDS if self._runners else None
            ready, _, _ = select.select([self._fd_in, self._wake_in], [], [], timeout)
            if self._wake_in in ready:
                self._drain_wakeups()
            if self._fd_in in ready and not self._read_control():
                break
            self._collect()
            if self._runners and time.monotonic() - watched > _WATCH_SECONDS:
                reap.kill_strangers(self._known)
                watched = time.monotonic()

    @property
    def _known(self) -> set[int]:
        return self._runners if self._proxy is None else self._runners | {self._proxy.pid}

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _read_control(self) -> bool:
        data = os.read(self._fd_in, 65536)
        if not data:
            return False
        self._pending += data
        while len(self._pending) >= 4:
            (length,) = _LENGTH.unpack_from(self._pending)
            if len(self._pending) < 4 + length:
                break
            message = json.loads(self._pending[4 : 4 + length])
            self._pending = self._pending[4 + length :]
            self._obey(message)
        return True

    def _obey(self, message: dict) -> None:
        kind = message["type"]
        if kind == "fork":
            self._fork(message["token"])
        elif kind == "kill":
            self._kill(message["pid"])
        elif kind == "tidy":
            self._tidy(set())
            self._control.write({"type": "tidied"})
        elif kind == "ping":
            self._control.write({"type": "pong"})

    def _fork(self, token: str) -> None:
        server = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            self._control.write({"type": "refused", "token": token, "error": str(error)})
            return
        if pid == 0:
            try:
                status = self._become_runner(server, token)
            except BaseException:  # noqa: BLE001 - a child must never return into the server's loop
                sys.excepthook(*sys.exc_info())
                status = 1
            os._exit(status)
        self._runners.add(pid)
        self._control.write({"type": "forked", "token": token, "pid": pid})

    def _become_runner(self, server: int, token: str) -> int:
        confine.forget_signals()
        os.setsid()
        confine.die_with_parent(server)
        channel = _connect(self._socket_path, token, "c")
        log = _connect(self._socket_path, token, "l")
        os.dup2(channel.fileno(), 0)
        os.dup2(channel.fileno(), 1)
        os.dup2(log.fileno(), 2)
        channel.detach()
        log.detach()
        return main(*confine.private_channel(), self._template, self._proxy)

    def _kill(self, pid: int) -> None:
        """Only ever a runner of ours, so that a confused host cannot end a stranger. "exited" follows when it has ended."""
        if pid in self._runners:
            os.kill(pid, signal.SIGKILL)
        self._control.write({"type": "killed", "pid": pid})

    def _collect(self) -> None:
        for pid, status in reap.exits():
            if pid in self._runners:
                self._ended(pid, status)
            elif self._proxy is not None and pid == self._proxy.pid:
                self._proxy.restart()

    def _ended(self, pid: int, status: int) -> None:
        self._runners.discard(pid)
        # Before the host hears of it, so that "exited" means the whole tree.
        reap.kill_strangers(self._known)
        left = self._temporary is not None and self._tidy(self._runners)
        self._control.write({"type": "exited", "pid": pid, "status": status, "left": left})

    def _tidy(self, but: set[int]) -> bool:
        """Empty the folder that all runners share; each has its own below it, named for its pid, and those of some are left: whether there are any.

        Which of them have a query is the host's to know; one that has none yet has made no folder.
        """
        left = False
        for name in os.listdir(self._temporary):
            if name in self._mounted:
                continue
            if name.isdigit() and int(name) in but:
                left = True
                continue
            path = os.path.join(self._temporary, name)
            try:
                reap.remove(path)
            except BaseException as error:  # noqa: BLE001 - whatever it is, the next query must not find it
                raise RuntimeError(f"{path} cannot be removed") from error
        return left

    def _drain_wakeups(self) -> None:
        try:
            while os.read(self._wake_in, 512):
                pass
        except BlockingIOError:
            pass


def _connect(path: str, token: str, which: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.connect(path)
    connection.sendall(f"{token}{which}".encode())
    return connection

