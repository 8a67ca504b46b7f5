"""Compares what producers had acknowledged, what subscribers saw and what the log holds.

checker.py LEDGERS SOCKET [SINCE]  replays the log over the socket, from a cursor on
checker.py LEDGERS LOG.json        takes it from a file: {"floor": null, "events": [frames]}

Prints a line for every violation, then one line of JSON with figures; exits 1 on a violation.
Knows the ledgers (README.md beside this file) and the wire document, and no code of waitbus.
"""
import json
import os
import stat
import sys

from following import follow
from wire1 import replay

WILL = "will"


def lines_of(directory, suffix):
    """The words of each line. The last of a killed program may be torn: it was not yet true then."""
    for name in sorted(os.listdir(directory)):
        if not name.endswith(suffix):
            continue
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            for line in file:
                if line.endswith("\n"):
                    yield line[:-1].split(" ", 2)


def author(event):
    """Who made an event and the how-manieth of theirs it is."""
    fields = event["fields"]
    if WILL in fields:
        return WILL, fields[WILL]
    return fields.get("producer"), fields.get("n")


class Checker:
    def __init__(self, directory, floor, log):
        self.directory = directory
        self.floor = floor or ""
        self.log = log
        self.problems = []
        for event in log:
            event["fields"].pop("pad", None)
        self.in_log = {event["event_id"]: event for event in log}
        # With retention, what was acknowledged or seen has been in the log, although it is gone.
        self.known = {event["event_id"]: author(event) for event in log}
        self.event_of = dict(self.in_log)
        self.figures = {"log": len(log), "acknowledged": 0, "subscribers": 0, "seen": 0, "gaps": 0}

    def says(self, what, *details):
        self.problems.append(what % details)

    def check(self):
        self.check_producers()
        self.check_log()
        self.check_wills()
        self.check_subscribers()
        return not self.problems

    def check_producers(self):
        self.sent, acknowledged, promised = {}, {}, []
        for name, what, *rest in lines_of(self.directory, ".producer"):
            if what == "sent":
                self.sent[name] = int(rest[0])
            elif what == "ack":
                number, event_id = rest[0].split(" ")
                acknowledged.setdefault(name, {}).setdefault(int(number), set()).add(event_id)
            elif what == "promised":
                promised.append((name, int(rest[0])))
        for name, numbers in acknowledged.items():
            for number, ids in numbers.items():
                self.figures["acknowledged"] += 1
                if len(ids) > 1:
                    self.says("doubled: %s %d acknowledged as %s", name, number, sorted(ids))
                for event_id in ids:
                    self.check_acknowledged(name, number, event_id)

        authors = set(self.known.values())
        self.figures["promised"] = len(promised)
        for name, number in promised:
            if (name, number) not in authors:
                self.says("lost: %s %d, which was spooled, is not in the log", name, number)

    def check_acknowledged(self, name, number, event_id):
        held = self.in_log.get(event_id)
        if held is None and event_id > self.floor:
            self.says("lost: %s %d, acknowledged as %s, is not in the log", name, number, event_id)
        if held is not None and author(held) != (name, number):
            self.says("wrong: %s is %s in the log, %s %d was acknowledged", event_id, author(held), name, number)
        self.known.setdefault(event_id, (name, number))
        self.event_of.setdefault(event_id, {"fields": {"producer": name, "n": number, "bucket": number % 100}})

    def check_log(self):
        previous, last_of, seen, units = "", {}, {}, {}
        for event in self.log:
            event_id, (name, number) = event["event_id"], author(event)
            if event_id <= previous:
                self.says("swapped: the log has %s after %s", event_id, previous)
            previous = event_id
            if (name, number) in seen:
                self.says("doubled: %s %s is in the log as %s and %s", name, number, seen[name, number], event_id)
            seen[name, number] = event_id
            if name == WILL:
                continue
            if name not in self.sent or number >= self.sent[name]:
                self.says("invented: the log has %s of %s %s, which nobody sent", event_id, name, number)
                continue
            after = last_of.get(name)
            if after is not None and number < after:
                self.says("swapped: the log has %s %d after %d", name, number, after)
            if number > (after if after is not None else -1) + 1 and (after is not None or not self.floor):
                self.says("hole: the log has %s %d after %s", name, number, "nothing" if after is None else after)
            last_of[name] = number
            unit = event["fields"].get("unit")
            if unit is not None:
                units.setdefault((name, unit, event["fields"]["of"]), []).append(number)
        for (name, unit, size), numbers in units.items():
            if len(numbers) != size and not self.floor:
                self.says("torn: %d of the %d events of %s's request %s are in the log", len(numbers), size, name, unit)

    def check_wills(self):
        fates = {}
        for name, what, *_ in lines_of(self.directory, ".wills"):
            fates.setdefault(name, []).append(what)
        published = {number: 0 for number in fates}
        for event in self.log:
            name, number = author(event)
            if name == WILL and number not in published:
                self.says("invented: the will of %s, who never attached", number)
            elif name == WILL:
                published[number] += 1
        for name, fate in fates.items():
            # A detach that was not acknowledged may have come before the end or after it.
            allowed = {1} if "killed" in fate and "detached" not in fate else {0}
            if "attached" not in fate or "detaching" in fate and "detached" not in fate:
                allowed = {0, 1}
            if published[name] not in allowed:
                self.says("will: %s was %s; published %d times", name, ", ".join(fate), published[name])
        self.figures["wills"] = sum(published.values())

    def check_subscribers(self):
        histories = {}
        for name, what, *rest in lines_of(self.directory, ".subscriber"):
            histories.setdefault(name, []).append((what, rest[0] if rest else ""))
        for name, history in histories.items():
            for what, rest in history:
                if what == "event":
                    self.check_seen(name, *rest.split(" "))
        self.order = sorted(self.event_of)
        self.figures["subscribers"] = len(histories)
        for name, history in histories.items():
            follow(self, name, history)

    def check_seen(self, name, event_id, producer, number):
        """Content as the subscriber had it; `-` where the frame was cut short."""
        self.figures["seen"] += 1
        if event_id not in self.in_log and event_id > self.floor:
            self.says("invented: %s saw %s, which is not in the log", name, event_id)
        if producer == "-":
            return
        known = self.known.get(event_id)
        if known is not None and (str(known[0]), str(known[1])) != (producer, number):
            self.says("wrong: %s saw %s as %s %s; it is %s", name, event_id, producer, number, known)
        if known is None and event_id <= self.floor and number.isdigit():
            self.known[event_id] = (producer, int(number))
            fields = {"producer": producer, "n": int(number), "bucket": int(number) % 100}
            self.event_of[event_id] = {"fields": fields}


def main():
    directory, source = sys.argv[1], sys.argv[2]
    if stat.S_ISSOCK(os.stat(source).st_mode):
        floor, log = replay(source, *sys.argv[3:])
    else:
        with open(source, encoding="utf-8") as file:
            log = json.load(file)
        floor, log = log["floor"], log["events"]
    checker = Checker(directory, floor, log)
    good = checker.check()
    for problem in checker.problems[:50]:
        print(problem)
    if len(checker.problems) > 50:
        print("and %d more" % (len(checker.problems) - 50))
    print(json.dumps(checker.figures))
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
