"""Reports of sandboxes, exchange formats and recordings: what import modules read."""

from __future__ import annotations

import bz2
import io
import json
import math
import struct
import tarfile
import zipfile
from typing import Any

# One mark per signature: the module puts them into a set, whose order differs from process to process.
CUCKOO: dict[str, Any] = {
    "info": {"score": 7.5, "duration": 60, "machine": {"name": "vm1", "label": "win7", "started_on": "2026-09-01 10:00:00"}},
    "target": {"category": "url", "url": "http://evil.example.com/"},
    "network": {
        "dns": [{"type": "A", "request": "evil.example.com", "answers": [{"type": "A", "data": "198.51.100.7"}]}],
        "tcp": [{"src": "192.0.2.1", "dst": "198.51.100.7", "sport": 1025, "dport": 80, "time": 1.5}],
        "udp": [{"src": "192.0.2.1", "dst": "198.51.100.8", "sport": 1026, "dport": 53, "time": 1.25}],
        "http": [{"host": "evil.example.com", "method": "GET", "uri": "http://evil.example.com/a", "user-agent": "sample/1.0",
            "count": 1, "port": 80}],
    },
    "signatures": [{
        "description": "Connects to a rare port", "marks": [{"type": "ioc", "ioc": "198.51.100.7:80"}],
        "ttp": {"T1043": {"short": "Commonly Used Port"}},
    }],
    "behavior": {"processtree": [{
        "pid": 4, "ppid": 1, "process_name": "a.exe", "command_line": "a.exe /x", "first_seen": 1.0, "children": [],
    }]},
}

JOE: dict[str, Any] = {"analysis": {
    "generalinfo": {"target": {"sample": "", "url": "http://evil.example.com/"}},
    "behavior": {"network": {}, "system": {}},
    "domaininfo": {"domain": [{"@ip": "198.51.100.7", "@name": "evil.example.com", "@targetid": "1", "@currentpath": "x"}]},
    "ipinfo": {"ip": []}, "urlinfo": {"url": []}, "droppedinfo": None,
}}

VMRAY: dict[str, Any] = {
    "analysis_details": {"execution_successful": True, "termination_reason": "Timeout",
                         "result_str": "Operation completed successfully."},
    "vti": {"vti_rule_type": "Dynamic", "vti_score": 95, "vti_rule_matches": [
        {"category_desc": "Network", "operation_desc": "Connects to a host", "technique_desc": "Connects to 198.51.100.7",
            "rule_score": 4},
    ]},
    "artifacts": {
        "domains": [{"domain": "evil.example.com", "sources": ["dns"], "ip_addresses": ["198.51.100.7"], "ioc": True,
            "severity": "blacklisted"}],
        "ips": [{"ip_address": "198.51.100.7", "sources": ["tcp"], "ioc": True, "severity": "blacklisted"}],
    },
    "classifications": ["Downloader"],
    "mitre_attack": {"techniques": [{"id": "T1071", "description": "Application Layer Protocol"}]},
    "vm_and_analyzer_details": {"vm_name": "win10_64"},
    "sample_details": {"sample_type": "Windows Exe (x86-32)"},
}

OPENIOC = """<?xml version="1.0" encoding="us-ascii"?>
<ioc xmlns="http://schemas.mandiant.com/2010/ioc" id="6d2a1b03-b216-4cd8-9a9e-8827af6ebf93">
  <short_description>A sample</short_description>
  <authored_by>tests</authored_by>
  <definition><Indicator operator="OR">
    <IndicatorItem id="1" condition="is"><Context document="FileItem" search="FileItem/Md5sum" type="mir"/>
      <Content type="md5">d41d8cd98f00b204e9800998ecf8427e</Content></IndicatorItem>
    <IndicatorItem id="2" condition="is"><Context document="Network" search="Network/DNS" type="mir"/>
      <Content type="string">evil.example.com</Content></IndicatorItem>
  </Indicator></definition>
</ioc>
"""

GOAML = """<?xml version="1.0" encoding="utf-8"?>
<report><rentity_id>1</rentity_id><submission_code>E</submission_code><report_code>STR</report_code>
<submission_date>2026-09-01T10:00:00+00:00</submission_date><currency_code_local>EUR</currency_code_local>
<transaction><transactionnumber>T1</transactionnumber><amount_local>10</amount_local></transaction></report>
"""

THREATANALYZER: dict[str, Any] = {"analysis": {}}

SIGMF = {
    "global": {"core:datatype": "ci16_le", "core:sample_rate": 1_000_000, "core:version": "1.0.0", "core:description": "a tone"},
    "captures": [{"core:sample_start": 0, "core:frequency": 100_000_000}],
    "annotations": [],
}

CSV = "ip-dst,domain\n198.51.100.7,evil.example.com\n"


def cuckoo_tar() -> bytes:
    plain = tar_file({"reports/report.json": json.dumps(CUCKOO).encode()})
    return bz2.compress(plain)


def cuckoo_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("reports/report.json", (2026, 1, 1, 0, 0, 0))
        entry.external_attr = 0o100644 << 16
        archive.writestr(entry, json.dumps(CUCKOO))
    return buffer.getvalue()


def tone() -> bytes:
    """4,096 complex samples of two 16-bit integers."""
    angles = (2 * math.pi * 0.1 * index for index in range(4096))
    return b"".join(struct.pack("<hh", round(9000 * math.cos(angle)), round(9000 * math.sin(angle))) for angle in angles)


def sigmf_archive() -> bytes:
    return tar_file({"tone/tone.sigmf-meta": json.dumps(SIGMF).encode(), "tone/tone.sigmf-data": tone()})


def tar_file(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


MAKERS = {
    "cuckoo.tar.bz2": cuckoo_tar,
    "cuckoo.zip": cuckoo_zip,
    "joe.json": lambda: json.dumps(JOE).encode(),
    "vmray.json": lambda: json.dumps(VMRAY).encode(),
    "openioc.xml": OPENIOC.encode,
    "goaml.xml": GOAML.encode,
    "analysis.json": lambda: json.dumps(THREATANALYZER).encode(),
    "tone.sigmf": sigmf_archive,
    "tone.sigmf-meta": lambda: json.dumps(SIGMF).encode(),
    "tone.sigmf-data": tone,
    "table.csv": CSV.encode,
}
