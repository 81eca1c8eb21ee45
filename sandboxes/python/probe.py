"""Prints what the interpreter it runs on is and has, as one JSON line. Has to run on interpreters too old for the rest."""
import json
import os
import sys


def probe():
    return {
        "version": ".".join(str(part) for part in sys.version_info[:3]),
        "executable": sys.executable,
        "base": getattr(sys, "_base_executable", "") or sys.executable,
        "folders": package_folders(),
        "lacks": [name for name in ("venv", "ensurepip") if not importable(name)],
        "misp_modules": misp_modules(),
    }


def package_folders():
    """The folders on sys.path that packages are installed in."""
    import sysconfig

    own = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    own |= {os.path.join(folder, "lib-dynload") for folder in own if folder}
    return [folder for folder in sys.path if os.path.isdir(folder) and folder not in own]


def importable(name):
    try:
        __import__(name)
        return True
    except ImportError:
        return False


def misp_modules():
    try:
        package = __import__("misp_modules")
        folder = list(package.__path__)[0]
    except BaseException as error:
        return {"error": "{}: {}".format(type(error).__name__, error)}
    try:
        from importlib import metadata

        return {"version": metadata.version("misp-modules"), "folder": folder}
    except Exception:
        return {"version": "unknown", "folder": folder}


if __name__ == "__main__":
    # Whatever an imported package prints must not become part of the answer.
    answer = os.dup(1)
    os.dup2(2, 1)
    os.write(answer, json.dumps(probe()).encode())
