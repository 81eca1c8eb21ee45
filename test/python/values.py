"""Values that are hard to write as JSON, and a source of random ones."""

from __future__ import annotations

import collections
import dataclasses
import datetime as dt
import enum
import random
import struct
import time
import uuid
from collections.abc import Callable
from typing import ClassVar

import pymisp


def nested(wrap: Callable, depth: int, core: object) -> object:
    for _ in range(depth):
        core = wrap(core)
    return core


def in_list(value: object) -> list:
    return [value]


def in_tuple(value: object) -> tuple:
    return (value,)


class Zone(dt.tzinfo):
    """Says any offset at all, also one that Python would not accept from a datetime's own method."""

    def __init__(self, offset: dt.timedelta) -> None:
        self._offset = offset

    def utcoffset(self, _: object) -> dt.timedelta:
        return self._offset


class ConvertingZone(Zone):
    """As pendulum's zones; normalize would be used if this were taken for one of pytz."""

    def convert(self, _: object) -> None:
        raise ValueError("never called")

    normalize = convert


class Text(str):
    def __str__(self) -> str:
        return "a lie"

    __repr__ = __str__

    def encode(self, *_: object) -> bytes:
        return b"a lie"


class Number(int):
    def __repr__(self) -> str:
        return "a lie"

    def __le__(self, _: object) -> bool:
        raise ValueError("never called")

    __str__ = __repr__
    __int__ = __index__ = __ge__ = __lt__ = __gt__ = __add__ = __radd__ = __le__


class Items(list):
    def __iter__(self):
        raise ValueError("never called")

    __len__ = __getitem__ = copy = __iter__


class Mapping(dict):
    def __iter__(self):
        raise ValueError("never called")

    __len__ = __getitem__ = items = keys = __iter__


def reordered() -> collections.OrderedDict:
    """Its own order is not that of its storage."""
    made = collections.OrderedDict(a=1, b=2)
    made.move_to_end("a")
    return made


SUBCLASSES = (
    Text("x"), Number(5), Number(2**64 - 1), Number(2**64), Items([1, [2]]), Items(), Mapping(a=1), Mapping(), reordered(),
)  # fmt: skip


@dataclasses.dataclass
class Link:
    to: object


@dataclasses.dataclass
class Empty:
    pass


class Undecorated(Link):
    pass


@dataclasses.dataclass
class Decorated(Link):
    more: int = 2
    constant: ClassVar[int] = 3
    initial: dataclasses.InitVar[int] = 4


@dataclasses.dataclass
class Slots:
    __slots__ = ("b", "a", "_hidden")
    b: int
    a: object
    _hidden: object


class Plain:
    pass


@dataclasses.dataclass
class SlotsAndDict(Plain):
    __slots__ = ("x", "_y")
    x: int
    _y: int


@dataclasses.dataclass
class DictLike(dict):
    x: int = 1


@dataclasses.dataclass
class FloatLike(float):
    x: int = 1


@dataclasses.dataclass
class HiddenDict:
    x: int

    @property
    def __dict__(self):
        raise ValueError("taken for having none")


class Imitation:
    __dataclass_fields__: dict = {}

    def __init__(self) -> None:
        self.x = 1


def having(instance: object, attributes: dict) -> object:
    vars(instance).update(attributes)
    return instance


def emptied(instance: object) -> object:
    vars(instance).clear()
    return instance


DATACLASSES = (
    Empty, DictLike, FloatLike, Imitation, lambda: Link, lambda: Link([Link(None)]), lambda: Undecorated(1),
    lambda: Decorated(1), lambda: Slots(1, Slots(2, b"", 3), 4), lambda: SlotsAndDict(1, 2),
    lambda: having(SlotsAndDict(1, 2), {"z": 3}),
    lambda: HiddenDict(1), lambda: emptied(Link(1)), lambda: having(Link(1), {"z": 2, "_y": 3, "a": {"é": set()}}),
    lambda: having(Link(1), {"_hidden": {1: 2}}), lambda: having(Link(1), {1: 2}), lambda: having(Link(1), {Text("q"): 1}),
    lambda: having(Link(1), {"\ud800": 1}),
)  # fmt: skip


class Mood(enum.Enum):
    GOOD = "good"
    ODD = [1, {"a": b""}]
    COMPUTED = 3

    @property
    def value(self) -> object:
        return {"computed": [1]} if self._value_ == 3 else self._value_


class Size(float, enum.Enum):
    BIG = 1.5


class Pair(tuple, enum.Enum):
    ONE = (1, 2)


class Meta(enum.EnumMeta):
    pass


class Tagged(enum.Enum, metaclass=Meta):
    A = "tagged"


ENUMS = (*Mood, Size.BIG, Pair.ONE, Tagged.A, Tagged)


class Wrapper(pymisp.AbstractMISP):
    """Stands for the value inside it."""

    def __init__(self, inner: object) -> None:
        super().__init__()
        self._inner = inner

    def jsonable(self) -> object:
        return self._inner


class Raising(pymisp.AbstractMISP):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def jsonable(self) -> dict:
        raise self._error


def random_value(generator: random.Random, depth: int) -> object:
    """At most `depth` levels. One in some dozen cannot be written: a lone surrogate, a wrong key."""
    if depth > 0 and generator.random() < 0.75:
        return generator.choice(_CONTAINERS)(generator, lambda: random_value(generator, depth - 1))
    return generator.choice(_SCALARS)(generator)


def _text(generator: random.Random) -> str:
    ranges = ((0, 0x20), (0x20, 0x7F), (0x20, 0x7F), (0x7F, 0x800), (0x2020, 0x2030), (0xFFF0, 0x10010))
    text = "".join(chr(generator.randrange(*generator.choice(ranges))) for _ in range(generator.randrange(12)))
    return text + "\udc80" if generator.random() < 0.01 else text


def _key(generator: random.Random) -> object:
    if generator.random() < 0.97:
        return _text(generator)
    return generator.choice((Text("k"), 1, None, b"k", 1.5, (), uuid.UUID(int=1)))


def _moment(generator: random.Random) -> dt.datetime:
    day = (generator.randrange(1, 10_000), generator.randrange(1, 13), generator.randrange(1, 29))
    clock = (generator.randrange(24), generator.randrange(60), generator.randrange(60))
    return dt.datetime(*day, *clock, generator.choice((0, 5, 120_000, 999_999)))


def _zoned(generator: random.Random) -> dt.datetime:
    offset = dt.timedelta(seconds=generator.randrange(-86_399, 86_400))
    return _moment(generator).replace(tzinfo=generator.choice((dt.timezone.utc, dt.timezone(offset))))


def _tag(generator: random.Random) -> pymisp.MISPTag:
    tag = pymisp.MISPTag()
    tag.from_dict(name=_text(generator), colour="#00ff00", numerical=generator.choice((None, 5)))
    return tag


_SCALARS = (
    lambda g: None, lambda g: g.random() < 0.5, _text, _text, _text, lambda g: Text(_text(g)),
    lambda g: g.randrange(-1000, 1000), lambda g: g.randrange(-(1 << 63), 1 << 64), lambda g: Number(g.randrange(100)),
    lambda g: g.random(), lambda g: struct.unpack("d", g.randbytes(8))[0], lambda g: float(g.randrange(-(10**18), 10**18)),
    _moment, _zoned, lambda g: _moment(g).date(), lambda g: _moment(g).time(), lambda g: uuid.UUID(bytes=g.randbytes(16)),
    lambda g: g.choice(ENUMS), lambda g: g.randbytes(3), lambda g: {1}, lambda g: time.gmtime(0),
    _tag, lambda g: g.choice(SUBCLASSES), lambda g: g.choice(DATACLASSES[:15])(),
)  # fmt: skip

_CONTAINERS = (
    lambda g, make: [make() for _ in range(g.randrange(5))],
    lambda g, make: tuple(make() for _ in range(g.randrange(4))),
    lambda g, make: {_key(g): make() for _ in range(g.randrange(5))},
    lambda g, make: Items([make(), make()]),
    lambda g, make: collections.defaultdict(list, a=make(), b=make()),
    lambda g, make: Link(make()),
    lambda g, make: Slots(make(), make(), make()),
    lambda g, make: having(Decorated(make()), {"_hidden": make(), "z": make()}),
    lambda g, make: Wrapper(make()),
)
