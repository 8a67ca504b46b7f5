"""One subscriber's history beside what it was to see: each matching event once, in order, no hole
without a gap. A history is (word, rest) lines of its ledger; the first says what it wants."""
import json
from bisect import bisect_right

from matching import matcher


def follow(checker, name, history):
    """Walks one subscriber's history beside what it was to see."""
    wants = json.loads(history[0][1])
    matches, order, event_of = matcher(wants), checker.order, checker.event_of
    position, began = "", False
    last_seen = ""

    def skip_to(target, inclusive, why):
        """Nothing that matches may lie between the position and the target."""
        at, missing = bisect_right(order, position), []
        while at < len(order) and (order[at] < target or inclusive and order[at] == target):
            if matches(event_of[order[at]]):
                missing.append(order[at])
            at += 1
        if missing:
            first = missing[0]
            checker.says("lost: %s never saw %d events from %s (%s %s) on, %s", name, len(missing), first,
                         *(checker.known[first]), why)

    for what, rest in history[1:]:
        if what == "ack" and not began:
            began = True
            position = wants["since"] if wants.get("since") else rest
        elif what == "event":
            event_id = rest.split(" ", 1)[0]
            if event_id == last_seen:
                checker.says("doubled: %s saw %s twice", name, event_id)
            elif event_id <= last_seen:
                checker.says("swapped: %s saw %s after %s", name, event_id, last_seen)
            elif event_id <= position:
                checker.says("early: %s saw %s, at or before its cursor or a gap's floor %s", name, event_id, position)
            else:
                skip_to(event_id, False, "before %s" % event_id)
                if event_id in event_of and not matches(event_of[event_id]):
                    checker.says("uninvited: %s saw %s, which does not match", name, event_id)
                position = event_id
            last_seen = max(last_seen, event_id)
        elif what == "gap":
            after, floor = rest.split(" ")
            checker.figures["gaps"] += 1
            if after < position or floor <= after:
                checker.says("gap: %s was told of one from %s to %s; it stood at %s", name, after, floor, position)
            if floor > checker.floor:
                checker.says("gap: %s was told that %s is gone; the floor is %s", name, floor, checker.floor or "none")
            skip_to(after, True, "before the gap after %s" % after)
            position = max(position, floor)
        elif what == "caught":
            skip_to(rest, True, "though it was told that it had caught up with %s" % rest)
            position = max(position, rest)
        elif what == "done":
            skip_to(rest, True, "at its end at %s" % rest)
