"""Prints request bodies and what upstream makes of them, one `base64<TAB>JSON` line each, the same lines on every run.

Upstream's reading is `orjson.loads` and then `int(payload.get("timeout", 300))`, with the range its event loop can wait.
"""

from __future__ import annotations

import base64
import json
import random
import sys

import orjson

SEED = 20261122
MUTATED = 6000
VALID = 2000
SOUPS = 4000

# The scan does not tell longer names, which no module has, from values that are no names.
LONGEST_NAME = 255

STRINGS = [
    b"", b"dns", b"module", b"timeout", b"a b", b"\\u0000", b"\\\"", b"\\\\", b"\\/\\b\\f\\n\\r\\t", b"\x7f", b"\\u00e9",
    b"\\ud83d\\ude00", b"\\uD83D\\uDE00", b"\\ud83d", b"\\ude00", b"\\ud83d\\u0041", b"\\ud83d\\ud83d\\ude00", b"\\ud83d\\n",
    b"\\u12",
    b"\\x41", b"\\U0041", b"\\u00G0", b"\x1f", b"\t", b"\xc3\xa9", b"\xe2\x82\xac", b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf",
    b"\xc0\x80", b"\xc1\xbf", b"\xe0\x9f\xbf", b"\xe0\xa0\x80", b"\xed\x9f\xbf", b"\xed\xa0\x80", b"\xee\x80\x80",
    b"\xf0\x8f\xbf\xbf",
    b"\xf0\x90\x80\x80", b"\xf4\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\x80", b"\xff", b"\xe2\x82",
    b"\xf0\x9f\x98",
]
KEYS = [
    b'"module"', b'"timeout"', b'"module"', b'"timeout"', b'"\\u006dodule"', b'"time\\u006Fut"', b'"Module"', b'"modul"', b'"timeouts"',
    b'""', b'"\\u006d\\u006f\\u0064\\u0075\\u006c\\u0065"',
    b'"\\u0074\\u0069\\u006d\\u0065\\u006f\\u0075\\u0074"', b'"module\\u0000"', b'"persistent"',
]
TIMEOUTS = [
    "5", " 7 ", "+5", "-5", "1_0", "1__0", "_1", "1_", "\u0665", "\u0665_5", "-\u0665", "- 5", "--5", "+-5", "0_0", "00",
    "007", "-0", "\x1f5",
    "\x1c\u0665", "\x0b5\x0c", "\x855\xa0", "\u20285", "\u200b5", "\ufeff5", "\u180e5", "5\0", "1e3", "5.0", "0x5", "0b1",
    "\xb2", "\u2460",
    "\U0001d7ce", "\U0001d7d95", "\U0001d7ff", "\uff11\uff12", "9" * 4300, "0" * 4299 + "5", "0" * 4300 + "5",
    "5_" * 2000 + "5", "5 5", "", "+",
    "_", "\u0be6", "\u3007", "\U0001e950", "5\u3000", "5\u2003", "\u202f5", "\u205f5", "\u16805", "5\n", "\u00e95", "abc",
    "\x7f5", "\x7f\u0665",
    "-86399999913600", "-86399999913601", "86399999999999", "86400000000000", "0" * 40 + "86399999999999", " " * 300 + "3",
    "5 \u00a0 ",
]
NUMBERS = [
    b"0", b"-0", b"1", b"5", b"-1", b"300", b"0.9", b"-0.9", b"1.9e3", b"1E2", b"1e+05", b"1e-05", b"0e0", b"0e400", b"-0.0",
    b"5e-324", b"1e-400",
    b"1e308", b"1e309", b"1e400", b"-1e400", b"01", b"-01", b"00", b"+1", b".5", b"5.", b"1e", b"1e+", b"-", b"--1", b"1.e5",
    b"1.5.5", b"0x5", b"1_0",
    b"9223372036854775807", b"9223372036854775808", b"-9223372036854775808", b"-9223372036854775809", b"18446744073709551615",
    b"18446744073709551616", b"-86399999913600", b"-86399999913600.9", b"-86399999913601", b"86399999999999",
    b"86399999999999.9",
    b"86399999999999.99", b"86399999999999.999", b"86400000000000", b"8.6399999999999e13", b"0.0e999999999999999999999",
    b"1e99999999999999999999999",
    b"1e-99999999999999999999999", b"0." + b"0" * 1000 + b"1e1001", b"0." + b"0" * 1000 + b"1e1309",
    b"0." + b"0" * 1000 + b"1e1310",
    b"1" + b"0" * 1000 + b"e-1000", b"1" * 1000, b"1" * 309, b"1" * 310, b"9" * 308, b"9" * 309, b"1e" + b"0" * 100 + b"5",
    b"1e" + b"0" * 100 + b"400", b"NaN", b"Infinity", b"-Infinity", b"nan", b"inf",
]
WORDS = [
    b"true", b"false", b"null", b"tru", b"TRUE", b"nulll", b"None", b"[]", b"{}", b"[1,2]", b'{"module":"x","timeout":[]}', b"",
    b"'a'", b"// x\n1",
]
SPACES = [b"", b"", b"", b"", b" ", b"\n", b"\r\n", b"\t", b"  "]
ODD_SPACES = [b"\x0b", b"\x0c", b"\xa0", b"\xc2\xa0", b"\xe2\x80\xa8", b"\0", b"\xef\xbb\xbf"]


def main() -> None:
    rng = random.Random(SEED)
    for body in bodies(rng):
        line = base64.b64encode(body).decode() + "\t" + json.dumps(reading(body))
        sys.stdout.write(line + "\n")


def bodies(rng: random.Random):
    yield from nested()
    yield from numbers_at_the_edge(rng)
    for token in NUMBERS + WORDS + [b'"' + text + b'"' for text in STRINGS] + [encode(text, rng) for text in TIMEOUTS]:
        yield token
        yield b"[" + token + b"]"
        yield b'{"timeout":' + token + b"}"
        yield b'{"module":' + token + b',"timeout": 5}'
    for text in STRINGS:
        yield b'{"' + text + b'":"' + text + b'"}'
    for space in ODD_SPACES:
        yield from (space + b"{}", b"{}" + space, b"{" + space + b"}", b"[1" + space + b"]", b'{"a"' + space + b":1}")
    yield b'{"module":"dns"}'.decode().encode("utf-16")
    for _ in range(VALID):
        yield spaced(document(rng, good=True), rng)
    for _ in range(MUTATED):
        yield mutated(spaced(document(rng, good=rng.random() < 0.7), rng), rng)
    for _ in range(SOUPS):
        yield spaced(soup(rng), rng)


def nested():
    for depth in (1, 2, 1022, 1023, 1024, 1025, 1026):
        yield b"[" * depth + b"]" * depth
        yield b"[" * depth
        yield b'{"a":' * depth + b"1" + b"}" * depth
        yield b'{"a":' * depth + b"[]" + b"}" * depth
        yield b'{"timeout":' + b"[{},[" * depth + b"]]" * depth + b',"module":"x"}'
        yield b'{"timeout":' + b"[" * depth + b"]" * depth + b',"timeout":3,"module":"x"}'


def numbers_at_the_edge(rng: random.Random):
    """Decimal spellings of the smallest magnitude that overflows, and of its neighbours, with the point at many places."""
    edge = 2**1024 - 2**970
    rounded = (edge // 10**280 * 10**280, (edge // 10**290 + 1) * 10**290)
    for value in (edge - 1, edge, edge + 1, edge - 10**200, edge + 10**200, *rounded):
        digits = str(value)
        for tail in ("", "0", "1", "000000001"):
            for point in (1, 2, 17, 100, len(digits) - 1, len(digits)):
                exponent = len(digits) - point
                text = digits[:point] + "." + (digits[point:] + tail or "0") + rng.choice(["e", "E", "e+"]) + str(exponent)
                yield text.encode()
            yield ("-0." + "0" * 50 + digits + tail + "e" + str(50 + len(digits))).encode()
            yield (digits + tail + "e-" + str(len(tail))).encode()
            yield (digits + "." + (tail or "0")).encode()


def document(rng: random.Random, good: bool) -> list[bytes]:
    if rng.random() < 0.05:
        return value(rng, good, 3)
    tokens = [b"{"]
    for index in range(rng.randrange(6)):
        if index:
            tokens.append(b",")
        key = rng.choice(KEYS) if rng.random() < 0.8 else string(rng, good)
        tokens += [key, b":"]
        if b"t" in key and rng.random() < 0.6:
            tokens += [encode(rng.choice(TIMEOUTS), rng)] if rng.random() < 0.5 else [number(rng, good)]
        else:
            tokens += value(rng, good, 3)
    return [*tokens, b"}"]


def soup(rng: random.Random) -> list[bytes]:
    """Tokens in any order: what follows an error must not undo it, or keep the scan from ending."""
    tokens = [rng.choice([b"[", b"{", b""])]
    for _ in range(rng.randrange(1, 8)):
        kind = rng.random()
        if kind < 0.5:
            tokens.append(rng.choice([b"{", b"}", b"[", b"]", b",", b":", b",", b":", b" "]))
        else:
            tokens.append(rng.choice(rng.choice([NUMBERS, WORDS, KEYS])))
    return tokens


def value(rng: random.Random, good: bool, depth: int) -> list[bytes]:
    kind = rng.random()
    if kind < 0.35 or depth == 0:
        return [string(rng, good)]
    if kind < 0.6:
        return [number(rng, good)]
    if kind < 0.75:
        return [rng.choice(WORDS[:3] if good else WORDS)]
    items = [value(rng, good, depth - 1) for _ in range(rng.randrange(4))]
    if kind < 0.87:
        return [b"[", *joined(items), b"]"]
    return [b"{", *joined([[rng.choice(KEYS), b":", *item] for item in items]), b"}"]


def joined(items: list[list[bytes]]) -> list[bytes]:
    tokens: list[bytes] = []
    for item in items:
        tokens += [b",", *item] if tokens else item
    return tokens


def string(rng: random.Random, good: bool) -> bytes:
    while True:
        token = b'"' + b"".join(rng.choice(STRINGS) for _ in range(rng.randrange(5))) + b'"'
        if not good or loads(token):
            return token


def number(rng: random.Random, good: bool) -> bytes:
    while True:
        if rng.random() < 0.5:
            token = rng.choice(NUMBERS)
        else:
            tiny_or_huge = rng.random() * 10.0 ** rng.randrange(-320, 308)
            token = repr(rng.choice([rng.uniform(-1e4, 1e4), rng.randrange(-(10**20), 10**20), tiny_or_huge])).encode()
        if not good or loads(token):
            return token


def loads(token: bytes) -> bool:
    try:
        orjson.loads(token)
    except orjson.JSONDecodeError:
        return False
    return True


def encode(text: str, rng: random.Random) -> bytes:
    return json.dumps(text, ensure_ascii=rng.random() < 0.5).encode()


def spaced(tokens: list[bytes], rng: random.Random) -> bytes:
    return b"".join(rng.choice(SPACES) + token for token in tokens) + rng.choice(SPACES)


def mutated(body: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        at = rng.randrange(len(body) + 1)
        to = min(len(body), at + rng.choice([1, 1, 1, 2, 5, 20]))
        kind = rng.randrange(7)
        if kind == 0:
            body = body[:at] + body[to:]
        elif kind == 1:
            body = body[:at] + body[at:to] * 2 + body[to:]
        elif kind == 2:
            body = body[:at]
        elif kind == 3:
            body = body[:at] + bytes([rng.randrange(256)]) + body[to:]
        elif kind == 4:
            body = body[:at] + rng.choice([*b'{}[],:"\\ \t0-.eE+u']).to_bytes(1, "big") + body[at:]
        elif kind == 5:
            body = body[:at] + rng.choice(STRINGS + NUMBERS + WORDS + ODD_SPACES) + body[at:]
        else:
            body = body[:at] + rng.choice([*b'{}[],:"\\ \t0-.eE+u']).to_bytes(1, "big") + body[to:]
    return body


def reading(body: bytes) -> dict[str, object]:
    try:
        payload = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {"valid": False}
    if not isinstance(payload, dict):
        return {"valid": True, "object": False}
    return {"valid": True, "object": True, "module": module(payload), "timeout": timeout(payload)}


def module(payload: dict[str, object]) -> dict[str, object]:
    if "module" not in payload:
        return {"kind": "absent"}
    name = payload["module"]
    return {"kind": "name", "name": name} if isinstance(name, str) and len(name) <= LONGEST_NAME else {"kind": "other"}


def timeout(payload: dict[str, object]) -> dict[str, object]:
    if "timeout" not in payload:
        return {"kind": "absent"}
    try:
        seconds = int(payload["timeout"])  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return {"kind": "invalid"}
    return {"kind": "seconds", "seconds": seconds} if -86399999913600 <= seconds <= 86399999999999 else {"kind": "invalid"}


main()
