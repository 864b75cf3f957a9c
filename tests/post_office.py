"""A mail server in a thread: it speaks enough SMTP for Django, and keeps what it is given."""

import socketserver
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Self


class PostOffice:
    """`with PostOffice() as office:` → `office.url`, `office.mails`. `refusing` answers every recipient with 550."""

    def __init__(self, *, refusing: bool = False) -> None:
        self.mails: list[EmailMessage] = []
        self.arrived = threading.Event()
        office = self

        class Counter(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                _converse(self, office, refusing)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Counter)
        self._server.daemon_threads = True
        self.url = f"smtp://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def text(self, number: int = -1) -> str:
        return self.mails[number].get_content()


def _converse(counter: socketserver.StreamRequestHandler, office: PostOffice, refusing: bool) -> None:
    say = lambda line: counter.wfile.write(f"{line}\r\n".encode())  # noqa: E731
    say("220 post office")
    while line := counter.rfile.readline():
        word = line.strip().upper()
        if word.startswith(b"QUIT"):
            say("221 bye")
            return
        if word.startswith(b"RCPT") and refusing:
            say("550 nobody of this name")
        elif word == b"DATA":
            say("354 go on")
            office.mails.append(_letter(counter))
            office.arrived.set()
            say("250 taken")
        else:
            say("250 fine")


def _letter(counter: socketserver.StreamRequestHandler) -> EmailMessage:
    lines = []
    while (line := counter.rfile.readline()) not in (b".\r\n", b""):
        lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
    return message_from_bytes(b"".join(lines), policy=policy.default)
