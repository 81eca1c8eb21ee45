"""Helpers that a module's functions import when they are called: they are part of its version, though importing it reads none of them."""

from __future__ import annotations

import os
import re

from .load import Sources

_WITHIN = re.compile(rb"^[ \t]+from[ \t]+\.", re.MULTILINE)


def read_later_imports(sources: Sources) -> None:
    """Read what relative imports inside of functions and conditions name, and what these files import in turn."""
    pending = list(sources.read)
    while pending:
        path = pending.pop()
        source = sources.read[path]
        if not _WITHIN.search(source):
            continue
        for file in _relative_imports(path, source):
            if file not in sources.read and os.path.isfile(file):
                sources.get(file)
                pending.append(file)


def _relative_imports(path: str, source: bytes) -> list[str]:
    """Where the files would be that the relative imports of a source are about."""
    # Costs a while to import, and few modules need it.
    import ast

    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return []
    files = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or node.level == 0:
            continue
        base = path
        for _ in range(node.level):
            base = os.path.dirname(base)
        base = os.path.join(base, *(node.module or "").split("."))
        for stem in [base, *(os.path.join(base, name.name) for name in node.names)]:
            files += [f"{stem}.py", os.path.join(stem, "__init__.py")]
    return files
