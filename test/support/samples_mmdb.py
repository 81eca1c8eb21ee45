"""Writes small MaxMind DB files (format version 2.0, IPv4, 24-bit records)."""

from __future__ import annotations

import ipaddress
import struct
from typing import Any


def database(kind: str, networks: dict[str, dict[str, Any]]) -> bytes:
    """A database that answers each network with its record. Networks must not overlap."""
    data, nodes = b"", [[None, None]]
    for network, record in networks.items():
        place(nodes, ipaddress.ip_network(network), len(data))
        data += value(record)
    metadata = {
        "node_count": Wide(len(nodes), 6), "record_size": Wide(24, 5), "ip_version": Wide(4, 5),
        "database_type": kind, "languages": ["en"], "binary_format_major_version": Wide(2, 5),
        "binary_format_minor_version": Wide(0, 5), "build_epoch": Wide(1_767_225_600, 9), "description": {"en": "a sample"},
    }
    tree = b"".join(struct.pack(">I", pointer(entry, len(nodes)))[1:] for node in nodes for entry in node)
    return tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + value(metadata)


class Wide(int):
    """An unsigned integer with the format's type number: 5 is uint16, 6 uint32, 9 uint64."""

    kind: int

    def __new__(cls, number: int, kind: int) -> Wide:
        made = super().__new__(cls, number)
        made.kind = kind
        return made


def place(nodes: list[list[Any]], network: Any, offset: int) -> None:
    """Walks the address's bits, making nodes on the way, and ends in a leaf that holds the record's offset."""
    bits = f"{int(network.network_address):032b}"[: network.prefixlen]
    at = 0
    for bit in map(int, bits[:-1]):
        if nodes[at][bit] is None:
            nodes.append([None, None])
            nodes[at][bit] = len(nodes) - 1
        at = nodes[at][bit]
    nodes[at][int(bits[-1])] = ("data", offset)


def pointer(entry: Any, node_count: int) -> int:
    if entry is None:
        return node_count
    return node_count + 16 + entry[1] if isinstance(entry, tuple) else entry


def value(item: Any) -> bytes:
    if isinstance(item, bool):
        return control(14, int(item))
    if isinstance(item, str):
        return control(2, len(item.encode())) + item.encode()
    if isinstance(item, float):
        return control(3, 8) + struct.pack(">d", item)
    if isinstance(item, int):
        content = int(item).to_bytes(8, "big").lstrip(b"\0")
        return control(getattr(item, "kind", 6), len(content)) + content
    if isinstance(item, dict):
        return control(7, len(item)) + b"".join(value(key) + value(entry) for key, entry in item.items())
    return control(11, len(item)) + b"".join(map(value, item))


def control(kind: int, size: int) -> bytes:
    """The head of a value. Types above 7 stand in a byte of their own; sizes from 29 on take a second byte."""
    small = min(size, 29)
    head = bytes([kind << 5 | small]) if kind <= 7 else bytes([small, kind - 7])
    return head + (bytes([size - 29]) if size >= 29 else b"")


def city() -> bytes:
    named = {"names": {"en": "Mountain View"}}
    return database("GeoLite2-City", {"8.8.8.0/24": {
        "city": named, "continent": {"code": "NA", "names": {"en": "North America"}},
        "country": {"iso_code": "US", "names": {"en": "United States"}},
        "location": {"latitude": 37.386, "longitude": -122.0838, "accuracy_radius": Wide(1000, 5)},
        "postal": {"code": "94035"}, "subdivisions": [{"iso_code": "CA", "names": {"en": "California"}}],
    }})


def country() -> bytes:
    return database("GeoLite2-Country", {"8.8.8.0/24": {"country": {"iso_code": "US", "names": {"en": "United States"}}}})


def asn() -> bytes:
    record = {"autonomous_system_number": Wide(15169, 6), "autonomous_system_organization": "GOOGLE"}
    return database("GeoLite2-ASN", {"8.8.8.0/24": record})


def ipgeolocation_city() -> bytes:
    return database("ipgeolocation-city", {"8.8.8.0/24": {"location": {
        "country_code2": "US", "country_name": "United States", "state_prov": "California", "city": "Mountain View",
        "zipcode": "94035", "latitude": "37.386", "longitude": "-122.0838",
    }}})


def ipgeolocation_asn() -> bytes:
    asn_record = {"as_number": "AS15169", "organization": "Google LLC", "country": "US"}
    return database("ipgeolocation-asn", {"8.8.8.0/24": {"asn": asn_record}})


MAKERS = {
    "city.mmdb": city,
    "country.mmdb": country,
    "asn.mmdb": asn,
    "ipgeolocation-city.mmdb": ipgeolocation_city,
    "ipgeolocation-asn.mmdb": ipgeolocation_asn,
}
