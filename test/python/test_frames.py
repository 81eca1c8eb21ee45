"""The runners' side of the frames that test/sandboxes/wire/frames.test.ts checks on the host's side."""

import base64
import json
import os
import pathlib
import threading
import unittest

from runner.frames import Channel

FIXTURES = json.loads((pathlib.Path(__file__).parent.parent / "fixtures/protocol/frames.json").read_text())


class FramesTest(unittest.TestCase):
    def test_there_are_valid_and_invalid_examples(self) -> None:
        self.assertGreater(len(FIXTURES["valid"]), 3)
        self.assertGreater(len(FIXTURES["invalid"]), 3)

    def test_valid_frames_are_read(self) -> None:
        for case in FIXTURES["valid"]:
            with self.subTest(case["name"]):
                header, payload = _read(base64.b64decode(case["frame"]))
                self.assertEqual(header, case["header"])
                self.assertEqual(base64.b64encode(payload).decode(), case["payload"])

    def test_written_frames_carry_the_same_header_and_payload(self) -> None:
        for case in FIXTURES["valid"]:
            with self.subTest(case["name"]):
                payload = base64.b64decode(case["payload"])
                self.assertEqual(_read(_written(case["header"], payload)), (case["header"], payload))

    def test_invalid_frames_are_not_taken_for_messages(self) -> None:
        for case in FIXTURES["invalid"]:
            with self.subTest(case["name"]):
                try:
                    found = _read(base64.b64decode(case["bytes"]))
                except ValueError:
                    continue
                self.assertIsNone(found)

    def test_a_payload_larger_than_the_pipe_arrives_whole(self) -> None:
        payload = os.urandom(3_000_000)
        self.assertEqual(_read(_written({"type": "result"}, payload)), ({"type": "result"}, payload))


def _read(data: bytes):
    readable, writable = os.pipe()
    feeder = threading.Thread(target=_feed, args=(writable, data))
    feeder.start()
    try:
        return Channel(readable, 1).read()
    finally:
        os.close(readable)
        feeder.join()


def _feed(fd: int, data: bytes) -> None:
    try:
        with open(fd, "wb") as stream:
            stream.write(data)
    except BrokenPipeError:
        pass


def _written(header: dict, payload: bytes) -> bytes:
    readable, writable = os.pipe()
    chunks: list[bytes] = []

    def drain() -> None:
        with open(readable, "rb") as stream:
            chunks.append(stream.read())

    reader = threading.Thread(target=drain)
    reader.start()
    Channel(0, writable).write(header, payload)
    os.close(writable)
    reader.join()
    return b"".join(chunks)


if __name__ == "__main__":
    unittest.main()
