"""Lets a workflow go on only for events whose title has a word in it."""

import json

moduleconfig = {
    # What the author of a workflow fills in.
    "params": {
        "word": {"type": "string", "description": "The word that the title of the event must have", "value": "malware"},
    },
    # An error stops the workflow.
    "blocking": True,
    "support_filters": False,
    # "data" is the event in MISP's own form.
    "expect_misp_core_format": True,
}

moduleinfo = {
    "name": "Example module",
    "version": "0.1",
    "author": "your name",
    "description": "Lets a workflow go on only for events whose title has a word in it.",
    "module-type": ["action"],
    "requirements": [],
    "references": [],
}


def handler(q=False):
    request = json.loads(q)
    word = (request.get("params") or {}).get("word") or ""
    title = ((request.get("data") or {}).get("Event") or {}).get("info")
    if not isinstance(title, str):
        return {"error": "Expected an event with a title."}
    if word.lower() not in title.lower():
        return {"error": f'"{word}" is not in the title "{title}".'}
    return {"data": True}


def introspection():
    return {"config": moduleconfig}


def version():
    return {**moduleinfo, "config": moduleconfig}
