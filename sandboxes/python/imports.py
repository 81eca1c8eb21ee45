"""Prints what modules of misp_modules import from outside the standard library and misp_modules, as JSON, importing none."""
import ast
import importlib.util
import json
import os
import sys

TYPES = ("expansion", "import_mod", "export_mod", "action_mod")


def main():
    package = importlib.util.find_spec("misp_modules").submodule_search_locations[0]
    found = {name: path for folder in TYPES for name, path in modules_in(os.path.join(package, "modules", folder))}
    wanted = sys.argv[1:]
    answer = {
        "imports": {name: sorted(outside(package, found[name])) for name in wanted if name in found},
        "unknown": [name for name in wanted if name not in found],
        "known": sorted(found),
    }
    print(json.dumps(answer))


def modules_in(folder):
    for entry in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
        if entry.endswith(".py") and not entry.startswith("_"):
            yield entry[:-3], os.path.join(folder, entry)


def outside(package, path):
    """Top-level import names of a file and of everything of the package that it imports in turn."""
    names, seen, waiting = set(), set(), [path]
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        for folder, dotted in imports_of(file):
            inside = resolve(package, folder, dotted)
            if inside is not None:
                waiting.append(inside)
            elif folder is None:
                names.add(dotted.partition(".")[0])
    return {name for name in names if name not in sys.stdlib_module_names and name != "misp_modules"}


def imports_of(file):
    """(folder of a relative import or None, dotted name) of each import statement, also of those inside functions."""
    with open(file, "rb") as source:
        tree = ast.parse(source.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield None, alias.name
        elif isinstance(node, ast.ImportFrom):
            folder = os.path.dirname(file) if node.level else None
            for _ in range(node.level - 1):
                folder = os.path.dirname(folder)
            for alias in node.names:
                yield folder, ".".join(filter(None, (node.module, alias.name)))


def resolve(package, folder, dotted):
    """The file of the package that an import means, if it is one: relative, `misp_modules.x.y`, or a name in `lib`."""
    parts = dotted.split(".")
    if folder is not None:
        starts = [folder]
    elif parts[0] == "misp_modules":
        starts, parts = [package], parts[1:]
    else:
        starts = [os.path.join(package, "lib")]
    for start in starts:
        # The last part may be a name inside the file rather than a file.
        for length in (len(parts), len(parts) - 1):
            path = os.path.join(start, *parts[:length])
            for file in (path + ".py", os.path.join(path, "__init__.py")):
                if length > 0 and os.path.isfile(file):
                    return file
    return None


if __name__ == "__main__":
    main()
