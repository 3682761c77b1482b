"""Connecting to a Ray cluster, or starting one on this machine for one command."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from xray_model.errors import InvalidConfig, MissingExtra

OBJECT_STORE = 128 * 2**20  # bytes of shared memory: rows and figures are small

OWN, AUTO = "local", "auto"  # Ray's words for a new cluster, and for the one on this machine
PATIENCE = 10.0  # seconds for a machine to answer


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """The cluster at `address` ("10.0.0.1:6379"; "auto" for the one on this machine) until the end of the block.

    Without an address one is started on this machine, for this process alone. A process that is connected already stays
    so: Ray knows one cluster a process. In the block, `sys.stdout` is standard error: Ray prints there what it has to
    say of lost machines, but standard output belongs to the figures. Raises `InvalidConfig` if nothing answers there,
    or if it has another version of Python or Ray, and `MissingExtra` if Ray is not installed.
    """
    options: dict[str, Any] = {"address": address, "log_to_driver": False, "logging_level": "ERROR"}
    if address is None:
        options |= {"address": OWN, "include_dashboard": False, "object_store_memory": OBJECT_STORE}
        # Its ports are open to all who reach this machine, so it asks for a token that no other process has
        os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    elif address != AUTO:
        _check_answers(address)  # Ray itself would wait for minutes
    try:
        import ray  # which reads the two when it is imported
    except ImportError as error:
        raise MissingExtra(str(error.name), "ray") from error
    with redirect_stdout(sys.stderr):
        if ray.is_initialized():
            yield
            return
        _join(options)
        try:
            yield
        finally:
            ray.shutdown()


def _join(options: dict[str, Any]) -> None:
    import ray

    address = options["address"]
    try:
        ray.init(**options)
    except (ConnectionError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        reason = str(error).strip().partition("\n")[0]
        where = "on this machine" if address == OWN else f"at {address}"
        hint = "" if address == OWN else " If it asks for a token, set RAY_AUTH_MODE=token and RAY_AUTH_TOKEN_PATH."
        raise InvalidConfig(f"No Ray cluster can be used {where} ({reason}).{hint}") from error


def _check_answers(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
    except ValueError as error:
        raise InvalidConfig(f"{address} is no cluster's address. Give one as 10.0.0.1:6379, or {AUTO}.") from error
    except OSError as error:
        raise InvalidConfig(f"No Ray cluster can be used at {address} ({error.strerror or error}).") from error
