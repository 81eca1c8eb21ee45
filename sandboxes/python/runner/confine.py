"""What a process does to itself before it runs a module: descriptors, limits, and dying with its parent."""

from __future__ import annotations

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


def limit_data(more_bytes: int) -> None:
    """Let the data segment grow by `more_bytes` beyond what it is now. The soft limit only: later queries may need more.

    RLIMIT_DATA and not RLIMIT_AS: the latter counts reserved address space and kills harmless modules at import.
    """
    data = _data_bytes()
    if data is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (data + more_bytes, resource.RLIM_INFINITY))


def hold(seccomp: bytes, processes: int) -> None:
    """No more processes and threads of this account than that, and no system call that the filter refuses, for ever.

    In a user namespace of its own a cell is counted alone.
    """
    _set_limit(resource.RLIMIT_NPROC, processes)
    program = _Filter(len(seccomp) // 8, ctypes.create_string_buffer(seccomp, len(seccomp)))
    if _LIBC.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
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


def _data_bytes() -> int | None:
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


class _Filter(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = [("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p)]

    def __init__(self, length: int, instructions: ctypes.Array) -> None:
        super().__init__(length, ctypes.addressof(instructions))
        self._kept = instructions


_LIBC = ctypes.CDLL(None, use_errno=True)
