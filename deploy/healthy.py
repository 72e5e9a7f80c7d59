#!/usr/bin/env python3
"""Asks the bot of this machine for /healthz; exits 0 where it is well, or where HELPBOT_HEALTH_PORT=0 serves none."""

from __future__ import annotations

import os
import sys
from http.client import HTTPConnection, HTTPException


def is_well() -> bool:
    """Whether /healthz answers 200 within three seconds."""
    host = os.environ.get("HELPBOT_HEALTH_HOST") or "127.0.0.1"
    port = int(os.environ.get("HELPBOT_HEALTH_PORT") or 8766)
    if port == 0:
        return True
    # A bot that listens on every address is asked on the loopback one.
    connection = HTTPConnection({"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port, timeout=3)  # noqa: S104
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        sys.stdout.write(f"{answer.status} {answer.read(500).decode('utf-8', 'replace')}\n")
        return answer.status == 200
    except (OSError, HTTPException) as error:
        sys.stdout.write(f"no answer on port {port}: {type(error).__name__}\n")
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_well() else 1)
