"""What a loaded module says about itself, and why one did not load."""

from __future__ import annotations

import builtins
import hashlib
import json
import os
import sys
import traceback
import types

from .later import read_later_imports
from .load import PACKAGE_PREFIX, Sources, installed_folders
from .serialise import dumps

# Everything is in every listing. The host takes no more before the first query.
_LONGEST = 1 << 20
_ERROR_CHARACTERS = 1000
# What takes so long to import that a fork server does it for whoever needs one of them.
_COSTLY = {"bs4", "dns", "http", "lxml", "misp_modules", "pymisp", "requests", "ssl", "urllib.request", "urllib3"}
_TRACE_BYTES = 20_000
_TYPE_WORDS = {"expansion": "expansion", "import_mod": "import", "export_mod": "export", "action_mod": "action"}


def describe(module: types.ModuleType, message: dict, imported: Imports, sources: Sources) -> tuple[dict, bytes]:
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
    payload = dumps(entry, with_default=False)
    if len(payload) > _LONGEST:
        raise ValueError(f"introspection and version are {len(payload)} bytes as JSON, at most {_LONGEST} may be")
    read_later_imports(sources)
    fields = {"heavy": "pymisp" in imported.names, "lean": imported.names.isdisjoint(_COSTLY)}
    return {**fields, "files": own_files(imported.modules, sources.read)}, payload


class Imports:
    """What was imported while this was entered, by asking the import statement itself: sys.modules holds what was preloaded."""

    def __init__(self) -> None:
        self.names: set[str] = set()
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

    def _note(self, name: str, globals: object = None, locals: object = None, fromlist: tuple = (), level: int = 0) -> types.ModuleType:
        if level == 0:
            self.names |= {name.partition(".")[0], name, *(f"{name}.{each}" for each in fromlist or ())}
        return self._import(name, globals, locals, fromlist, level)


def own_files(modules: list[types.ModuleType], read: dict[str, bytes]) -> list[dict]:
    """Source files, each with its digest, of these modules that lie outside the interpreter, its packages and this runner.

    `read` is what was read of them; they may have been saved again since.
    """
    outside = installed_folders()
    files = set()
    for loaded in modules:
        file = getattr(loaded, "__file__", None)
        if isinstance(file, str) and os.path.isabs(file) and not file.startswith(outside):
            if not os.path.realpath(file).startswith(outside):
                files.add(file)
    return [{"path": file, "sha256": _digest(read[file] if file in read else _bytes(file))} for file in sorted(files | set(read))]


def _digest(source: bytes) -> str:
    return hashlib.sha256(source).hexdigest()


def _bytes(file: str) -> bytes:
    with open(file, "rb") as opened:
        return opened.read()


def failure(error: BaseException, file: str | None) -> dict:
    """Fields of a `failed` frame: the exception in one line, where in the author's file, and the package that is missing."""
    at_file, line = _place(error, file)
    fields = {"error": f"{type(error).__name__}: {_first_line(error)}"[:_ERROR_CHARACTERS].rstrip(": "), "trace": _trace(error)}
    if at_file is not None:
        fields["file"] = at_file
        fields["line"] = line
    # What it expects beside it is no package that could be installed.
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith(PACKAGE_PREFIX):
        fields["missing"] = error.name[:_ERROR_CHARACTERS]
    return fields


def _first_line(error: BaseException) -> str:
    try:
        return (str(error).splitlines() or [""])[0]
    except BaseException as second:  # noqa: BLE001 - an exception whose own text raises
        return f"{type(second).__name__} instead of its text"


def _trace(error: BaseException) -> str:
    try:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    except BaseException as second:  # noqa: BLE001 - as above
        return f"{type(second).__name__} instead of a traceback"
    # Its end says most. What is not ASCII takes up to twelve bytes in a header, which is bounded.
    while len(json.dumps(text)) > _TRACE_BYTES:
        text = text[len(text) // 4 + 1 :]
    return text


def _place(error: BaseException, file: str | None) -> tuple[str | None, int | None]:
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 1
    frames = traceback.extract_tb(error.__traceback__)
    for frame in reversed(frames):
        if file is not None and os.path.realpath(frame.filename) == os.path.realpath(file):
            return file, frame.lineno
    return None, None
