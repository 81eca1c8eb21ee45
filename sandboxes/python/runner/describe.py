"""What a loaded module says about itself, and why one did not load."""

from __future__ import annotations

import builtins
import contextlib
import os
import sys
import sysconfig
import traceback
import types
from collections.abc import Iterator

from .serialise import dumps

_TYPE_WORDS = {"expansion": "expansion", "import_mod": "import", "export_mod": "export", "action_mod": "action"}


def describe(module: types.ModuleType, message: dict, imported: set[str]) -> tuple[dict, bytes]:
    """Header fields and payload of a `described` frame. The payload is the module's entry in `GET /modules`.

    Clients index `meta.author`, `.description` and `.module-type` without a default, so these are always there.
    """
    attributes = module.introspection()
    meta = module.version()
    meta = dict(meta) if isinstance(meta, dict) else {}
    meta.setdefault("author", "")
    meta.setdefault("description", "")
    meta.setdefault("module-type", [_TYPE_WORDS[message["module_type"]]])
    entry = {"name": message["name"], "type": message["module_type"], "mispattributes": attributes, "meta": meta}
    return {"heavy": "pymisp" in imported, "files": own_files()}, dumps(entry, with_default=False)


@contextlib.contextmanager
def noted_imports() -> Iterator[set[str]]:
    """The top-level packages that import statements name meanwhile. sys.modules cannot tell: it holds what was preloaded."""
    original = builtins.__import__
    names: set[str] = set()

    def noting(name: str, *args: object, **kwargs: object) -> types.ModuleType:
        names.add(name.partition(".")[0])
        return original(name, *args, **kwargs)

    builtins.__import__ = noting
    try:
        yield names
    finally:
        builtins.__import__ = original


def own_files() -> list[str]:
    """Source files that were imported from outside the interpreter, its packages and this runner."""
    outside = {os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix), os.path.realpath(os.path.dirname(__file__))}
    outside |= {os.path.realpath(path) for path in sysconfig.get_paths().values()}
    files = set()
    for loaded in list(sys.modules.values()):
        file = getattr(loaded, "__file__", None)
        if isinstance(file, str) and os.path.isabs(file):
            real = os.path.realpath(file)
            if not any(real.startswith(os.path.join(folder, "")) for folder in outside):
                files.add(file)
    return sorted(files)


def failure(error: BaseException, file: str | None) -> dict:
    """Fields of a `failed` frame: the exception in one line, where in the author's file, and the package that is missing."""
    at_file, line = _place(error, file)
    lines = str(error).splitlines() or [""]
    fields = {
        "error": f"{type(error).__name__}: {lines[0]}".rstrip(": "),
        "trace": "".join(traceback.format_exception(type(error), error, error.__traceback__))[-20000:],
    }
    if at_file is not None:
        fields["file"] = at_file
        fields["line"] = line
    if isinstance(error, ModuleNotFoundError) and error.name:
        fields["missing"] = error.name
    return fields


def _place(error: BaseException, file: str | None) -> tuple[str | None, int | None]:
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 1
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if file is not None and os.path.realpath(frame.filename) == os.path.realpath(file):
            return file, frame.lineno
    return None, None
