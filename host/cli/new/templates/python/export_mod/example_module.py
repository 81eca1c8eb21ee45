"""Exports the attributes of events as CSV: type, value, comment."""

import base64
import csv
import io
import json

# What MISP calls the file that it offers, and what it says that it is.
mispattributes = {"responseType": "text/csv", "outputFileExtension": "csv"}

moduleinfo = {
    "name": "Example module",
    "version": "0.1",
    "author": "your name",
    "description": "Exports the attributes of events as CSV: type, value, comment.",
    "module-type": ["export"],
    "requirements": [],
    "references": [],
}

moduleconfig = []


def handler(q=False):
    request = json.loads(q)
    written = io.StringIO()
    lines = csv.writer(written)
    lines.writerow(["type", "value", "comment"])
    for event in request.get("data") or []:
        # MISP hands over the parts of an event beside it, newer ones inside it.
        attributes = event.get("Attribute") or event.get("Event", {}).get("Attribute") or []
        lines.writerows([each["type"], each["value"], each.get("comment", "")] for each in attributes)
    return {"response": [], "data": base64.b64encode(written.getvalue().encode()).decode()}


def introspection():
    return mispattributes


def version():
    return {**moduleinfo, "config": moduleconfig}
