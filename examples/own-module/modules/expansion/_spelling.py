"""A helper: files that begin with an underscore are no modules. The module beside it imports it."""

WORDS = {"a": "Alfa", "b": "Bravo", "c": "Charlie", "m": "Mike", "i": "India", "s": "Sierra", "p": "Papa"}


def spell(text):
    return " ".join(WORDS.get(letter, letter) for letter in text.lower())
