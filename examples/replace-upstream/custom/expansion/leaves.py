"""Ends its process when it is asked to, as a module with a stray sys.exit() does."""

import json
import sys

moduleinfo = {"version": "1", "author": "an operator", "description": "Upper case", "module-type": ["expansion"]}


def handler(q=False):
    request = json.loads(q)
    if request["text"] == "leave":
        sys.exit(3)
    return {"results": [{"types": ["text"], "values": [request["text"].upper()]}]}


def introspection():
    return {"input": ["text"], "output": ["text"]}


def version():
    return moduleinfo
