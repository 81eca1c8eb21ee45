"""Prints what MISP knows, as the packages installed here have it, as one JSON line. Nothing of them is imported, which takes long."""
import importlib.util
import json
import os
from importlib import metadata


def main():
    pymisp, misp_modules = folder_of("pymisp"), folder_of("misp_modules")
    data = os.path.join(pymisp, "data") if pymisp else ""
    described = read(os.path.join(data, "describeTypes.json")).get("result", {})
    relationships = read(os.path.join(data, "misp-objects", "relationships", "definition.json")).get("values", [])
    roots = [os.path.join(data, "misp-objects", "objects")] + ([os.path.join(misp_modules, "data")] if misp_modules else [])
    print(json.dumps({
        "versions": {name: version(name) for name in ("pymisp", "misp-modules")},
        "types": described.get("types", []),
        "categories": described.get("category_type_mappings", {}),
        "defaults": {name: sane.get("default_category", "") for name, sane in described.get("sane_defaults", {}).items()},
        "relationships": sorted({each["name"] for each in relationships}),
        "templates": [template for root in roots for template in templates_below(root)],
    }))


def folder_of(package):
    found = importlib.util.find_spec(package)
    return found.submodule_search_locations[0] if found is not None and found.submodule_search_locations else None


def version(distribution):
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def read(path):
    try:
        with open(path, "rb") as opened:
            return json.load(opened)
    except (OSError, ValueError):
        return {}


def templates_below(root):
    for folder, _, files in sorted(os.walk(root)):
        if "definition.json" in files:
            template = read(os.path.join(folder, "definition.json"))
            if "name" in template and "uuid" in template:
                yield {
                    "name": template["name"],
                    "uuid": template["uuid"],
                    "version": str(template.get("version", "")),
                    "category": template.get("meta-category", ""),
                    "relations": {key: each.get("misp-attribute", "") for key, each in template.get("attributes", {}).items()},
                    "required": template.get("required", []),
                    "requiredOneOf": template.get("requiredOneOf", []),
                }


if __name__ == "__main__":
    main()
