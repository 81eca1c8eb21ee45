"""Where hosts are: asked at the door, because nothing in the cell can ask anybody else.

Replaces what Python code looks names up with, `socket.getaddrinfo` and its like, and the resolver of dnspython. What resolves names in C
by itself does not come through here.
"""

from __future__ import annotations

import base64
import http.client
import importlib.abc
import importlib.machinery
import importlib.util
import ipaddress
import json
import os
import socket
import sys
from typing import Any
from urllib.parse import unquote, urlsplit

_SECONDS = 30
_real_getaddrinfo = socket.getaddrinfo


def ask_at(door: str) -> None:
    """From now on names are looked up at this door."""

    def getaddrinfo(host: Any, port: Any, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0) -> list:
        name = host.decode() if isinstance(host, (bytes, bytearray)) else host
        if name is None or name == "" or name == "localhost" or _is_address(name):
            return _real_getaddrinfo(host, port, family, type, proto, flags)
        found = []
        for address in _addresses(door, name):
            try:
                found += _real_getaddrinfo(address, port, family, type, proto, flags | socket.AI_NUMERICHOST)
            except socket.gaierror:
                # An address of the other family.
                continue
        if not found:
            raise socket.gaierror(socket.EAI_NONAME, f"{name} has no such address")
        return found

    def gethostbyname(name: str) -> str:
        return getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]

    def gethostbyname_ex(name: str) -> tuple[str, list, list]:
        return name, [], list(dict.fromkeys(each[4][0] for each in getaddrinfo(name, None, socket.AF_INET, socket.SOCK_STREAM)))

    def gethostbyaddr(address: str) -> tuple[str, list, list]:
        names = _ask(door, "/dns", {"name": address, "type": "PTR"})
        return names[0], names[1:], [address]

    socket.getaddrinfo = getaddrinfo
    socket.gethostbyname = gethostbyname
    socket.gethostbyname_ex = gethostbyname_ex
    socket.gethostbyaddr = gethostbyaddr
    if "dns.nameserver" in sys.modules:
        _answer_dnspython(door, sys.modules["dns.nameserver"])
    else:
        sys.meta_path.insert(0, _AfterImport("dns.nameserver", lambda module: _answer_dnspython(door, module)))


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True


def _addresses(door: str, name: str) -> list[str]:
    return _ask(door, "/lookup", {"name": name})


class Refused(socket.gaierror):
    """Why a name was not looked up, in the words of the host; `code` is one of its own."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(socket.EAI_NONAME, message)
        self.code = code


def _ask(door: str, question: str, argument: dict) -> Any:
    connection = _Connection(door)
    try:
        connection.request("POST", question, json.dumps(argument), {"content-type": "application/json", **_of_query()})
        said = json.loads(connection.getresponse().read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise socket.gaierror(socket.EAI_AGAIN, f"the host does not answer: {error}") from error
    finally:
        connection.close()
    if "ok" in said:
        return said["ok"]
    raise Refused(said["err"], said["code"])


def _of_query() -> dict[str, str]:
    """Which query it is for: what the proxy is told as well, see `point_at`."""
    query = urlsplit(os.environ.get("http_proxy", "")).username
    if query is None:
        return {}
    return {"proxy-authorization": "Basic " + base64.b64encode(f"{unquote(query)}:".encode()).decode()}


class _Connection(http.client.HTTPConnection):
    def __init__(self, door: str) -> None:
        super().__init__("door", timeout=_SECONDS)
        self._path = door

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def _answer_dnspython(door: str, nameserver: Any) -> None:
    """Let every server that dnspython would ask be the door. Not for zone transfers and the like, which do not come this way."""
    import dns.exception
    import dns.flags
    import dns.message
    import dns.rcode
    import dns.rdatatype
    import dns.rrset

    def query(self: Any, request: Any, timeout: float, *_args: Any, **_more: Any) -> Any:
        response = dns.message.make_response(request)
        response.flags |= dns.flags.RA
        question = request.question[0]
        kind = dns.rdatatype.to_text(question.rdtype)
        try:
            answers = _ask(door, "/dns", {"name": question.name.to_text(), "type": kind})
        except Refused as error:
            response.set_rcode(_rcode(error))
            return response
        except socket.gaierror as error:
            raise dns.exception.Timeout(timeout=timeout) from error
        texts = [_to_text(kind, each) for each in (answers if isinstance(answers, list) else [answers])]
        if texts:
            response.answer.append(dns.rrset.from_text(question.name, 0, "IN", kind, *texts))
        # As it would have come: a message that was read can be searched, one that was put together cannot.
        return dns.message.from_wire(response.to_wire())

    def _rcode(error: Refused) -> int:
        if error.code == "denied":
            return dns.rcode.REFUSED
        if error.code == "bad_request":
            return dns.rcode.NOTIMP
        if "ENODATA" in str(error):
            return dns.rcode.NOERROR
        return dns.rcode.NXDOMAIN if "ENOTFOUND" in str(error) else dns.rcode.SERVFAIL

    async def async_query(self: Any, request: Any, timeout: float, *_args: Any, **_more: Any) -> Any:
        return query(self, request, timeout)

    nameserver.Do53Nameserver.query = query
    nameserver.Do53Nameserver.async_query = async_query


def _to_text(kind: str, answer: Any) -> str:
    """One record of what Node's resolver says, as a zone file has it."""
    if kind == "TXT":
        return " ".join('"' + part.replace("\\", "\\\\").replace('"', '\\"') + '"' for part in answer)
    if kind == "MX":
        return f"{answer['priority']} {_full(answer['exchange'])}"
    if kind == "SOA":
        numbers = " ".join(str(answer[key]) for key in ("serial", "refresh", "retry", "expire", "minttl"))
        return f"{_full(answer['nsname'])} {_full(answer['hostmaster'])} {numbers}"
    return _full(answer) if kind in ("NS", "PTR", "CNAME") else answer


def _full(name: str) -> str:
    return name if name.endswith(".") else f"{name}."


class _AfterImport(importlib.abc.MetaPathFinder):
    """Calls `change` with one module as soon as it has been imported, and is then gone."""

    def __init__(self, name: str, change: Any) -> None:
        self._name = name
        self._change = change

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            execute(module)
            self._change(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
