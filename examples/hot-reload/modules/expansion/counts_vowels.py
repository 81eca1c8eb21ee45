import json

from ._vowels import VOWELS


def handler(q=False):
    text = json.loads(q)["text"]
    count = sum(text.count(vowel) for vowel in VOWELS)
    return {"results": [{"types": ["text"], "values": [f"{count} vowels"]}]}


def introspection():
    return {"input": ["text"], "output": ["text"]}


def version():
    return {"version": "1", "author": "you", "description": "How many vowels a text has.", "module-type": ["expansion"], "config": []}
