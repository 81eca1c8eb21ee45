"""A helper of counts_vowels.py."""

VOWELS = "aeiou"
