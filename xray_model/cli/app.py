"""The command that opens the app."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from xray_model.cli.shared import SUCCESS, command, port_number
from xray_model.errors import InvalidConfig
from xray_model.jobs import runs_folder

PACKAGE = Path(__file__).resolve().parents[1]

APP_HELP = """Open the app in the browser; Ctrl+C ends it.

Without --port, it uses 8501 or the next free port. An address other than localhost lets other machines connect."""


def add_app(commands: Any) -> None:
    """Register `app`."""
    parser = command(commands, app, "open the app in the browser", APP_HELP)
    parser.add_argument("--port", type=port_number, metavar="N")
    parser.add_argument("--address", default="localhost", metavar="A", help="(default: localhost)")


def app(options: argparse.Namespace) -> int:
    """Serve the app until it is interrupted."""
    from streamlit.web.cli import main as streamlit

    runs_folder.base()  # says now, not at the first run, that the host has named a wrong one
    folder = PACKAGE / "_app"  # in a wheel; Streamlit finds .streamlit/config.toml beside the script
    script = (folder if folder.is_dir() else PACKAGE.parent) / "app.py"
    port = [f"--server.port={options.port}"] if options.port else []
    flags = [f"--server.address={options.address}", "--server.showEmailPrompt=false", *port]
    try:
        streamlit(["run", str(script), *flags], prog_name="streamlit", standalone_mode=False)
    except RuntimeError as error:
        if not isinstance(error.__cause__, KeyboardInterrupt):  # Ctrl+C ends it
            raise
    except OSError as error:
        raise InvalidConfig(f"The app cannot be served at {options.address} ({error.strerror or error}).") from error
    return SUCCESS
