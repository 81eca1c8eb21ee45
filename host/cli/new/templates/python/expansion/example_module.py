"""Says what the parts of a name are."""

import json

# The types of attributes that it can be asked about, and those that it answers with.
mispattributes = {"input": ["domain", "hostname"], "output": ["text"]}

moduleinfo = {
    "name": "Example module",
    "version": "0.1",
    "author": "your name",
    "description": "Says what the parts of a name are.",
    # Where MISP offers it: as an enrichment, and when the mouse is over a value.
    "module-type": ["expansion", "hover"],
    "requirements": [],
    "references": [],
}

# Settings that an administrator of MISP fills in; a query has None for those that are not set.
moduleconfig = ["separator"]


def handler(q=False):
    request = json.loads(q)
    value = request.get("hostname") or request.get("domain") or ""
    parts = [part for part in value.split(".") if part]
    if len(parts) < 2:
        # MISP shows the error; it gives up a whole event where there are no results, not even an empty list.
        return {"error": f'Expected a name with a dot in it, found "{value}".', "results": []}
    separator = (request.get("config") or {}).get("separator") or ", "
    print(f"{len(parts)} parts")  # goes to the log of this query
    return {
        "results": [
            {"types": ["text"], "values": [separator.join(parts)], "comment": f"Parts of {value}"},
            {"types": ["text"], "values": [parts[-1]], "comment": "Top level"},
        ]
    }


def introspection():
    return mispattributes


def version():
    return {**moduleinfo, "config": moduleconfig}
