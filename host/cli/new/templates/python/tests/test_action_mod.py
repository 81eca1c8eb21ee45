"""Tests of example_module, without a server: each asks its handler as a host would."""

import json
import pathlib
import sys
import unittest

# The folder above those of modules, so that a module can import its helpers: from . import _helper
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from action_mod import example_module  # noqa: E402


def ask(query):
    return json.loads(json.dumps(example_module.handler(q=json.dumps(query).encode())))


DATA = {"Event": {"info": "New Malware"}}


class ExampleModule(unittest.TestCase):
    def test_a_workflow_goes_on_where_the_word_is_in_the_title(self):
        self.assertEqual(ask({"data": DATA, "params": {"word": "malware"}}), {"data": True})

    def test_and_stops_where_it_is_not(self):
        self.assertEqual(ask({"data": DATA, "params": {"word": "phishing"}}), {"error": '"phishing" is not in the title "New Malware".'})


if __name__ == "__main__":
    unittest.main()
