import ctypes.util
import re
import subprocess
import unittest

from runner import libraries


class Libraries(unittest.TestCase):
    def setUp(self):
        self.real = ctypes.util.find_library
        self.addCleanup(setattr, ctypes.util, "find_library", self.real)
        libraries.find_by_cache()

    def test_are_found_as_python_finds_them(self):
        listed = subprocess.run(["/sbin/ldconfig", "-p"], capture_output=True, text=True, check=True).stdout
        names = sorted(set(re.findall(r"\tlib([^.\s]+)\.", listed)))[:25]
        for name in [*names, "c", "no_such_library"]:
            with self.subTest(name):
                self.assertEqual(ctypes.util.find_library(name), self.real(name))

    def test_can_be_loaded_by_what_is_found(self):
        self.assertGreater(ctypes.CDLL(ctypes.util.find_library("c")).getpid(), 0)
