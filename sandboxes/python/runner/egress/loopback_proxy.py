"""A proxy on the cell's own loopback that carries each connection to the door as it is.

Libraries know a proxy by an address, not by a socket in a folder. It is a process of its own, so that it serves every runner of the
cell and survives each of them.
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
from urllib.parse import quote

from .. import confine

_CHUNK = 65536
_MOST_CONNECTIONS = 256
_PASSWORD = "query"


class LoopbackProxy:
    """Started by the process that forks runners; runners find it by the usual environment variables."""

    def __init__(self, door: str) -> None:
        self._door = door
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(128)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.pid = self._fork()

    def restart(self) -> None:
        """It has ended: a module has killed it. The next one is at the same address."""
        self.pid = self._fork()

    def _fork(self) -> int:
        parent = os.getpid()
        pid = os.fork()
        if pid:
            return pid
        try:
            signal.set_wakeup_fd(-1)
            for each in (signal.SIGTERM, signal.SIGCHLD):
                signal.signal(each, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, set())
            confine.die_with_parent(parent)
            # Else one query could have its way with the connections of the next.
            confine.hide_memory()
            _keep_only(self._listener.fileno())
            _Carrier(self._listener, self._door).serve()
        finally:
            os._exit(0)


def point_at(url: str, query: str | None = None) -> None:
    """Let everything in this process, and whatever it starts, use the proxy and nothing else.

    `query`: what it is for from now on, as the host's log calls it. It is said as the user name of the proxy, which clients send along
    by themselves; some of them only with a password.
    """
    if query is not None:
        url = url.replace("//", f"//{quote(query, safe='')}:{_PASSWORD}@", 1)
    else:
        for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
            os.environ.pop(name, None)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        os.environ[name] = url


def _keep_only(fd: int) -> None:
    """Nothing of what the parent talks by may be held open here."""
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, fd)
    os.closerange(fd + 1, os.sysconf("SC_OPEN_MAX"))


class _Carrier:
    """Moves bytes between pairs of sockets. What cannot be written yet is not read any further."""

    def __init__(self, listener: socket.socket, door: str) -> None:
        self._listener = listener
        self._door = door
        self._selector = selectors.DefaultSelector()
        self._ends: dict[socket.socket, _End] = {}

    def serve(self) -> None:
        # A client that leaves before it is greeted must not be waited for.
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)
        while True:
            for key, events in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                    continue
                end = self._ends.get(key.fileobj)
                if end is not None:
                    self._move(end, events)

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        if len(self._ends) >= 2 * _MOST_CONNECTIONS:
            client.close()
            return
        server = socket.socket(socket.AF_UNIX)
        try:
            server.connect(self._door)
        except OSError:
            client.close()
            server.close()
            return
        one, other = _End(client), _End(server)
        one.other, other.other = other, one
        for end in (one, other):
            end.socket.setblocking(False)
            self._ends[end.socket] = end
            self._selector.register(end.socket, selectors.EVENT_READ)

    def _move(self, end: _End, events: int) -> None:
        try:
            if events & selectors.EVENT_WRITE:
                self._write(end)
            if events & selectors.EVENT_READ and not end.other.waiting:
                data = end.socket.recv(_CHUNK)
                if data:
                    end.other.waiting = data
                    self._write(end.other)
                else:
                    end.has_ended = True
                    end.other.socket.shutdown(socket.SHUT_WR)
        except BlockingIOError:
            pass
        except OSError:
            self._close(end)
            return
        if end.has_ended and end.other.has_ended and not end.waiting and not end.other.waiting:
            self._close(end)
            return
        self._watch(end)
        self._watch(end.other)

    def _write(self, end: _End) -> None:
        try:
            sent = end.socket.send(end.waiting)
        except BlockingIOError:
            return
        end.waiting = end.waiting[sent:]

    def _watch(self, end: _End) -> None:
        wanted = 0
        if not end.has_ended and not end.other.waiting:
            wanted |= selectors.EVENT_READ
        if end.waiting:
            wanted |= selectors.EVENT_WRITE
        if wanted == end.watched:
            return
        if end.watched == 0:
            self._selector.register(end.socket, wanted)
        elif wanted == 0:
            self._selector.unregister(end.socket)
        else:
            self._selector.modify(end.socket, wanted)
        end.watched = wanted

    def _close(self, end: _End) -> None:
        for each in (end, end.other):
            if each.watched:
                self._selector.unregister(each.socket)
                each.watched = 0
            self._ends.pop(each.socket, None)
            each.socket.close()


class _End:
    """One side of a connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.other: _End = self
        self.waiting = b""
        self.has_ended = False
        self.watched = selectors.EVENT_READ
