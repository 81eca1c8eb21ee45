"""Become a module: import it as upstream would, without what upstream's way of importing breaks.

Built-in modules keep their package identity (`misp_modules.modules.<type>.<name>`). A custom module lives in a package of
its own whose search path is the module's folder and then upstream's folder of that type: `from . import _helper`, a copied
upstream module and a `dns.py` that imports the dns package all work.
"""

from __future__ import annotations

import base64
import functools
import importlib
import importlib.machinery
import importlib.util
import json
import linecache
import os
import sys
import sysconfig
import types
import zlib

PACKAGE_PREFIX = "misp_module_host_custom_"
_UPSTREAM = "misp_modules.modules"


class Sources:
    """Where the source of a custom module and its helpers comes from.

    A runner that describes reads files, and remembers what it read. The runners of that version get these bytes as their content, so
    that they become this version whatever was saved since.
    """

    def __init__(self, content: bytes) -> None:
        self._content: dict[str, str] = json.loads(content) if content else {}
        self._folders = {folder for path in self._content for folder in _folders_above(path)}
        self.read: dict[str, bytes] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._content

    def has_folder(self, path: str) -> bool:
        """Whether there is something to find in it that may not be on disk any more."""
        return path in self._folders

    def get(self, path: str) -> bytes:
        """The source of a file. Raises OSError."""
        known = self._content.get(path)
        if known is not None:
            return base64.b64decode(known)
        with open(path, "rb") as file:
            source = file.read()
        self.read[path] = source
        return source


def _folders_above(path: str) -> list[str]:
    folder = os.path.dirname(path)
    return [folder] if os.path.dirname(folder) == folder else [folder, *_folders_above(folder)]


def load(message: dict, sources: Sources) -> types.ModuleType:
    """Import the module that a `load` message names. Raises whatever its import raises."""
    promote_lib()
    if message.get("root") is None:
        return importlib.import_module(f"{_UPSTREAM}.{message['module_type']}.{message['name']}")
    return _load_custom(message, sources)


@functools.cache
def installed_folders() -> tuple[str, ...]:
    """The folders of the interpreter, its packages and this runner, as prefixes."""
    folders = {sys.prefix, sys.base_prefix, os.path.dirname(__file__), *sysconfig.get_paths().values()}
    return tuple(os.path.join(folder, "") for folder in folders | set(map(os.path.realpath, folders)))


def promote_lib() -> None:
    """Upstream's `lib` folder at the end of sys.path, where its modules expect joe_parser and the like."""
    lib = _upstream_folder("lib")
    if lib is not None and lib not in sys.path:
        sys.path.append(lib)


def _upstream_folder(*names: str) -> str | None:
    """A folder in upstream's package. Found without importing that, which takes longer than most modules."""
    package = importlib.util.find_spec("misp_modules")
    if package is None or not package.submodule_search_locations:
        return None
    return os.path.join(package.submodule_search_locations[0], *names)


def _load_custom(message: dict, sources: Sources) -> types.ModuleType:
    root, file, module_type = message["root"], message["file"], message["module_type"]
    sys.path_hooks.insert(0, _fresh_source_hook(root, sources))
    # Forget what is known of the root only: whatever else is cached is shared with the fork server as long as nobody touches it.
    for path in [path for path in sys.path_importer_cache if path == root or path.startswith(os.path.join(root, ""))]:
        del sys.path_importer_cache[path]
    folder = os.path.dirname(file)
    package = _package(folder, module_type)
    stem = os.path.splitext(os.path.basename(file))[0]
    # A dot or dash in the file's name must not be taken for a sub-package.
    name = f"{package.__name__}.{stem if stem.isidentifier() else '_module'}"
    loader = _loader(sources)(name, file)
    spec = importlib.util.spec_from_file_location(name, file, loader=loader)
    if spec is None:
        raise ImportError(f"not a Python source file: {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _package(folder: str, module_type: str) -> types.ModuleType:
    # A process is one module: it need only be nobody else's name.
    package = types.ModuleType(f"{PACKAGE_PREFIX}{zlib.crc32(folder.encode()):08x}")
    package.__path__ = [folder]
    upstream = _upstream_folder("modules", module_type)
    if upstream is not None and os.path.isdir(upstream):
        package.__path__.append(upstream)

        def attribute(name: str) -> object:
            # `from . import check_input_attribute`: what upstream's own package offers beside its modules.
            if name.startswith("__"):
                raise AttributeError(name)
            return getattr(importlib.import_module(f"{_UPSTREAM}.{module_type}"), name)

        package.__getattr__ = attribute
    sys.modules[package.__name__] = package
    return package


def _loader(sources: Sources) -> type[importlib.machinery.SourceFileLoader]:
    class FreshSourceLoader(importlib.machinery.SourceFileLoader):
        """Compiles from source each time. A `.pyc` is matched by whole seconds and size: two quick saves look the same to it."""

        def get_data(self, path: str) -> bytes:
            return sources.get(path) if path == self.path else super().get_data(path)

        def get_code(self, fullname: str) -> types.CodeType:
            path = self.get_filename(fullname)
            source = self.get_data(path)
            if path in sources:
                # For tracebacks: the file may show another version by now. Without a time of change nobody compares it.
                linecache.cache[path] = (len(source), None, source.decode("utf-8", "replace").splitlines(True), path)
            return self.source_to_code(source, path)

    return FreshSourceLoader


def _fresh_source_hook(root: str, sources: Sources):
    """A path hook for what is not installed, so that helpers are compiled from source as well."""
    prefix = os.path.join(root, "")
    installed = tuple(folder for folder in installed_folders() if not prefix.startswith(folder))
    loader = _loader(sources)

    class Finder(importlib.machinery.FileFinder):
        """Finds what the content has before it looks at the disk."""

        def find_spec(self, fullname: str, target: object = None) -> importlib.machinery.ModuleSpec | None:
            base = os.path.join(self.path, fullname.rpartition(".")[2])
            package = os.path.join(base, "__init__.py")
            if package in sources:
                return importlib.util.spec_from_file_location(fullname, package, loader=loader(fullname, package), submodule_search_locations=[base])
            if f"{base}.py" in sources:
                return importlib.util.spec_from_file_location(fullname, f"{base}.py", loader=loader(fullname, f"{base}.py"))
            if sources.has_folder(base):
                # A folder without __init__.py.
                spec = importlib.machinery.ModuleSpec(fullname, None, is_package=True)
                spec.submodule_search_locations = [base]
                return spec
            return super().find_spec(fullname, target)

    def hook(path: str):
        if not sources.has_folder(path) and (os.path.join(path, "").startswith(installed) or not os.path.isdir(path)):
            raise ImportError(f"{path} is no folder outside of the installed packages")
        return Finder(
            path,
            (importlib.machinery.ExtensionFileLoader, importlib.machinery.EXTENSION_SUFFIXES),
            (loader, importlib.machinery.SOURCE_SUFFIXES),
        )

    return hook
