"""Become a module: import it as upstream would, without what upstream's way of importing breaks.

Built-in modules keep their package identity (`misp_modules.modules.<type>.<name>`). A custom module lives in a package of
its own whose search path is the module's folder and then upstream's folder of that type: `from . import _helper`, a copied
upstream module and a `dns.py` that imports the dns package all work.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import os
import sys
import types

_UPSTREAM = "misp_modules.modules"


def load(message: dict) -> types.ModuleType:
    """Import the module that a `load` message names. Raises whatever its import raises."""
    promote_lib()
    if message.get("root") is None:
        return importlib.import_module(f"{_UPSTREAM}.{message['module_type']}.{message['name']}")
    return _load_custom(message["root"], message["file"], message["module_type"])


def promote_lib() -> None:
    """Upstream's `lib` folder at the end of sys.path, where its modules expect joe_parser and the like."""
    package = importlib.util.find_spec("misp_modules")
    if package is None or not package.submodule_search_locations:
        return
    lib = os.path.join(package.submodule_search_locations[0], "lib")
    if lib not in sys.path:
        sys.path.append(lib)


def _load_custom(root: str, file: str, module_type: str) -> types.ModuleType:
    sys.path_hooks.insert(0, _fresh_source_hook(root))
    # Forget what is known of the root only: whatever else is cached is shared with the fork server as long as nobody touches it.
    for path in [path for path in sys.path_importer_cache if path == root or path.startswith(os.path.join(root, ""))]:
        del sys.path_importer_cache[path]
    folder = os.path.dirname(file)
    package = _package(folder, module_type)
    stem = os.path.splitext(os.path.basename(file))[0]
    # A dot or dash in the file's name must not be taken for a sub-package.
    name = f"{package.__name__}.{stem if stem.isidentifier() else '_module'}"
    loader = _FreshSourceLoader(name, file)
    spec = importlib.util.spec_from_file_location(name, file, loader=loader)
    if spec is None:
        raise ImportError(f"not a Python source file: {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _package(folder: str, module_type: str) -> types.ModuleType:
    digest = hashlib.sha256(folder.encode()).hexdigest()[:12]
    package = types.ModuleType(f"misp_module_host_custom_{digest}")
    package.__path__ = [folder]
    try:
        upstream = importlib.util.find_spec(f"{_UPSTREAM}.{module_type}")
    except ImportError:
        upstream = None
    if upstream is not None and upstream.submodule_search_locations:
        package.__path__.append(upstream.submodule_search_locations[0])

        def attribute(name: str) -> object:
            # `from . import check_input_attribute`: what upstream's own package offers beside its modules.
            if name.startswith("__"):
                raise AttributeError(name)
            return getattr(importlib.import_module(f"{_UPSTREAM}.{module_type}"), name)

        package.__getattr__ = attribute
    sys.modules[package.__name__] = package
    return package


class _FreshSourceLoader(importlib.machinery.SourceFileLoader):
    """Compiles from source each time. A `.pyc` is matched by whole seconds and size: two quick saves look the same to it."""

    def get_code(self, fullname: str) -> types.CodeType:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _fresh_source_hook(root: str):
    """A path hook for everything below a custom root, so that its helpers are compiled from source as well."""
    prefix = os.path.join(root, "")

    def hook(path: str):
        if path != root and not path.startswith(prefix):
            raise ImportError(f"{path} is not below {root}")
        return importlib.machinery.FileFinder(
            path,
            (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
            (_FreshSourceLoader, importlib.machinery.SOURCE_SUFFIXES),
        )

    return hook
