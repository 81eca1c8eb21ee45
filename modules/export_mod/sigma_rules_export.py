"""Sigma rules: one for each kind of indicator in the events."""

import base64
import json
import uuid
from datetime import datetime, timezone

# For each kind of rule: its log source, and the fields that each attribute type is compared with. A compound type is in two parts.
RULES = {
    "DNS queries": ({"category": "dns_query"}, {"domain": ["QueryName", "QueryName|endswith"], "hostname": ["QueryName"]}),
    "network connections": (
        {"category": "network_connection"},
        {"ip-dst": ["DestinationIp"], "ip-src": ["SourceIp"], "hostname": ["DestinationHostname"]},
    ),
    "requests through a proxy": ({"category": "proxy"}, {"url": ["c-uri|contains"], "user-agent": ["c-useragent"]}),
    "processes with known files": (
        {"category": "process_creation", "product": "windows"},
        {kind: ["Hashes|contains"] for kind in ("md5", "sha1", "sha256", "imphash")},
    ),
    "changes of the registry": ({"category": "registry_event", "product": "windows"}, {"regkey": ["TargetObject|contains"]}),
}

# How Windows' process log writes a hash: its name and the value.
HASHES = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "imphash": "IMPHASH"}

LEVELS = ["informational", "low", "medium", "high", "critical"]

# Uuids of rules follow from the events, so that an export made again replaces the rules of the last one.
NAMESPACE = uuid.UUID("5a5aee7c-4e3c-4b0e-9c46-2c4dfd3a3f0d")

moduleconfig = ["level", "all"]

mispattributes = {"responseType": "application/yaml", "outputFileExtension": "yml"}

moduleinfo = {
    "version": "1.0",
    "author": "misp-module-host",
    "description": "Sigma rules that find the indicators of events in logs: DNS, connections, proxies, processes and the registry.",
    "module-type": ["export"],
    "name": "Sigma rules export",
    "logo": "",
    "requirements": [],
    "features": (
        "One rule for each kind of log, in one YAML file. Only attributes that are marked for detection are taken, unless the setting all is"
        f" true. The setting level is one of {', '.join(LEVELS)}; high where it is empty."
    ),
    "references": ["https://sigmahq.io/docs/basics/rules.html"],
    "input": "Events with domains, hostnames, addresses, URLs, user agents, hashes and registry keys, in objects too.",
    "output": "Sigma rules in YAML.",
}


def handler(q=False):
    query = json.loads(q)
    config = query.get("config") or {}
    events = query.get("data")
    if not isinstance(events, list):
        return {"error": f'This module exports the events in "data", a list; it is {type(events).__name__}.'}
    level = (config.get("level") or "high").strip().lower()
    if level not in LEVELS:
        return {"error": f"The setting level should be one of {', '.join(LEVELS)}, and is {level!r}."}
    take_all = str(config.get("all") or "").strip().lower() == "true"
    attributes = [attribute for attribute in attributes_of(events) if take_all or marked(attribute)]
    rules = [rule for kind in RULES if (rule := rule_for(kind, attributes, events, level))]
    text = "---\n".join(rules) if rules else "# No attribute of these events can be looked for in logs.\n"
    return {"response": [], "data": base64.b64encode(text.encode()).decode()}


def attributes_of(events):
    """Those of the events and of their objects, wherever MISP has put them."""
    for event in events:
        if not isinstance(event, dict):
            continue
        for holder in (event, event.get("Event")):
            if not isinstance(holder, dict):
                continue
            lists = [holder.get("Attribute")]
            lists += [each.get("Attribute") for each in holder.get("Object") or [] if isinstance(each, dict)]
            for attribute in (attribute for each in lists for attribute in each or []):
                if isinstance(attribute, dict) and isinstance(attribute.get("value"), str):
                    yield attribute


def marked(attribute):
    return attribute.get("to_ids") in (True, 1, "1", "true")


def rule_for(kind, attributes, events, level):
    source, fields = RULES[kind]
    values = {}
    for attribute in attributes:
        for part, value in parts_of(attribute):
            for field in fields.get(part, []):
                values.setdefault(field, set()).add(compared(part, field, value))
    if not values:
        return None
    titles = titles_of(events)
    selections = {field.lower().replace("-", "_").replace("|", "_"): field for field in sorted(values)}
    lines = [
        f"title: {scalar(f'MISP: {kind} of {titles[0]}'[:250])}",
        f"id: {uuid.uuid5(NAMESPACE, json.dumps([kind, uuids_of(events)]))}",
        "status: experimental",
        f"description: {scalar('Indicators of ' + ', '.join(titles))}",
        "author: MISP",
        f"date: {datetime.now(timezone.utc):%Y-%m-%d}",
        "logsource:",
        *(f"    {key}: {value}" for key, value in source.items()),
        "detection:",
    ]
    for name, field in selections.items():
        lines += [f"    {name}:", f"        {scalar(field) if field.startswith('c-') else field}:"]
        lines += [f"            - {scalar(value)}" for value in sorted(values[field])]
    lines += ["    condition: " + " or ".join(selections), "falsepositives:", "    - Unknown", f"level: {level}"]
    return "\n".join(lines) + "\n"


def parts_of(attribute):
    """`filename|sha256` has two values; only types and values that are both in two parts are taken apart."""
    kinds, values = str(attribute.get("type")).split("|"), attribute["value"].split("|")
    return zip(kinds, values) if len(kinds) == len(values) else [(str(attribute.get("type")), attribute["value"])]


def compared(kind, field, value):
    # In Sigma * and ? stand for anything, and a backslash takes that away from them.
    value = value.strip().replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")
    if kind in HASHES:
        return f"{HASHES[kind]}={value.upper()}"
    return f".{value}" if field.endswith("|endswith") else value


def titles_of(events):
    inner = [event.get("Event") if isinstance(event.get("Event"), dict) else event for event in events if isinstance(event, dict)]
    return [str(event["info"]) for event in inner if event.get("info")] or ["an event"]


def uuids_of(events):
    inner = [event.get("Event") if isinstance(event.get("Event"), dict) else event for event in events if isinstance(event, dict)]
    return sorted(str(event.get("uuid")) for event in inner)


def scalar(text):
    """A JSON string is a YAML string, whatever is in it."""
    return json.dumps(text, ensure_ascii=False)


def introspection():
    return mispattributes


def version():
    moduleinfo["config"] = moduleconfig
    return moduleinfo
