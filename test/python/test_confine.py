import os
import socket
import unittest

from runner import confine


class Deserted(unittest.TestCase):
    def test_is_a_socket_or_pipe_whose_other_end_is_closed_also_with_something_left_to_read(self):
        for make in (socket_pair, pipe):
            with self.subTest(make.__name__):
                fd, write, close = make()
                self.assertFalse(confine.is_deserted(fd))
                write(b"something")
                self.assertFalse(confine.is_deserted(fd))
                close()
                self.assertTrue(confine.is_deserted(fd))
                self.assertEqual(os.read(fd, 100), b"something")
                os.close(fd)


def socket_pair():
    ours, theirs = socket.socketpair()
    return ours.detach(), theirs.sendall, theirs.close


def pipe():
    ours, theirs = os.pipe()
    return ours, lambda data: os.write(theirs, data), lambda: os.close(theirs)
