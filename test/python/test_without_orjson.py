"""A whole runner in an interpreter that lacks orjson, and what one that has it does not load."""

from __future__ import annotations

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
from contextlib import contextmanager

from runner.frames import Channel

ROOT = pathlib.Path(__file__).parent.parent / "fixtures/modules"
RUN_WITHOUT_ORJSON = "import sys; sys.modules['orjson'] = None; from runner.single import run; run()"


class WithoutOrjsonTest(unittest.TestCase):
    def test_a_module_is_described_and_answers(self) -> None:
        with runner_of("returns") as (channel, entry):
            self.assertEqual(json.loads(entry)["mispattributes"], {"input": ["text"], "output": ["text"]})
            for kind, outcome, answer in (
                ("floats", "success", None),
                ("error", "module_error", b'{"error":"said"}'),
                ("datetime_minus_seconds", "success", b'"2020-01-02T03:04:05-00:01"'),
                ("lists_255", "bad_result", None),
                ("dict", "success", b'{"b":1,"a":2}'),
            ):
                with self.subTest(kind):
                    header, payload = ask(channel, json.dumps({"module": "returns", "kind": kind}).encode())
                    self.assertEqual(header["outcome"], outcome)
                    self.assertIn(answer, (None, payload))

    def test_a_dict_handler_gets_a_dict_or_the_body_is_refused(self) -> None:
        with runner_of("dict_only") as (channel, _):
            self.assertEqual(ask(channel, b'{"module": "dict_only"')[0]["outcome"], "refused")
            self.assertEqual(ask(channel, b'{"module": "dict_only"}')[0]["outcome"], "success")


class WithOrjsonTest(unittest.TestCase):
    def test_neither_the_emulation_nor_pymisp_is_loaded(self) -> None:
        code = "from runner.serialise import dumps; dumps([object(), b'']); import sys; print(*sys.modules)"
        done = subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.PIPE, env=environment())
        loaded = done.stdout.decode().split()
        self.assertIn("orjson", loaded)
        self.assertNotIn("runner.without_orjson", loaded)
        self.assertNotIn("pymisp", loaded)


@contextmanager
def runner_of(module: str):
    """The channel to a runner that has become this module, and the module's entry in the list of modules."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN_WITHOUT_ORJSON], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
    )
    channel = Channel(process.stdout.fileno(), process.stdin.fileno())
    with tempfile.TemporaryDirectory() as scratch, process:
        channel.read()
        channel.write(load_message(module, scratch))
        yield channel, channel.read()[1]
        process.stdin.close()


def load_message(module: str, scratch: str) -> dict:
    place = {"name": module, "module_type": "expansion", "root": str(ROOT), "file": str(ROOT / "expansion" / f"{module}.py")}
    limits = {"memory_mb": 1024, "descriptors": 256, "file_mb": 16}
    return {"type": "load", "id": "1", **place, **limits, "describe": True, "scratch": scratch, "env": {}, "debug_http": False}


def ask(channel: Channel, body: bytes) -> tuple[dict, bytes]:
    channel.write({"type": "query", "id": "2", "cpu": 10}, body)
    return channel.read()


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


if __name__ == "__main__":
    unittest.main()
