"""The command that answers other programs: `serve`."""

from __future__ import annotations

import argparse
import os
import socket
from typing import Any

from xray_model.cli.shared import SUCCESS, add_bundle, command, port_number, say
from xray_model.errors import InvalidConfig, MissingExtra

TOKEN = "XRAY_TOKEN"  # in the environment, for others can read a process's arguments
LOCAL = ("localhost", "127.0.0.1", "::1")
GRACE = 60  # seconds for what is in work when it is told to stop
SERVE_HELP = """Answer other programs over HTTP: an image or DICOM file in, JSON out.

POST /predict answers for a file, POST /evaluate measures the bundle on a ZIP archive of class folders; GET /health and
/metrics (Prometheus) tell how it goes, /openapi.json describes it all. A file is the body itself:
    curl --data-binary @film.png 'http://localhost:8600/predict?prevalence=0.2'
Files stay in memory and are forgotten with the answer; the log has a line of JSON a request, and nothing of a file.
If XRAY_TOKEN is set, clients must send it as 'Authorization: Bearer TOKEN'. Encrypt what leaves the machine: put a
proxy with HTTPS in front. Needs: pip install 'chest-xray-pneumonia[serve]'."""


def add_serve(commands: Any) -> None:
    """Register `serve`."""
    parser = command(commands, serve, "answer other programs over HTTP", SERVE_HELP)
    parser.add_argument("--port", type=port_number, default=8600, metavar="N", help="(default: 8600)")
    parser.add_argument("--address", default="localhost", metavar="A", help="(default: localhost)")
    add_bundle(parser)


def serve(options: argparse.Namespace) -> int:
    """Serve until it is interrupted; what is in work is still answered."""
    try:
        import uvicorn

        from xray_model.service.app import create_app
    except ImportError as error:
        raise MissingExtra(str(error.name), "serve") from error
    from xray_model.bundles.bundle import load_bundle

    app = create_app(load_bundle(options.bundle), os.environ.get(TOKEN))
    try:
        listener = socket.create_server((options.address, options.port))
    except OSError as error:
        where = f"{options.address}, port {options.port}"
        raise InvalidConfig(f"Nothing can be served at {where} ({error.strerror or error}).") from error
    if options.address not in LOCAL and not os.environ.get(TOKEN):
        say(f"Anyone who reaches {options.address} may ask. Set {TOKEN} to let in only those who know it.")
    say(f"http://{options.address}:{listener.getsockname()[1]}")
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        proxy_headers=False,
    )
    uvicorn.Server(config).run([listener])
    return SUCCESS
