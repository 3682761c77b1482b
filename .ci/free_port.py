"""free_port.py FIRST: print the first port from FIRST on that nobody listens on, and say so when it is another one."""

import errno
import socket
import sys

TRIES = 100


def is_free(port: int) -> bool:
    """True when a server could listen on all addresses at `port`."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        if sys.platform != "win32":  # there it would let two servers share the port
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind(("", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            return False
    return True


def main(first: int) -> None:
    """Print the port on standard output; everything else goes to standard error."""
    for port in range(first, first + TRIES):
        if is_free(port):
            if port != first:
                sys.stderr.write(f"Port {first} is taken: using {port}.\n")
            sys.stdout.write(f"{port}\n")
            return
    raise SystemExit(f"The ports {first} to {first + TRIES - 1} are all taken. Give another one: make app PORT=9000")


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]))
    except (ValueError, OverflowError, PermissionError):
        raise SystemExit(f"PORT={sys.argv[1]} cannot be used. Give a number from 1024 to 65000.") from None
