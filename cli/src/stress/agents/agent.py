"""An agent in Python, on the Python client: one subscription until the end, an emit for each reaction.

`../swarm.ts` has what the agents agree on, `../journal.ts` the form of the journal.
"""

import json
import os
import sys
import threading
import time

import waitbus

RUN = os.environ["WAITBUS_SWARM_RUN"]
NAME = os.environ["WAITBUS_SWARM_NAME"]
JOURNAL = os.open(os.environ["WAITBUS_SWARM_JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def note(**what):
    os.write(JOURNAL, (json.dumps(what) + "\n").encode())


def leash():
    """The run holds the other end of our stdin: when it is gone, so are we."""
    while sys.stdin.buffer.raw.read(4096):
        pass
    os._exit(1)


def react(seed_round):
    event = {
        "source": "agent",
        "event_type": "agent_finished",
        "delivery_id": "%s:reaction:%d" % (NAME, seed_round),
        "summary": "%s: reaction %d" % (NAME, seed_round),
        "fields": {
            "msg_from": NAME,
            "scope": "turn",
            "status": "completed",
            "conclusion": "success",
            "swarm_phase": "reaction",
            "swarm_round": seed_round,
            "sent_ns": str(time.monotonic_ns()),
        },
    }
    receipt = waitbus.emit(event)
    note(what="reacted", round=seed_round, id=receipt["results"][0]["event_id"])


def live():
    match = [
        'event_type="agent_finished"',
        'event_type="agent_failed"',
        'fields.msg_from^="%s."' % RUN,
    ]
    cursor = os.environ["WAITBUS_SWARM_CURSOR"]
    for event in waitbus.subscribe(match, sources=["agent"], since=cursor):
        at = time.monotonic_ns()
        fields = event["fields"]
        phase = fields.get("swarm_phase", "")
        seed_round = fields.get("swarm_round", 0)
        note(
            what="saw",
            id=event["event_id"],
            type=event["event_type"],
            phase=phase,
            round=seed_round,
            sent=fields.get("sent_ns", ""),
            sent_wall=fields.get("sent_wall", ""),
            at=str(at),
            **{"from": fields["msg_from"]},
        )
        if fields["msg_from"] != RUN + ".seed":
            continue
        if phase == "end":
            note(what="ended")
            return
        # One that is held stays in the middle of its turn, for good.
        if phase == "seed" and NAME not in fields.get("swarm_hold", "").split(","):
            react(seed_round)


note(what="started", pid=os.getpid())
threading.Thread(target=leash, daemon=True).start()
try:
    live()
except Exception as error:
    note(what="error", text=repr(error))
    raise
