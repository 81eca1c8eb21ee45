"""Writes small wheels into a folder: make_wheels.py FOLDER JSON, a list of {name, version, requires, files, scripts}."""
import base64
import hashlib
import json
import os
import sys
import zipfile


def write_wheel(folder, name, version, requires=(), files=None, scripts=None):
    base = f"{name.replace('-', '_')}-{version}"
    metadata = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}", *(f"Requires-Dist: {line}" for line in requires)]
    entries = {
        **(files or {f"{name.replace('-', '_')}.py": ""}),
        **{f"{base}.data/scripts/{script}": text for script, text in (scripts or {}).items()},
        f"{base}.dist-info/METADATA": "\n".join(metadata) + "\nProvides-Extra: all\n",
        f"{base}.dist-info/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = [f"{path},{digest(text)},{len(text.encode())}" for path, text in entries.items()]
    record.append(f"{base}.dist-info/RECORD,,")
    with zipfile.ZipFile(os.path.join(folder, f"{base}-py3-none-any.whl"), "w") as wheel:
        for path, text in entries.items():
            entry = zipfile.ZipInfo(path)
            entry.external_attr = (0o100755 if "/scripts/" in path else 0o100644) << 16
            wheel.writestr(entry, text)
        wheel.writestr(f"{base}.dist-info/RECORD", "\n".join(record) + "\n")
    with open(os.path.join(folder, f"{base}-py3-none-any.whl.metadata"), "w") as beside:
        beside.write(entries[f"{base}.dist-info/METADATA"])


def digest(text):
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


if __name__ == "__main__":
    os.makedirs(sys.argv[1], exist_ok=True)
    for wheel in json.loads(sys.argv[2]):
        write_wheel(sys.argv[1], **wheel)
