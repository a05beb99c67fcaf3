"""Python loads this by itself at its start: notes whom the process connects to, and whose names it looks up."""

import asyncio
import os
import sys

import uvloop

NOTED = {"socket.connect": 1, "socket.sendto": 1, "socket.getaddrinfo": 0, "socket.gethostbyname": 0}


def note(event: str, arguments: tuple[object, ...]) -> None:
    if event in NOTED:
        descriptor = os.open(os.environ["NOTES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, f"{event} {arguments[NOTED[event]]!r}\n".encode())
        os.close(descriptor)


sys.addaudithook(note)
# uvloop speaks to the kernel without Python, where nothing is noted; Python's own loop does the same work in its place.
uvloop.new_event_loop = asyncio.new_event_loop  # type: ignore[assignment]
