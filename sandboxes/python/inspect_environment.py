"""Prints what the runner uses where it is there, as one JSON line: versions of packages, and whether the kernel has its calls."""
import ctypes
import json
import os
import sys
from importlib import metadata

PDEATHSIG, SUBREAPER, SIGKILL = 1, 36, 9


def version(name):
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def has_prctl(option, value):
    try:
        return ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0
    except (AttributeError, OSError):
        return False


def tells_children():
    return os.path.exists("/proc/{0}/task/{0}/children".format(os.getpid()))


print(json.dumps({
    "versions": {name: version(name) for name in sys.argv[1:]},
    "parentDeathSignal": has_prctl(PDEATHSIG, SIGKILL),
    "subreaper": has_prctl(SUBREAPER, 1),
    "tellsChildren": tells_children(),
}))
