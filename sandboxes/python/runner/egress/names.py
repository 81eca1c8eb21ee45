"""Where hosts are: asked at the door, because nothing in the cell can ask anybody else.

Replaces what Python code looks names up with, `socket.getaddrinfo` and its like, and the resolver of dnspython. What resolves names in C
by itself does not come through here.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

from ..after_import import after_import

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
    after_import("dns.nameserver", lambda module: _answer_dnspython(door, module))


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
    from .ask import ask

    try:
        said = ask(door, question, argument)
    except (OSError, ValueError) as error:
        raise socket.gaierror(socket.EAI_AGAIN, f"the host does not answer: {error}") from error
    if "ok" in said:
        return said["ok"]
    raise Refused(said["err"], said["code"])


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
