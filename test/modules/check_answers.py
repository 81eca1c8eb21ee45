"""Reads modules with their answers from stdin, and prints what pymisp and its object templates have against them, one line each."""

import base64
import json
import sys
from pathlib import Path

import pymisp
from pymisp import MISPEvent

TEMPLATES = Path(pymisp.__file__).parent / "data" / "misp-objects" / "objects"
# Made by pymisp from the list of types and categories that it comes with.
DESCRIBED = MISPEvent().describe_types


def main():
    for module in json.load(sys.stdin):
        for complaint in complaints(module):
            print(f"{module['path']}: {complaint}")


def complaints(module):
    attributes, kind = module["introspection"], module["type"]
    for direction in ("input", "output"):
        for type_ in attributes.get(direction) or []:
            if type_ not in DESCRIBED["types"]:
                yield f"{direction} {type_!r} is no attribute type"
    for answer in module["answers"]:
        if kind in ("expansion", "import_mod") and not answer.get("error"):
            standard = attributes.get("format") == "misp_standard"
            yield from (of_standard if standard else of_simple)(answer["results"], attributes.get("output"))
        if kind == "export_mod" and not answer.get("error"):
            base64.b64decode(answer["data"], validate=True)


def of_simple(results, output):
    for result in results:
        for type_ in result["types"]:
            if type_ not in DESCRIBED["types"]:
                yield f"answers {type_!r}, which is no attribute type"
            if output is not None and type_ not in output:
                yield f"answers {type_!r}, and declares {output}"
            for value in result["values"]:
                attribute = MISPEvent().add_attribute(type_, value, category=(result.get("categories") or [None])[0])
                if attribute.value != value:
                    yield f"{value!r} is {attribute.value!r} to pymisp"


def of_standard(results, output):
    event = MISPEvent()
    event.info = "loaded"
    event.from_dict(info="loaded", Attribute=results.get("Attribute", []), Object=results.get("Object", []), Tag=results.get("Tag", []))
    known = {thing.uuid for thing in [*event.attributes, *event.objects]}
    if len(event.objects) != len(results.get("Object", [])) or len(event.attributes) != len(results.get("Attribute", [])):
        yield "something was lost while it was loaded"
    for object_ in event.objects:
        yield from of_object(object_)
        for reference in object_.references:
            if reference.referenced_uuid not in known:
                yield f"{object_.name} refers to {reference.referenced_uuid}, which is not in the answer"
            if reference.object_uuid != object_.uuid:
                yield f"a reference in {object_.name} belongs to {reference.object_uuid}"
    for attribute in [*event.attributes, *(attribute for object_ in event.objects for attribute in object_.attributes)]:
        if output is not None and attribute.type not in output and attribute not in event.attributes:
            yield f"answers {attribute.type!r}, and declares {output}"
    event.to_json()


def of_object(object_):
    file = TEMPLATES / object_.name / "definition.json"
    if not file.exists():
        yield f"there is no object template {object_.name!r}"
        return
    template = json.loads(file.read_text())
    mine = {"uuid": object_.template_uuid, "version": int(object_.template_version), "meta-category": object_["meta-category"]}
    for key, value in mine.items():
        if template[key] != value:
            yield f"{key} of {object_.name} is {value!r}, and in the template {template[key]!r}"
    relations = {attribute.object_relation for attribute in object_.attributes}
    for attribute in object_.attributes:
        described = template["attributes"].get(attribute.object_relation)
        if described is None:
            yield f"{object_.name} has no relation {attribute.object_relation!r}"
            continue
        if described["misp-attribute"] != attribute.type:
            yield f"{attribute.object_relation} of {object_.name} is {attribute.type}, and in the template {described['misp-attribute']}"
        if described.get("disable_correlation", False) != bool(attribute.disable_correlation):
            yield f"{attribute.object_relation} of {object_.name} correlates differently in the template"
        values = described.get("values_list")
        if values and attribute.value not in values:
            yield f"{attribute.object_relation} of {object_.name} is {attribute.value!r}, and should be one of {values}"
        if not described.get("multiple") and [each.object_relation for each in object_.attributes].count(attribute.object_relation) > 1:
            yield f"{attribute.object_relation} of {object_.name} is there more than once"
    missing = [each for each in template.get("required", []) if each not in relations]
    one_of = template.get("requiredOneOf", [])
    if missing or (one_of and not relations.intersection(one_of)):
        yield f"{object_.name} has {sorted(relations)}, and needs all of {template.get('required', [])} and one of {one_of}"


main()
