"""What a process does to itself before it runs a module: descriptors, limits, and dying with its parent."""

from __future__ import annotations

import _signal
import base64
import ctypes
import os
import resource
import select
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_DUMPABLE = 4
_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2
# Above anything a module is likely to dup2 onto, below the usual NOFILE limit.
_PRIVATE_FD = 700


def die_with_parent(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """A signal to this process when its parent ends; its end, if that happened just before this call."""
    if sys.platform != "linux":
        return
    _prctl(_PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:
        os._exit(1)


def forget_signals() -> None:
    """Undo what a fork server does about signals. Without the enums of `signal`: looking old handlers up in these takes longer than the fork."""
    _signal.set_wakeup_fd(-1)
    for number in (_signal.SIGCHLD, _signal.SIGTERM):
        _signal.signal(number, _signal.SIG_DFL)


def is_deserted(fd: int) -> bool:
    """Whether nobody is at the other end of this pipe or socket any more, whatever is still to be read of it.

    Who was killed while the launcher was at work did not take it along: from when its program runs the launcher is bound to its parent's end.
    """
    poll = select.poll()
    poll.register(fd, 0)
    return bool(poll.poll(0))


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends (Linux: child subreaper)."""
    if sys.platform == "linux":
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def door() -> str | None:
    """The socket by which the cell reaches what it may reach, where the network is not its own. It is told once, and not to modules."""
    return os.environ.pop("MISP_EGRESS_DOOR", None)


def hide_memory() -> None:
    """Let no process of the same account write to the memory of this one, or of those that it forks.

    Else what got into one query by a hole would get into the process that waits for the next.
    """
    _prctl(_PR_SET_DUMPABLE, 0)


def private_channel() -> tuple[int, int]:
    """Move fds 0 and 1 to private close-on-exec descriptors; stdin becomes null, stdout and stderr the log.

    Everything else that is open is closed. From then on nothing a module prints, by whatever means, can become part
    of an answer. Returns the descriptors to read frames from and to write them to.
    """
    fd_in = _private_copy(0, _PRIVATE_FD)
    fd_out = _private_copy(1, _PRIVATE_FD + 1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.closerange(3, _PRIVATE_FD)
    os.closerange(_PRIVATE_FD + 2, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    return fd_in, fd_out


def limit_files(descriptors: int, file_bytes: int) -> None:
    """NOFILE, FSIZE and no core file. Soft and hard, so that a module cannot raise them again."""
    _set_limit(resource.RLIMIT_CORE, 0)
    _set_limit(resource.RLIMIT_NOFILE, descriptors)
    _set_limit(resource.RLIMIT_FSIZE, file_bytes)


def limit_data(more_bytes: int, data: int | None = None) -> None:
    """Let the data segment grow by `more_bytes` beyond what it is now. The soft limit only: later queries may need more.

    RLIMIT_DATA and not RLIMIT_AS: the latter counts reserved address space and kills harmless modules at import. `data`: what it is now,
    where that is known.
    """
    data = data_bytes() if data is None else data
    if data is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (data + more_bytes, resource.RLIM_INFINITY))


def hold(processes: int, filter: Filter | None) -> None:
    """No more processes and threads of this account than that, and no system call that the filter refuses, if there is one, for ever.

    In a user namespace of its own a cell is counted alone.
    """
    _set_limit(resource.RLIMIT_NPROC, processes)
    if filter is None:
        return
    if _LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(filter), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "the filter of system calls is not taken")


def limit_cpu(more_seconds: float) -> None:
    """SIGXCPU, which ends the process, after `more_seconds` of CPU time from now."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(usage.ru_utime + usage.ru_stime + more_seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, resource.RLIM_INFINITY))


def _private_copy(fd: int, to: int) -> int:
    os.dup2(fd, to, inheritable=False)
    return to


def _set_limit(which: int, value: int) -> None:
    hard = resource.getrlimit(which)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(which, (value, value))


def data_bytes() -> int | None:
    """Size of the data segment; None where the kernel does not tell."""
    try:
        with open("/proc/self/status", "rb") as status:
            for line in status:
                if line.startswith(b"VmData:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _prctl(option: int, value: int) -> None:
    if _LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) failed")


def filter_of(message: dict) -> Filter | None:
    """What a `load` message asks a runner to be held to."""
    filter = message.get("hold", {}).get("filter")
    return None if filter is None else Filter(base64.b64decode(filter))


class Filter(ctypes.Structure):
    """A filter of system calls as the kernel takes it, `struct sock_fprog`, made of its instructions."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]

    def __init__(self, seccomp: bytes) -> None:
        self._kept = ctypes.create_string_buffer(seccomp, len(seccomp))
        super().__init__(len(seccomp) // 8, ctypes.addressof(self._kept))


_LIBC = ctypes.CDLL(None, use_errno=True)
