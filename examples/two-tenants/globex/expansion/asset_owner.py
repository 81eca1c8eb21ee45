import json

mispattributes = {"input": ["hostname"], "output": ["text"]}
moduleinfo = {"version": "1", "author": "Globex", "description": "Who is responsible for a machine of Globex.", "module-type": ["expansion"]}
OWNERS = {"web1.globex.example": "Hank Scorpio"}


def handler(q=False):
    owner = OWNERS.get(json.loads(q).get("hostname"), "nobody that Globex knows")
    return {"results": [{"types": ["text"], "values": [owner]}]}


def introspection():
    return mispattributes


def version():
    return moduleinfo
