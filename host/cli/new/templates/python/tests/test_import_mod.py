"""Tests of example_module, without a server: each asks its handler as a host would."""

import base64
import json
import pathlib
import sys
import unittest

# The folder above those of modules, so that a module can import its helpers: from . import _helper
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from import_mod import example_module  # noqa: E402


def ask(query):
    return json.loads(json.dumps(example_module.handler(q=json.dumps(query).encode())))


def file(text):
    """A file as MISP sends it."""
    return base64.b64encode(text.encode()).decode()


class ExampleModule(unittest.TestCase):
    def test_each_line_is_an_attribute_of_the_type_that_it_looks_like(self):
        answer = ask({"data": file("# a list\n198.51.100.7\nexample.com\n\n2001:db8::1\n"), "config": {"comment": "seen", "for_ids": "1"}})
        about = {"comment": "seen", "to_ids": True}
        addresses = {"types": ["ip-dst"], "values": ["198.51.100.7", "2001:db8::1"], **about}
        self.assertEqual(answer["results"], [addresses, {"types": ["domain"], "values": ["example.com"], **about}])

    def test_an_empty_file_is_answered_with_an_error(self):
        self.assertEqual(ask({"data": file("\n")}), {"error": "Expected a line for each address or name, found none.", "results": []})


if __name__ == "__main__":
    unittest.main()
