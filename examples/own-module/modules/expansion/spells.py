"""The name of a module is the name of its file: {"module": "spells", "text": "misp"}."""

import json

from ._spelling import spell

moduleinfo = {
    "version": "1",
    "author": "you",
    "description": "Spells a text aloud",
    "module-type": ["expansion", "hover"],
}
# What MISP asks an administrator for and sends with each query as `config`.
moduleconfig = ["separator"]


def handler(q=False):
    request = json.loads(q)
    if not request.get("text"):
        return {"error": "a text is required"}
    separator = (request.get("config") or {}).get("separator") or " "
    return {"results": [{"types": ["text"], "values": [separator.join(spell(request["text"]).split())]}]}


def introspection():
    return {"input": ["text"], "output": ["text"]}


def version():
    moduleinfo["config"] = moduleconfig
    return moduleinfo
