"""Tests of example_module, without a server: each asks its handler as a host would."""

import json
import pathlib
import sys
import unittest

# The folder above those of modules, so that a module can import its helpers: from . import _helper
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from expansion import example_module  # noqa: E402


def ask(query):
    return json.loads(json.dumps(example_module.handler(q=json.dumps(query).encode())))


class ExampleModule(unittest.TestCase):
    def test_a_name_is_answered_with_its_parts(self):
        results = ask({"hostname": "www.example.com"})["results"]
        self.assertEqual([each["values"] for each in results], [["www, example, com"], ["com"]])

    def test_a_setting_is_used(self):
        results = ask({"domain": "example.com", "config": {"separator": " / "}})["results"]
        self.assertEqual(results[0]["values"], ["example / com"])

    def test_what_is_no_name_is_answered_with_an_error(self):
        self.assertEqual(ask({"domain": "localhost"}), {"error": 'Expected a name with a dot in it, found "localhost".', "results": []})


if __name__ == "__main__":
    unittest.main()
