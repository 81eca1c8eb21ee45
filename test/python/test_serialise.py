"""The bytes of a result, written with orjson and without it, against the real orjson with the real function of pymisp.

For an interpreter that has misp-modules[all].
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import itertools
import json
import math
import pathlib
import random
import struct
import sys
import unittest
import zoneinfo
from collections.abc import Callable
from contextlib import contextmanager

import dateutil.tz
import orjson
import pymisp
import pytz
import values
from runner import serialise, without_orjson
from values import in_list, in_tuple, nested

MODULES = pathlib.Path(__file__).parent.parent / "fixtures/modules/expansion"
SEED = 20_260_901
ENCODERS = (orjson.dumps, without_orjson.dumps)


class SerialiseTest(unittest.TestCase):
    def assert_same(self, value: object, with_default: bool = True) -> bool:
        """With orjson and without it, the bytes are upstream's. Returns whether there are any: it may be an error."""
        expected = upstream(value, with_default)
        for encode in ENCODERS:
            with writing_with(encode):
                self.assertEqual(ours(value, with_default), expected, encode)
        return expected is not None


class RowsTest(SerialiseTest):
    """Every row of the tables of results, as the modules that test/compat asks both servers about return them."""

    def test_results_are_written_as_upstream_does(self) -> None:
        for module in ("returns", "returns_packages"):
            for kind, make in kinds(module).items():
                with self.subTest(module=module, kind=kind):
                    self.assert_same(make())

    def test_without_a_default_function_what_orjson_does_not_know_is_an_error(self) -> None:
        written = set()
        for kind, make in kinds("returns").items():
            with self.subTest(kind):
                if self.assert_same(make(), with_default=False):
                    written.add(kind)
        self.assertLessEqual({"dict", "enum", "uuid", "dataclass"}, written)
        self.assertTrue(written.isdisjoint({"bytes", "set", "namedtuple", "datetime_subclass"}))


class MomentsTest(SerialiseTest):
    def test_offsets_are_rounded_to_the_minute_without_a_carry(self) -> None:
        for seconds, sign in itertools.product((0, 1, 29, 30, 59, 3570, 3599, 36_000, 37_830, 86_399), (1, -1)):
            for microseconds in (0, 1, 999_999):
                offset = sign * dt.timedelta(seconds=seconds, microseconds=microseconds)
                if abs(offset) < dt.timedelta(days=1):
                    with self.subTest(offset=offset):
                        self.assert_same(dt.datetime(2020, 1, 2, tzinfo=dt.timezone(offset)))

    def test_every_library_of_zones_is_asked_in_its_own_way(self) -> None:
        days = (dt.datetime(1900, 1, 1), dt.datetime(2020, 1, 2), dt.datetime(2020, 7, 1))
        moments = (*days, dt.datetime(2020, 10, 25, 2, 30, fold=1))
        zones = ("Europe/Paris", "America/St_Johns", "Asia/Kathmandu", "Africa/Monrovia", "UTC")
        for get, zone, moment in itertools.product((zoneinfo.ZoneInfo, pytz.timezone, dateutil.tz.gettz), zones, moments):
            with self.subTest(get=get, zone=zone, moment=moment):
                self.assert_same(moment.replace(tzinfo=get(zone)))

    def test_a_zone_of_the_modules_own_may_say_any_offset(self) -> None:
        for days, seconds in ((0, 0), (1, 21_600), (-1, 0), (-2, 40), (-1, 86_370), (3, 59)):
            with self.subTest(days=days, seconds=seconds):
                self.assert_same(dt.datetime(2020, 1, 2, tzinfo=values.Zone(dt.timedelta(days, seconds))))
        self.assert_same(dt.datetime(2020, 1, 2, tzinfo=values.ConvertingZone(dt.timedelta(hours=3))))

    def test_a_zone_that_raises_is_an_error_where_orjson_crashes(self) -> None:
        self.assertRaises(NotImplementedError, without_orjson.dumps, dt.datetime(2020, 1, 2, tzinfo=dt.tzinfo()))


class ObjectsTest(SerialiseTest):
    def test_subclasses_are_written_as_what_they_store(self) -> None:
        for value in values.SUBCLASSES:
            with self.subTest(type=type(value)):
                self.assert_same(value)
                self.assert_same([value, {"k": value}])

    def test_dataclasses_show_their_attributes(self) -> None:
        for number, make in enumerate(values.DATACLASSES):
            with self.subTest(number):
                self.assert_same(make())

    def test_enum_members_are_their_value(self) -> None:
        for member in values.ENUMS:
            with self.subTest(member):
                self.assert_same({"k": [member]})
                self.assert_same(member, with_default=False)

    def test_255_unknown_objects_may_be_inside_one_another(self) -> None:
        for count in (253, 254, 255, 256):
            with self.subTest(count):
                self.assertEqual(self.assert_same(nested(values.Wrapper, count, 1)), count <= 255)

    def test_a_default_function_may_change_what_is_being_written(self) -> None:
        array: list = [object(), 2]
        self.assertEqual(without_orjson.dumps(array, lambda _: array.append(3)), b"[null,2]")
        members = {"a": object(), "b": 2}
        self.assertEqual(without_orjson.dumps(members, lambda _: members.clear()), b'{"a":null,"b":2}')


class DepthTest(SerialiseTest):
    def test_lists_and_objects_that_stand_exactly_at_255_are_refused(self) -> None:
        subclassed = lambda value: values.Items([value])  # noqa: E731
        wraps = (in_list, in_tuple, values.Link, values.Wrapper, subclassed, lambda value: {"k": value})
        cores = (1, [], (), {}, {"a": 1}, values.Items(), values.Mood.ODD, object(), values.Link(()), values.Empty())
        depths = (252, 253, 254, 255, 256, 400)
        for (number, wrap), core, depth in itertools.product(enumerate(wraps), cores, depths):
            with self.subTest(wrap=number, core=core, depth=depth):
                self.assert_same(nested(wrap, depth, core))

    def test_tuples_lead_past_that_level(self) -> None:
        shapes = ((254, 1, 254), (254, 1, 255), (254, 1, 300), (253, 1, 2), (10, 244, 1), (10, 245, 1), (0, 900, 5))
        for lists, tuples, inner in shapes:
            with self.subTest(lists=lists, tuples=tuples, inner=inner):
                self.assert_same(nested(in_list, lists, nested(in_tuple, tuples, nested(in_list, inner, 1))))

    def test_thousands_of_tuples_are_an_error_where_orjson_corrupts_its_memory(self) -> None:
        self.assertEqual(len(without_orjson.dumps(nested(in_tuple, 2000, 1))), 4001)
        cycle: list = []
        cycle.append((cycle,))
        for value in (nested(in_tuple, 2001, 1), nested(in_tuple, 20_000, 1), (cycle,)):
            self.assertRaises(TypeError, without_orjson.dumps, value)

    def test_the_depth_of_the_caller_does_not_matter(self) -> None:
        value = nested(values.Link, 254, 1)
        self.assertEqual(call_deep_down(lambda: without_orjson.dumps(value)), orjson.dumps(value))


class ScalarsTest(SerialiseTest):
    def test_floats(self) -> None:
        generator = random.Random(SEED)
        mantissas = (1, -1, 1.5, 9.99, -1.2345678901234567)
        floats = [mantissa * 10.0**exponent for mantissa in mantissas for exponent in range(-25, 25)]
        floats += [generator.uniform(-1e-3, 1e-3) for _ in range(1000)]
        floats += [struct.unpack("d", generator.randbytes(8))[0] for _ in range(10_000)]
        floats += [5e-324, sys.float_info.max, sys.float_info.min, 0.0, -0.0, math.nan, math.inf, -math.inf]
        for value in floats:
            self.assertEqual(without_orjson.dumps(value), orjson.dumps(value), repr(value))

    def test_integers(self) -> None:
        for edge in (0, 1 << 31, 1 << 32, 1 << 53, 1 << 63, 1 << 64, 10**19, 10**20, 10**5000):
            for value in (edge - 1, edge, edge + 1, -edge - 1, -edge, -edge + 1):
                self.assert_same(value)

    def test_every_character(self) -> None:
        for start in range(0, sys.maxunicode, 2048):
            text = "".join(map(chr, range(start, start + 2048)))
            if start != 0xD800:  # the surrogates
                self.assertEqual(without_orjson.dumps({text: text}), orjson.dumps({text: text}), hex(start))
        for code in (0xD7FF, 0xD800, 0xDBFF, 0xDC00, 0xDFFF, 0xE000):
            for value in (chr(code), {chr(code): 1}, values.Text("x" + chr(code))):
                with self.subTest(code=hex(code)):
                    self.assert_same(value)


class RandomTest(SerialiseTest):
    def test_random_values_are_written_as_upstream_does(self) -> None:
        generator = random.Random(SEED)
        written = 0
        for number in range(4000):
            with self.subTest(number):
                written += self.assert_same(values.random_value(generator, generator.randrange(7)))
        self.assertTrue(2000 < written < 3900, written)


class ErrorsTest(unittest.TestCase):
    def test_whatever_an_objects_own_method_raises_is_unserialisable(self) -> None:
        kinds_of_error = (ValueError, TimeoutError, SystemExit, KeyboardInterrupt, GeneratorExit, MemoryError, RecursionError)
        for kind, encode in itertools.product(kinds_of_error, ENCODERS):
            error = kind()
            with self.subTest(error=error, encode=encode), writing_with(encode):
                with self.assertRaises(serialise.Unserialisable) as caught:
                    serialise.dumps([values.Raising(error)])
                self.assertIs(caught.exception.__cause__.__cause__, error)

    def test_there_is_always_a_cause(self) -> None:
        refused = ("\ud800", 1 << 64, {1: 2}, dt.time(tzinfo=dt.timezone.utc), nested(in_list, 255, 1))
        for value, encode in itertools.product(refused, ENCODERS):
            with self.subTest(type=type(value), encode=encode), writing_with(encode):
                with self.assertRaises(serialise.Unserialisable) as caught:
                    serialise.dumps(value)
                self.assertIsInstance(caught.exception.__cause__, (TypeError, UnicodeEncodeError))


class LoadsTest(unittest.TestCase):
    VALID = (
        "null", "true", '"é\\u0000\\ud83d\\ude00"', "[]", "{}", " [1 , 2]\r\n", '{"a":1,"a":2}', "-0", "-0.0", "0",
        "1e-400", "1E3",
        "9223372036854775807", "-9223372036854775808", "18446744073709551615", "18446744073709551616", "-9223372036854775809",
        "99999999999999999999", "1" + "0" * 300, "1.7976931348623157e308", "0.1", "123456789012345678901234567890.5", "1e16",
    )  # fmt: skip
    INVALID = (
        b"", b"NaN", b"Infinity", b"-Infinity", b"1e400", b"1" * 1000, b"1" * 5000, b"01", b"+1", b"[1,]", b"\xef\xbb\xbf{}",
        b'"\t"', b"1 2", b"{1:2}", b'"\xff"', b'"\xed\xa0\x80"',
    )  # fmt: skip

    def test_bodies_are_read_as_orjson_does(self) -> None:
        for text in self.VALID:
            with self.subTest(text[:40]):
                # repr tells 1 from 1.0 and -0.0 from 0.0.
                self.assertEqual(repr(without_orjson.loads(text.encode())), repr(orjson.loads(text)))

    def test_what_orjson_refuses_is_refused(self) -> None:
        for body in self.INVALID:
            with self.subTest(body[:40]):
                self.assertRaises(ValueError, orjson.loads, body)
                self.assertRaises(ValueError, without_orjson.loads, body)

    def test_bodies_may_nest_1024_levels(self) -> None:
        body = b'{"a":' + b"[" * 1023 + b"]" * 1023 + b"}"
        limit = sys.getrecursionlimit()
        inner, levels = without_orjson.loads(body)["a"], 2
        while inner:
            (inner,) = inner
            levels += 1
        self.assertEqual((levels, sys.getrecursionlimit()), (1024, limit))


@contextmanager
def writing_with(encode: Callable):
    """As in an interpreter that has orjson, or that lacks it."""
    before, serialise.encode = serialise.encode, encode
    try:
        yield
    finally:
        serialise.encode = before


def ours(value: object, with_default: bool) -> bytes | None:
    try:
        return serialise.dumps(value, with_default)
    except serialise.Unserialisable:
        return None


def upstream(value: object, with_default: bool) -> bytes | None:
    """Upstream's own call. None where it raises."""
    try:
        return orjson.dumps(value, default=pymisp.pymisp_json_default) if with_default else orjson.dumps(value)
    except Exception:
        return None


def kinds(module: str) -> dict[str, Callable]:
    """What a fixture module can return, by the word that a query asks for it with."""
    spec = importlib.util.spec_from_file_location(f"fixture_{module}", MODULES / f"{module}.py")
    loaded = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = loaded
    spec.loader.exec_module(loaded)
    return loaded.KINDS


def call_deep_down(call: Callable) -> object:
    """As near to the recursion limit as a handler that recursed can be."""

    def descend(levels: int) -> object:
        return call() if levels == 0 else descend(levels - 1)

    depth, frame = 0, sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back
    return descend(sys.getrecursionlimit() - depth - 50)


if __name__ == "__main__":
    unittest.main()
