"""A runner: becomes one module and answers queries about it, one at a time. The same for every way of starting it."""

from __future__ import annotations

import gc
import opcode
import os
import sys
import traceback
import types
import warnings

from . import confine, reap
from .egress.loopback_proxy import LoopbackProxy, point_at
from .frames import PROTOCOL, Channel
from .load import Sources, load
from .serialise import Unserialisable, dumps, loads
from .template import Template

_MEGABYTE = 1 << 20
_TRACE_BYTES = 64 * 1024
# A body becomes several Python objects (bytes, text, parsed values): what a query may use grows with it.
_DATA_PER_BODY_BYTE = 8
_SMALL_BODY = 1 * _MEGABYTE
_RAISE = opcode.opmap["RAISE_VARARGS"]
_FOLDER = os.path.dirname(__file__)


def main(fd_in: int, fd_out: int, template: Template | None = None, proxy: LoopbackProxy | None = None) -> int:
    """Obey the host until it closes the channel. Returns the status to leave with.

    `template`: what it is already, instead of being told. `proxy`: the way out, where there is one only.
    """
    # What a module printed before it was killed is wanted most of all.
    sys.stdout.reconfigure(line_buffering=True)
    channel = Channel(fd_in, fd_out)
    runner = _Runner(channel, proxy)
    try:
        if template is not None:
            runner.be(template)
        channel.write({"type": "ready", "protocol": PROTOCOL, "pid": os.getpid()})
        while (message := channel.read()) is not None and runner.obey(*message):
            pass
    except ConnectionError:
        # The host has closed the channel while something was written: nobody is there to be told, and the log is the module's.
        pass
    return 0


class _Runner:
    def __init__(self, channel: Channel, proxy: LoopbackProxy | None) -> None:
        self._channel = channel
        self._proxy = proxy
        self._module: types.ModuleType | None = None
        self._dict_handler = False
        self._memory_bytes = 1024 * _MEGABYTE
        self._once = False
        self._folder: str | None = None
        self._is_home = False

    def be(self, template: Template) -> None:
        """Become the module that was imported before this process was forked."""
        message = template.message
        self._settle(message)
        if not self._once:
            self._go_home()
        self._hold(message, template.filter, template.data_bytes)
        self._become(template.module)

    def obey(self, header: dict, body: bytes) -> bool:
        """Do what one message says. False: leave."""
        kind = header["type"]
        if kind == "query":
            return self._query(header, body)
        if kind == "load":
            return self._load(header, body)
        if kind == "ping":
            self._channel.write({"type": "pong", "id": header["id"]})
            return True
        raise ValueError(f"expected a load, query or ping message, found {kind!r}")

    def _load(self, message: dict, content: bytes) -> bool:
        self._settle(message)
        if self._folder is not None:
            self._go_home()
        self._hold(message, confine.filter_of(message))
        # An import makes objects that stay: looking for garbage among them costs a tenth of the time. Frozen afterwards, they
        # are not touched by later collections, which would copy pages that are shared with the fork server.
        gc.disable()
        sources = Sources(content)
        try:
            if message["describe"]:
                from .describe import Imports, describe

                # Only then: watching imports looks at every module there is, which copies pages that are shared. What libraries
                # warn of would be said to come from us; a runner that answers queries shows it.
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    with Imports() as imported:
                        module = load(message, sources)
                    fields, payload = describe(module, message, imported, sources)
            else:
                module = load(message, sources)
                fields, payload = {}, b""
            self._become(module)
        except BaseException as error:  # noqa: BLE001 - SystemExit at import is a reason like any other
            from .describe import failure

            self._channel.write({"type": "failed", "id": message["id"], **failure(error, message.get("file"))})
            return False
        finally:
            _flush()
        gc.freeze()
        gc.enable()
        confine.limit_data(self._memory_bytes)
        self._channel.write({"type": "loaded", "id": message["id"], **fields}, payload)
        return True

    def _become(self, module: types.ModuleType) -> None:
        self._module = module
        self._dict_handler = hasattr(module, "dict_handler")

    def _settle(self, message: dict) -> None:
        """Folder, environment and whether it stays, before any line of the module runs."""
        self._once = message.get("once", False)
        scratch = message["scratch"]
        if message.get("hold") is None:
            os.chdir(scratch)
        else:
            # Nobody outside of the cell can make it; the fork server knows whose it is by its name.
            scratch = self._folder = os.path.join(scratch, str(os.getpid()))
        os.environ["TMPDIR"] = scratch
        os.environ.update(message["env"])

    def _go_home(self) -> None:
        """Into its folder, which nobody has used: whoever else is in the cell can write there as well, if it is before him."""
        try:
            os.mkdir(self._folder, 0o700)
        except FileExistsError:
            reap.remove(self._folder)
            os.mkdir(self._folder, 0o700)
        os.chdir(self._folder)
        self._is_home = True

    def _hold(self, message: dict, filter: confine.Filter | None, data_bytes: int | None = None) -> None:
        """The limits of this runner, before any line of the module runs."""
        confine.limit_files(message["descriptors"], message["file_mb"] * _MEGABYTE)
        self._memory_bytes = message["memory_mb"] * _MEGABYTE
        confine.limit_data(self._memory_bytes, data_bytes)
        if "hold" in message:
            confine.hold(message["hold"]["processes"], filter)
        if message["debug_http"]:
            from .debug_http import log_http

            log_http(message["name"])

    def _query(self, header: dict, body: bytes) -> bool:
        if len(body) > _SMALL_BODY:
            confine.limit_data(self._memory_bytes + _DATA_PER_BODY_BYTE * len(body))
        confine.limit_cpu(header["cpu"])
        if self._folder is not None and not self._is_home:
            self._go_home()
        if self._proxy is not None:
            point_at(self._proxy.url, header["query"])
        outcome, payload = self._answer(body)
        _flush()
        try:
            self._channel.write_line(
                b'{"type":"result","id":"%b","outcome":"%b"}\n' % (header["id"].encode(), outcome.encode()), payload
            )
        except OverflowError as error:
            self._channel.write({"type": "result", "id": header["id"], "outcome": "exception"}, str(error).encode())
        if len(body) > _SMALL_BODY:
            confine.limit_data(self._memory_bytes)
        return outcome != "exit" and not self._once

    def _answer(self, body: bytes) -> tuple[str, bytes]:
        """Outcome and payload: the serialised answer, or for a failure the traceback."""
        if self._dict_handler:
            try:
                request = loads(body)
            except Exception as error:  # noqa: BLE001 - the runner's own parser has the last word on a body
                return "refused", str(error).encode()
        else:
            request = None
        try:
            answer = self._ask(request, body)
            try:
                payload = dumps(answer)
            except Unserialisable:
                return "bad_result", _trace()
            failed = isinstance(answer, dict) and bool(answer.get("error") or answer.get("errors"))
            return ("module_error" if failed else "success"), payload
        except TimeoutError:
            return "timeout", _trace()
        except MemoryError as error:
            return ("exception" if _is_raised(error) else "out_of_memory"), _trace()
        except Exception:  # noqa: BLE001 - upstream's rule: any Exception is the generic error
            return "exception", _trace()
        except BaseException as error:  # noqa: BLE001 - SystemExit, KeyboardInterrupt and the like: this runner is over
            return ("cancelled" if _is_cancelled(error) else "exit"), _trace()

    def _ask(self, request: object, body: bytes) -> object:
        if self._dict_handler:
            try:
                return self._module.dict_handler(request=request)
            except AttributeError:
                # Upstream's rule, and clients see it: an AttributeError from anywhere inside means "use handler".
                pass
        return self._module.handler(q=body)


def _is_raised(error: MemoryError) -> bool:
    # Upstream has no limit of memory: what it knows is a module that says so by itself, and clients see the difference.
    at = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    return at is not None and at.tb_frame.f_code.co_code[at.tb_lasti] == _RAISE


def _is_cancelled(error: BaseException) -> bool:
    # Nobody can raise it who has not imported asyncio, which is too costly to import for this.
    asyncio = sys.modules.get("asyncio.exceptions")
    return asyncio is not None and isinstance(error, asyncio.CancelledError)


def _trace() -> bytes:
    """What the module did, without the frames of this package that led there."""
    try:
        error = sys.exc_info()[1]
        at = error.__traceback__
        while at is not None and os.path.dirname(at.tb_frame.f_code.co_filename) == _FOLDER:
            at = at.tb_next
        return "".join(traceback.format_exception(type(error), error, at)).encode("utf-8", "backslashreplace")[-_TRACE_BYTES:]
    except BaseException as error:  # noqa: BLE001 - an exception whose own text raises
        return f"{type(error).__name__} while describing the module's exception".encode()


def _flush() -> None:
    """What the module printed becomes log lines of this query and not of the next."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BaseException:  # noqa: BLE001 - a module may have closed or replaced them
            pass
