import json

mispattributes = {"input": ["hostname"], "output": ["text"]}
moduleinfo = {"version": "1", "author": "ACME", "description": "Who is responsible for a machine of ACME.", "module-type": ["expansion"]}
OWNERS = {"web1.acme.example": "the web team"}


def handler(q=False):
    owner = OWNERS.get(json.loads(q).get("hostname"), "nobody that ACME knows")
    return {"results": [{"types": ["text"], "values": [owner]}]}


def introspection():
    return mispattributes


def version():
    return moduleinfo
