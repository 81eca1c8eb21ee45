"""What a loaded module says about itself, and why one did not load."""

from __future__ import annotations

import builtins
import os
import sys
import sysconfig
import traceback
import types

from .serialise import dumps

_TYPE_WORDS = {"expansion": "expansion", "import_mod": "import", "export_mod": "export", "action_mod": "action"}


def describe(module: types.ModuleType, message: dict, imported: Imports) -> tuple[dict, bytes]:
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
    return {"heavy": "pymisp" in imported.packages, "files": own_files(imported.modules)}, dumps(entry, with_default=False)


class Imports:
    """What was imported while this was entered, by asking the import statement itself: sys.modules holds what was preloaded."""

    def __init__(self) -> None:
        self.packages: set[str] = set()
        self._before: set[str] = set()

    def __enter__(self) -> Imports:
        self._before = set(sys.modules)
        self._import = builtins.__import__
        builtins.__import__ = self._note
        return self

    def __exit__(self, *_: object) -> None:
        builtins.__import__ = self._import

    @property
    def modules(self) -> list[types.ModuleType]:
        return [module for name, module in list(sys.modules.items()) if name not in self._before]

    def _note(self, name: str, *args: object, **kwargs: object) -> types.ModuleType:
        self.packages.add(name.partition(".")[0])
        return self._import(name, *args, **kwargs)


def own_files(modules: list[types.ModuleType]) -> list[str]:
    """Source files of these modules that lie outside the interpreter, its packages and this runner."""
    folders = {sys.prefix, sys.base_prefix, os.path.dirname(__file__), *sysconfig.get_paths().values()}
    outside = tuple(os.path.join(folder, "") for folder in folders | set(map(os.path.realpath, folders)))
    files = set()
    for loaded in modules:
        file = getattr(loaded, "__file__", None)
        if isinstance(file, str) and os.path.isabs(file) and not file.startswith(outside):
            if not os.path.realpath(file).startswith(outside):
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
