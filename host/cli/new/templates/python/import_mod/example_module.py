"""Imports a list of IP addresses and names, one a line."""

import base64
import ipaddress
import json

# MISP offers a file to choose and a field to paste into, and asks these fields for each import.
mispattributes = {
    "inputSource": ["file", "paste"],
    "output": ["ip-dst", "domain"],
    "userConfig": {
        "comment": {"type": "String", "message": "A comment for each attribute"},
        "for_ids": {"type": "Boolean", "message": "Whether the attributes are for detection", "checked": True},
    },
}

moduleinfo = {
    "name": "Example module",
    "version": "0.1",
    "author": "your name",
    "description": "Imports a list of IP addresses and names, one a line.",
    "module-type": ["import"],
    "requirements": [],
    "references": [],
}

moduleconfig = []


def handler(q=False):
    request = json.loads(q)
    try:
        text = base64.b64decode(request.get("data") or "").decode()
    except ValueError:
        return {"error": "Expected a file of text in UTF-8.", "results": []}
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    if not lines:
        return {"error": "Expected a line for each address or name, found none.", "results": []}
    answers = request.get("config") or {}
    # MISP sends what was ticked as "1" or "0".
    about = {"comment": answers.get("comment") or "", "to_ids": answers.get("for_ids") == "1"}
    addresses = [line for line in lines if is_address(line)]
    names = [line for line in lines if not is_address(line)]
    found = [{"types": ["ip-dst"], "values": addresses, **about}, {"types": ["domain"], "values": names, **about}]
    return {"results": [each for each in found if each["values"]]}


def is_address(line):
    try:
        ipaddress.ip_address(line)
        return True
    except ValueError:
        return False


def introspection():
    return mispattributes


def version():
    return {**moduleinfo, "config": moduleconfig}
