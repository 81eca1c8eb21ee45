"""Tests of example_module, without a server: each asks its handler as a host would."""

import base64
import json
import pathlib
import sys
import unittest

# The folder above those of modules, so that a module can import its helpers: from . import _helper
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from export_mod import example_module  # noqa: E402


def ask(query):
    return json.loads(json.dumps(example_module.handler(q=json.dumps(query).encode())))


def exported(attributes):
    """The file that the module makes of attributes."""
    return base64.b64decode(ask({"data": [{"Event": {"info": "test"}, "Attribute": attributes}]})["data"]).decode()


class ExampleModule(unittest.TestCase):
    def test_each_attribute_is_a_line(self):
        text = exported([{"type": "domain", "value": "example.com", "comment": "one, two"}])
        self.assertEqual(text, 'type,value,comment\r\ndomain,example.com,"one, two"\r\n')

    def test_an_event_without_attributes_is_a_file_with_a_head(self):
        self.assertEqual(exported([]), "type,value,comment\r\n")


if __name__ == "__main__":
    unittest.main()
