"""Server-sent events, as language model servers stream them: bytes to the data of events (WHATWG HTML 9.2)."""

from dialogue.errors import EngineError

LARGEST_EVENT_BYTES = 1_000_000


class EventParser:
    """Takes a stream of bytes in pieces of any size; every cut gives the same events."""

    def __init__(self) -> None:
        self._rest = b""
        """The line that has not ended yet."""
        self._after_return = False
        """Whether the last line ended in a carriage return, to which a line feed may still belong."""
        self._data: list[bytes] = []
        self._size = 0
        """Bytes of the event so far."""

    def push(self, received: bytes) -> list[str]:
        """Take the next bytes and give the data of the events that they complete.

        Raises EngineError for an event larger than LARGEST_EVENT_BYTES.
        """
        if not received:
            return []
        if self._after_return:
            received = received.removeprefix(b"\n")
            if not received:
                self._after_return = False
                return []
        self._after_return = received.endswith(b"\r")
        *lines, self._rest = (self._rest + received).replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        events = [event for line in lines if (event := self._take(line)) is not None]
        if self._size + len(self._rest) > LARGEST_EVENT_BYTES:
            raise EngineError("the language model's server sends something endless: check reply.openai.base_url")
        return events

    def _take(self, line: bytes) -> str | None:
        """Take one line; an empty one ends an event."""
        if line:
            name, _, value = line.partition(b":")
            self._size += len(line)
            if name.removeprefix(b"\xef\xbb\xbf") == b"data":
                self._data.append(value.removeprefix(b" "))
            return None
        data, self._data, self._size = self._data, [], 0
        return b"\n".join(data).decode(errors="replace") if data else None
