"""`--debug-extended`: every HTTP exchange of the requests library goes to the log, unredacted on purpose."""

from __future__ import annotations

import logging
import secrets


def log_http(module: str) -> None:
    """Wrap the adapter that all of requests' traffic goes through. Nothing happens where requests is not installed."""
    try:
        from requests.adapters import HTTPAdapter
    except ImportError:
        return
    log = logging.getLogger("misp-modules.http")
    log.setLevel(logging.DEBUG)
    log.addHandler(logging.StreamHandler())
    log.propagate = False
    send = HTTPAdapter.send

    def logged(self, request, *args, **kwargs):
        exchange = secrets.token_hex(4)
        log.debug("%s module=%s %s %s", exchange, module, request.method, request.url)
        log.debug("%s module=%s request headers %s", exchange, module, dict(request.headers))
        log.debug("%s module=%s request body %r", exchange, module, request.body)
        response = send(self, request, *args, **kwargs)
        log.debug("%s module=%s status %s headers %s", exchange, module, response.status_code, dict(response.headers))
        if not kwargs.get("stream"):
            log.debug("%s module=%s response body %r", exchange, module, response.content)
        return response

    HTTPAdapter.send = logged
