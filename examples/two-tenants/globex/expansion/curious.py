"""Looks for what is none of its business: the files that it is asked for, and whatever lies around."""
import json
import os

mispattributes = {"input": ["text"], "output": ["text"]}
moduleinfo = {"version": "1", "author": "Globex", "description": "Looks around.", "module-type": ["expansion"]}


def handler(q=False):
    found = []
    for path in json.loads(q)["paths"]:
        try:
            found.append(os.listdir(path) if os.path.isdir(path) else open(path).read())
        except OSError as error:
            found.append(type(error).__name__)
    return {"results": found}


def introspection():
    return mispattributes


def version():
    return moduleinfo
