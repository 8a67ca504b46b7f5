"""Protocol 1 from the side of a client, as the wire document has it. Shares no code with waitbus."""
import json
import socket
import struct

FIRST_CURSOR = "0" * 26


class Connection:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb", buffering=1 << 20)

    def send(self, message):
        body = json.dumps(message).encode("utf-8")
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def receive(self):
        (length,) = struct.unpack(">I", self._exactly(4))
        return json.loads(self._exactly(length))

    def _exactly(self, size):
        data = self.stream.read(size)
        if len(data) < size:
            raise EOFError("the daemon ended the connection")
        return data


def replay(path, since=FIRST_CURSOR):
    """The log from a cursor on: (the floor or None, the frames of its events in order, large ones fetched)."""
    connection, asking = Connection(path), Connection(path)
    connection.send({"op": "subscribe", "since": since})
    acknowledged = connection.receive()
    if acknowledged["kind"] != "subscribe_ack":
        raise ValueError("not acknowledged: %s" % acknowledged)
    floor, events = None, []
    while True:
        frame = connection.receive()
        if frame["kind"] == "caught_up":
            return floor, events
        if frame["kind"] == "gap":
            floor = frame["floor"]
        elif frame["kind"] == "event":
            events.append(frame)
        elif frame["kind"] == "truncated":
            asking.send({"op": "get", "event_id": frame["event_id"]})
            events.append(asking.receive()["event"])
