"""Internationalised names: what a name in punycode shows, and whether it may be meant to look like another one."""

import json
import unicodedata

INPUT = ["domain", "hostname"]

# Letters of other scripts that look like ASCII ones in most fonts; those that NFKD does not lead back to ASCII anyway.
LOOKS_LIKE = {
    "а": "a", "с": "c", "ԁ": "d", "е": "e", "һ": "h", "і": "i", "ј": "j", "ӏ": "l", "о": "o", "р": "p", "ԛ": "q", "ѕ": "s", "у": "y",
    "ԝ": "w", "х": "x", "ѵ": "v", "к": "k", "м": "m", "т": "t", "в": "b", "н": "h",
    "α": "a", "ο": "o", "ν": "v", "ρ": "p", "ι": "i", "κ": "k", "υ": "u", "τ": "t", "γ": "y",
    "ı": "i", "ɩ": "i", "ɡ": "g", "ɑ": "a", "ʟ": "l", "ɴ": "n", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "օ": "o", "ո": "n", "ս": "u",
}  # fmt: skip

moduleconfig = []

mispattributes = {"input": INPUT, "output": ["text", "domain"]}

moduleinfo = {
    "version": "1.0",
    "author": "misp-module-host",
    "description": "What an internationalised name shows, which scripts it mixes, and the ASCII name that it looks like.",
    "module-type": ["expansion", "hover"],
    "name": "IDN check",
    "logo": "",
    "requirements": [],
    "features": (
        "Reads names in punycode (xn--) and in Unicode. A label that mixes scripts, or that looks like ASCII without being it, is a sign of"
        " a name made to deceive; many honest names in other scripts do neither. Nothing is asked over the network."
    ),
    "references": ["https://www.unicode.org/reports/tr39/"],
    "input": "A domain or hostname.",
    "output": "The name in Unicode and its scripts as text, and the domain that it looks like.",
}


def handler(q=False):
    query = json.loads(q)
    name = next((query[kind] for kind in INPUT if isinstance(query.get(kind), str) and query[kind]), None)
    if name is None:
        return failed(f"This module takes {' or '.join(INPUT)}; the query has neither as text.")
    try:
        shown = [decoded(label) for label in name.strip().rstrip(".").split(".")]
    except UnicodeError as error:
        return failed(f"{name[:100]!r} is no internationalised name: {error}")
    whole = ".".join(shown)
    if whole.isascii():
        return failed(f"{whole} is plain ASCII: there is nothing to decode.")
    results = [{"types": ["text"], "values": [whole], "comment": "The name as it is shown"}]
    for label in shown:
        scripts = scripts_of(label)
        if not label.isascii():
            mixed = ", which a deceptive name would do" if len(scripts) > 1 else ""
            comment = f"Scripts of the label {label}{mixed}"
            results.append({"types": ["text"], "values": [", ".join(sorted(scripts))], "comment": comment})
    like = ".".join(looks_like(label) for label in shown)
    if like.isascii():
        results.append({"types": ["domain"], "values": [like], "comment": f"What {whole} looks like", "to_ids": False})
    return {"results": results}


def failed(text):
    return {"error": text, "results": []}


def decoded(label):
    if not label.lower().startswith("xn--"):
        return unicodedata.normalize("NFC", label.lower())
    return label[4:].encode("ascii").decode("punycode")


def scripts_of(label):
    """The first word of a letter's name is its script: LATIN SMALL LETTER A."""
    letters = (character for character in label if character.isalpha())
    return {unicodedata.name(letter, "UNKNOWN").split()[0].split("-")[0] for letter in letters}


def looks_like(label):
    """ASCII where every letter has a double there; accents are left out, as a quick reader leaves them out."""
    plain = unicodedata.normalize("NFKD", "".join(LOOKS_LIKE.get(character, character) for character in label))
    return "".join(character for character in plain if not unicodedata.combining(character))


def introspection():
    return mispattributes


def version():
    moduleinfo["config"] = moduleconfig
    return moduleinfo
