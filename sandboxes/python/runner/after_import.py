"""Changes to modules of others, made when somebody imports them and not before: most queries need none of these."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from typing import Any


def after_import(name: str, change: Any) -> None:
    """Calls `change` with a module when it has been imported: now, where it is."""
    if name in sys.modules:
        change(sys.modules[name])
    else:
        sys.meta_path.insert(0, _AfterImport(name, change))


class _AfterImport:
    """Calls `change` with one module as soon as it has been imported, and is then gone."""

    def __init__(self, name: str, change: Any) -> None:
        self._name = name
        self._change = change

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            self._change(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
