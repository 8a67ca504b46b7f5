"""Tells the waitbus daemon about a pytest run: each failure as it happens, and the end.

Owns the mapping from pytest's reports to events (`Reporter`), one connection to the daemon (`Bus`)
and the spool that takes what the connection cannot (`Spool`). It owns no output: a run looks the
same with it and without it, and its trouble is shown only when WAITBUS_DEBUG is set.

Active only when loaded with `-p waitbus_pytest`. Standard library only; Python 3.8 and up.
PYTEST_DONT_REWRITE: it has no asserts, and rewriting would cost start-up time.
"""

from __future__ import annotations

import json
import os
import re
import select
import socket
import sys
import time
import weakref
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

Event = Dict[str, Any]

PATIENCE_NS = 250_000_000  # all the waiting that a run may cost, in total
CONNECTIONS = 3  # how often a lost connection is made anew
WINDOW_BYTES = 128 * 1024  # unacknowledged bytes; the socket buffer holds them and a detach besides
SEND_BUFFER_BYTES = 512 * 1024
REPLY_MAX_BYTES = 65_536
TEXT_MAX_BYTES = 64 * 1024
FAILED_MAX = 1_000
OUTCOMES = ("passed", "failed", "errors", "skipped", "xfailed", "xpassed")
LISTINGS = ("showfixtures", "show_fixtures_per_test", "cacheshow")
NOT_A_RUN = ("collectonly", "setuponly", "setupplan") + LISTINGS

_DEBUG = bool(os.environ.get("WAITBUS_DEBUG"))

# A clock that goes on during suspend, and that libraries which freeze time leave alone.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", 1))

# The configs of this process that stand for a whole run: what starts inside one is part of a test.
_running: "weakref.WeakSet[pytest.Config]" = weakref.WeakSet()


def _now() -> int:
    """Nanoseconds on a clock that never jumps."""
    return time.clock_gettime_ns(_CLOCK)


def _debug(problem: object) -> None:
    """One line to stderr if WAITBUS_DEBUG is set; the run's output is otherwise untouched."""
    if _DEBUG and sys.__stderr__ is not None:
        sys.__stderr__.write("waitbus_pytest: %s\n" % (problem,))


def cut(text: str, limit: int = TEXT_MAX_BYTES) -> str:
    """`text` in at most `limit` UTF-8 bytes; of a longer one the start and, more of it, the end."""
    data = text.encode("utf-8", "replace")
    if len(data) <= limit:
        return data.decode("utf-8")
    head, tail = data[: limit // 4], data[limit // 4 - limit + 64 :]
    note = "\n... %d bytes left out ...\n" % (len(data) - len(head) - len(tail))
    return head.decode("utf-8", "ignore") + note + tail.decode("utf-8", "ignore")


def one_line(text: str, limit: int) -> str:
    """The first line that is not blank, in at most `limit` characters."""
    line = (text.strip().splitlines() or [""])[0].strip()
    return line if len(line) <= limit else line[: limit - 3] + "..."


def error_message(report: Any) -> str:
    """The first line of the error behind a failed report, as pytest's summary would show it."""
    crash = getattr(report.longrepr, "reprcrash", None)
    text = getattr(crash, "message", None) or str(report.longrepr)
    if crash is None:
        marked = re.search(r"^E +(\S.*)$", text, re.MULTILINE)
        text = marked.group(1) if marked else text
    return one_line(str(text), 300)


def conclusion_of(exit_code: int, cancelled: bool, failures: int) -> str:
    """The common vocabulary's word for how a run ended; pytest's 2 stands for several of them."""
    if exit_code == pytest.ExitCode.INTERRUPTED:
        return "cancelled" if cancelled or failures == 0 else "failure"
    return {0: "success", 5: "neutral"}.get(exit_code, "failure")


def runtime_dir() -> str:
    """Where the daemon's socket is."""
    temporary = _env("TMPDIR") or _env("TMP") or _env("TEMP") or "/tmp"
    default = os.path.join(temporary.rstrip("/") or "/", "waitbus-%d" % os.getuid())
    return _env("WAITBUS_RUNTIME_DIR") or _below(_env("XDG_RUNTIME_DIR")) or default


def state_dir() -> str:
    """Where the daemon keeps what outlives it."""
    parent = "~/Library/Application Support" if sys.platform == "darwin" else "~/.local/state"
    default = os.path.join(os.path.expanduser(parent), "waitbus")
    return _env("WAITBUS_STATE_DIR") or _below(_env("XDG_STATE_HOME")) or default


def _env(name: str) -> str:
    return os.environ.get(name, "")


def _below(parent: str) -> str:
    return parent and os.path.join(parent, "waitbus")


def git_head(directory: str) -> Dict[str, str]:
    """`head_sha` and `head_branch` of the checkout around `directory`, as far as files tell."""
    try:
        while not os.path.exists(os.path.join(directory, ".git")):
            directory, inner = os.path.dirname(directory), directory
            if directory == inner:
                return {}
        git = os.path.join(directory, ".git")
        if os.path.isfile(git):  # a linked worktree or a submodule
            git = os.path.join(directory, _read(git).partition("gitdir:")[2].strip())
        head = _read(os.path.join(git, "HEAD"))
        if not head.startswith("ref: refs/heads/"):
            return {"head_sha": head} if _is_sha(head) else {}
        ref = head[len("ref: ") :]
        if ref == "refs/heads/.invalid":  # a store of references other than files
            return {}
        found = {"head_branch": ref[len("refs/heads/") :]}
        shared = os.path.join(git, "commondir")
        common = os.path.join(git, _read(shared)) if os.path.exists(shared) else git
        if os.path.exists(os.path.join(common, ref)):
            sha = _read(os.path.join(common, ref))
        else:
            packed = _read(os.path.join(common, "packed-refs"))
            line = re.search("^([0-9a-f]+) %s$" % re.escape(ref), packed, re.MULTILINE)
            sha = line.group(1) if line else ""
        if _is_sha(sha):
            found["head_sha"] = sha
        return found
    except (OSError, ValueError) as error:
        _debug(error)
        return {}


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def _is_sha(text: str) -> bool:
    return re.match(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$", text) is not None


class Spool:
    """The directory that the daemon takes events from when it comes up."""

    def __init__(self, state: str) -> None:
        self._directory = os.path.join(state, "spool")
        # Kept here because fake file systems replace `os` in the modules of a running test.
        self._os = os

    def write(self, events: List[Event], at_ns: int) -> None:
        """Stores events in one file, which appears whole or not at all. Never raises OSError."""
        if not events:
            return
        os = self._os
        name = "%d-%d-%s.ndjson" % (at_ns, os.getpid(), os.urandom(6).hex())
        temporary = os.path.join(self._directory, ".tmp-" + name)
        try:
            os.makedirs(os.path.dirname(self._directory), 0o700, exist_ok=True)
            os.makedirs(self._directory, 0o700, exist_ok=True)
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(fd, "wb") as file:
                file.write(b"".join(_json(event) + b"\n" for event in events))
            os.rename(temporary, os.path.join(self._directory, name))
        except OSError as error:
            _debug(error)
            try:
                os.unlink(temporary)
            except OSError:
                pass


def _json(value: Any) -> bytes:
    """Compact UTF-8; lone surrogates, which JSON text cannot carry, become `?`."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class Bus:
    """One connection to the daemon, with a last will, and the spool behind it.

    Nothing raises OSError and nothing blocks, but for PATIENCE_NS that all waits share. An event is
    sent at once and kept until its acknowledgement; one that gets none goes to the spool under the
    same delivery id, so that it is stored exactly once. A process that was forked off is mute.
    """

    def __init__(self, name: str, will: Event) -> None:
        self._path = os.path.join(os.path.abspath(runtime_dir()), "broadcast.sock")
        self._spool = Spool(os.path.abspath(state_dir()))
        self._attach = {"op": "attach", "name": name, "will": will}
        self._pid = os.getpid()
        self._epoch = time.time_ns() - _now()
        self._patience = PATIENCE_NS
        self._connections = CONNECTIONS
        self._stalled = False  # it stopped answering: the connection is kept for its will alone
        self._socket: Optional[socket.socket] = None
        self._poll = select.poll()
        self._out, self._in = bytearray(), bytearray()
        self._last_id = 0
        self._pending: Dict[int, Tuple[Event, int]] = {}  # by request id, with the frame's size
        itself = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: Bus._drop_copy(itself()))
        self._connect()

    def publish(self, event: Event) -> None:
        """Sends one event, or spools it."""
        if os.getpid() != self._pid:
            return
        event["received_at"] = self._epoch + _now()
        if self._socket is None:
            self._connect()
        frame = self._frame({"op": "emit", "id": self._last_id + 1, "events": [event]})
        size = len(frame)
        if not self._wait(lambda: not self._pending or self._in_flight() + size <= WINDOW_BYTES):
            self._spool.write([event], self._epoch + _now())
            return
        self._last_id += 1
        self._pending[self._last_id] = (event, size)
        self._out += frame
        self._wait(lambda: not self._out)

    def close(self, last: Optional[Event] = None) -> None:
        """Publishes the last event, sees it acknowledged or spooled, and takes the will back."""
        if os.getpid() != self._pid:
            return
        try:
            if last is not None:
                self.publish(last)
            self._wait(lambda: not self._pending)
        finally:
            self._spool_pending()
            if self._socket is not None:
                self._out += self._frame({"op": "detach", "id": self._last_id + 1})
                self._pump()
            self._disconnect()
            self._connections = 0

    def _connect(self) -> None:
        if self._connections == 0:
            return
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)  # not inheritable
        try:
            link.setblocking(False)
            link.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            if os.stat(self._path).st_uid != os.getuid():
                raise PermissionError("the socket belongs to another user")
            link.connect(self._path)
        except OSError as error:
            link.close()
            if not isinstance(error, (FileNotFoundError, ConnectionRefusedError)):
                self._connections = 0  # there, but of no use; a full backlog is a frozen daemon
            _debug(error)
            return
        self._connections -= 1
        self._socket = link
        self._poll.register(link)
        self._last_id += 1
        self._out += self._frame(dict(self._attach, id=self._last_id))
        self._pump()

    @staticmethod
    def _frame(request: Event) -> bytes:
        body = _json(request)
        return len(body).to_bytes(4, "big") + body

    def _in_flight(self) -> int:
        return sum(size for _, size in self._pending.values())

    def _wait(self, done: Callable[[], bool]) -> bool:
        """Sends and receives until `done`. False when the connection is lost or stalled instead."""
        while not self._stalled:
            self._pump()
            if self._socket is None:
                return False
            if done():
                return True
            began = _now()
            self._poll.modify(self._socket, select.POLLIN | (select.POLLOUT if self._out else 0))
            if self._patience <= 0 or not self._poll.poll(self._patience / 1e6):
                _debug("the daemon does not answer")
                self._stalled = True
                self._spool_pending()
            self._patience -= _now() - began
        return False

    def _pump(self) -> None:
        """Sends and receives what can be had without waiting."""
        if self._socket is None:
            return
        try:
            while self._out:
                del self._out[: self._socket.send(self._out)]
        except BlockingIOError:
            pass
        except OSError as error:
            _debug(error)  # what it acknowledged before it went is still to be read
            self._out.clear()
        try:
            for _ in range(16):  # a peer that never stops talking must not hold up the run
                data = self._socket.recv(REPLY_MAX_BYTES)
                if not data:
                    raise ConnectionResetError("the daemon closed the connection")
                self._in += data
                self._take_replies()
        except BlockingIOError:
            pass
        except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
            _debug(error)
            if not isinstance(error, OSError):
                self._connections = 0  # it speaks something else
            self._disconnect()
            self._spool_pending()

    def _take_replies(self) -> None:
        while len(self._in) >= 4:
            size = int.from_bytes(self._in[:4], "big")
            if not 0 < size <= REPLY_MAX_BYTES:
                raise ValueError("a reply of %d bytes" % size)
            if len(self._in) < 4 + size:
                return
            reply = json.loads(bytes(self._in[4 : 4 + size]).decode("utf-8"))
            del self._in[: 4 + size]
            if reply.get("kind") == "error":
                _debug(reply.get("message"))
            if reply.get("kind") in ("emit_ack", "error"):
                event, _ = self._pending.pop(reply.get("id"), (None, 0))
                code = str(reply.get("code", "WAITBUS_BAD_"))
                if event and not code.startswith(("WAITBUS_BAD_", "WAITBUS_UNKNOWN_")):
                    self._spool.write([event], self._epoch + _now())  # it may be taken another day

    def _spool_pending(self) -> None:
        events = [event for event, _ in self._pending.values()]
        self._pending.clear()
        self._spool.write(events, self._epoch + _now())

    def _disconnect(self) -> None:
        if self._socket is not None:
            self._poll.unregister(self._socket)
            self._socket.close()
            self._socket = None
        self._out.clear()
        self._in.clear()

    @staticmethod
    def _drop_copy(bus: Optional[Bus]) -> None:
        """In a forked child: its copy of the socket must not keep the connection alive."""
        if bus is not None:
            bus._disconnect()


class Reporter:
    """One pytest run: counts its reports, and turns failures and the end into events."""

    def __init__(self, config: pytest.Config) -> None:
        self._cwd = str(config.rootpath)
        self._args = [cut(str(arg), 1024) for arg in config.invocation_params.args[:FAILED_MAX]]
        self._run_id = os.urandom(16).hex()
        self._counts = dict.fromkeys(OUTCOMES, 0)
        self._failed: Dict[str, None] = {}  # node ids, in order
        self._first_failure: Optional[Dict[str, Optional[str]]] = None
        self._seen: Dict[Tuple[str, str], int] = {}
        self._cancelled = False
        self._began = _now()
        self._session: Optional[pytest.Session] = None
        self._bus: Optional[Bus] = None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        try:
            self._session = session
            self._head = git_head(self._cwd)
            killed = {"status": "completed", "conclusion": "failure", "killed": True}
            will = self._event("pytest_session", "session", "pytest was killed", killed)
            self._bus = Bus("pytest:%d" % os.getpid(), will)
        except Exception as error:
            self._disable(error)

    # Last, because pytest itself turns some passed reports into failed ones on the way (subtests).
    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.outcome == "passed" and report.when != "call":
            return
        try:
            if report.outcome == "failed":
                self._failure(report)
            elif hasattr(report, "wasxfail"):
                self._counts["xpassed" if report.outcome == "passed" else "xfailed"] += 1
            elif report.outcome in ("passed", "skipped") and not hasattr(report, "context"):
                self._counts[report.outcome] += 1  # but not a subtest, which is a part of a test
        except Exception as error:
            self._disable(error)

    def pytest_collectreport(self, report: Any) -> None:
        try:
            if report.outcome == "failed":
                self._remember("errors", report.nodeid, report.longreprtext)
            elif report.outcome == "skipped":
                self._counts["skipped"] += 1
        except Exception as error:
            self._disable(error)

    def pytest_internalerror(self, excrepr: object) -> None:
        try:
            if self._first_failure is None:
                self._first_failure = {"nodeid": None, "traceback": cut(str(excrepr))}
        except Exception as error:
            self._disable(error)

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        # pytest stops itself in the same way after collection errors or enough failures.
        self._cancelled = not isinstance(excinfo.value, pytest.Session.Interrupted)

    # Not in pytest_sessionfinish, where other plugins may still change the exit status.
    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        bus, self._bus = self._bus, None
        if bus is None or self._session is None:
            return
        try:
            exit_code = int(self._session.exitstatus)
            counts = self._counts
            failures = counts["failed"] + counts["errors"]
            duration_ms = (_now() - self._began) // 1_000_000
            failed = list(self._failed)
            fields = {
                "status": "completed",
                "conclusion": conclusion_of(exit_code, self._cancelled, failures),
                "exit_code": exit_code,
                **counts,
                "total": self._session.testscollected,
                "duration_ms": duration_ms,
            }
            told = ["%d %s" % (count, outcome) for outcome, count in counts.items() if count]
            outcomes = ", ".join(told) or "no tests ran"
            summary = "pytest: %s in %.2f s" % (outcomes, duration_ms / 1000)
            payload = {
                "failed": [cut(nodeid, 1024) for nodeid in failed[:FAILED_MAX]],
                "failed_left_out": max(0, len(failed) - FAILED_MAX),
                "first_failure": self._first_failure,
                "args": self._args,
            }
            bus.close(self._event("pytest_session", "session", summary, fields, payload))
        except Exception as error:
            self._bus = bus
            self._disable(error)
        self._session = None

    def _failure(self, report: Any) -> None:
        phase = report.when if report.when in ("setup", "teardown") else "call"
        nodeid = str(report.nodeid)
        text = cut(report.longreprtext)
        self._remember("failed" if phase == "call" else "errors", nodeid, text)
        if self._bus is None:
            return
        file, line, _ = report.location
        path = os.path.normpath(os.path.join(self._cwd, file))
        line = None if line is None else line + 1
        crash = getattr(report.longrepr, "reprcrash", None)
        if crash is not None and str(crash.path) == path:
            line = crash.lineno
        self._seen[nodeid, phase] = number = self._seen.get((nodeid, phase), 0) + 1
        message = error_message(report)
        fields = {
            "job_name": one_line(nodeid, 512),
            "phase": phase,
            "status": "completed",
            "conclusion": "failure",
            "duration_ms": int(report.duration * 1000),
            "path": path,
            "line": line,
            "message": message,
        }
        import hashlib  # here, because its start-up time is for runs that need it

        digest = hashlib.sha256(nodeid.encode("utf-8", "replace")).hexdigest()[:16]
        key = "%s:%s:%d" % (digest, phase, number)
        what = "failed" if phase == "call" else "error in " + phase
        summary = "%s %s: %s" % (one_line(nodeid, 200), what, message)
        payload = {"nodeid": cut(nodeid), "longrepr": text}
        self._bus.publish(self._event("pytest_test", key, summary, fields, payload))

    def _remember(self, count: str, nodeid: str, text: str) -> None:
        self._counts[count] += 1
        self._failed[nodeid] = None
        if self._first_failure is None:
            self._first_failure = {"nodeid": cut(nodeid), "traceback": cut(text)}

    def _event(
        self, kind: str, key: str, summary: str, fields: Event, payload: Optional[Event] = None
    ) -> Event:
        """An event of this run; `key` names it within the run, so that it is stored only once."""
        run = {"workflow_name": "pytest", "run_id": self._run_id}
        every = {**run, **fields, "cwd": self._cwd, **self._head}
        event: Event = {
            "source": "pytest",
            "event_type": kind,
            "delivery_id": "pytest:%s:%s" % (self._run_id, key),
            "summary": summary[:400],
            "fields": {key: value for key, value in every.items() if value is not None},
            "ingest_method": "plugin",
        }
        if payload is not None:
            event["payload"] = payload
        return event

    def _disable(self, error: Exception) -> None:
        """After a fault of this plugin's own: say no more, and take the will back."""
        bus, self._bus = self._bus, None
        try:
            _debug("disabled: %r" % error)
            if bus is not None:
                bus.close()
        except Exception:
            pass


def pytest_configure(config: pytest.Config) -> None:
    """Reports this run, unless it is a part of another one or runs no tests."""
    try:
        if config in _running or not hasattr(socket, "AF_UNIX"):
            return
        nested = len(_running) > 0 or "PYTEST_CURRENT_TEST" in os.environ
        _running.add(config)
        if nested or hasattr(config, "workerinput"):
            return
        if any(getattr(config.option, option, None) for option in NOT_A_RUN):
            return
        if not config.pluginmanager.has_plugin("waitbus-reporter"):
            config.pluginmanager.register(Reporter(config), "waitbus-reporter")
    except Exception as error:
        _debug("disabled: %r" % error)


def pytest_unconfigure(config: pytest.Config) -> None:
    _running.discard(config)
