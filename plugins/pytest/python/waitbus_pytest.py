"""Tells the waitbus daemon about a pytest run: each failure as it happens, and the end.

Owns the mapping from pytest's reports to events (`Reporter`), one connection to the daemon (`Bus`)
and the spool that takes what the connection cannot (`Spool`). It owns no output: a run looks the
same with it and without it, and its trouble is shown only when WAITBUS_DEBUG is set.

Loaded as an entry point of the wheel beside it, or with `-p waitbus_pytest`. Standard library only;
Python 3.8 and up. PYTEST_DONT_REWRITE: it has no asserts, and rewriting would cost start-up time.

Tests replace what they like in `os`, `socket`, `json` and `time`, for a moment or for good. So all
that is needed after loading is imported here and kept in `Real`, and nothing else is called.
"""

from __future__ import annotations

import errno
import json.decoder
import json.encoder
import os
import re
import socket
import sys
import time
import traceback
import weakref
from typing import Any, Callable, Dict, List, Optional, Tuple

import pytest

try:  # what `socket` is made of: eventlet, gevent and pytest-socket replace only the outer class
    import _socket
except ImportError:
    _socket = socket  # type: ignore[assignment]

Event = Dict[str, Any]

PATIENCE_NS = 250_000_000  # all the waiting that a run may cost, in total
CONNECTIONS = 3  # how often a lost connection is made anew
WINDOW_BYTES = 128 * 1024  # unacknowledged bytes; the socket buffer holds them and a detach besides
SEND_BUFFER_BYTES = 512 * 1024
REPLY_MAX_BYTES = 65_536
TEXT_MAX_BYTES = 64 * 1024
FAILED_MAX = 1_000
OUTCOMES = ("passed", "failed", "errors", "skipped", "xfailed", "xpassed")
LISTINGS = ("showfixtures", "show_fixtures_per_test", "cacheshow", "markers", "help", "version")
NOT_A_RUN = ("collectonly", "setuponly", "setupplan") + LISTINGS


class Real:
    """Functions as they were when this file was loaded: of C, so that nothing is under them either.

    In a class, because fake file systems look for them among the names of a module.
    """

    close = os.close
    fstat = os.fstat
    getpid = os.getpid
    getuid = os.getuid
    lstat = os.lstat
    mkdir = os.mkdir
    open = os.open
    rename = os.rename
    stat = os.stat
    unlink = os.unlink
    urandom = os.urandom
    write = os.write
    clock = time.clock_gettime_ns
    exc_info = sys.exc_info
    link = _socket.socket
    timeout = _socket.timeout
    address = (_socket.AF_UNIX, _socket.SOCK_STREAM)
    send_buffer = (_socket.SOL_SOCKET, _socket.SO_SNDBUF)
    # Who listens: a struct ucred (pid, uid, gid); on macOS LOCAL_PEERCRED, a struct xucred that
    # begins with its version and the uid.
    mac = sys.platform == "darwin"
    peer = (0, 1, 76) if mac else (_socket.SOL_SOCKET, getattr(_socket, "SO_PEERCRED", 17), 12)
    byteorder = sys.byteorder
    peek = _socket.MSG_PEEK
    create = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    read = os.O_RDONLY | os.O_CLOEXEC
    append = os.O_WRONLY | os.O_CLOEXEC
    exhausted = (errno.EMFILE, errno.ENFILE)
    os = os
    stderr = sys.__stderr__
    quote = json.encoder.encode_basestring
    parse = json.decoder.JSONDecoder().raw_decode


_DEBUG = bool(os.environ.get("WAITBUS_DEBUG"))

# A clock that goes on during suspend, and that libraries which freeze time leave alone.
_CLOCK = getattr(time, "CLOCK_BOOTTIME", getattr(time, "CLOCK_MONOTONIC", 1))
_EPOCH = time.time_ns() - time.clock_gettime_ns(_CLOCK)

# Whoever started pytest and sees it end learns from this file what was told: the name ends with the
# run's id, it gets content when a run begins, and is removed when nothing is left to be told.
_HANDOVER = os.environ.pop("WAITBUS_PYTEST_HANDOVER", "")
_PROBE = os.environ.get("WAITBUS_PYTEST_PROBE") == "1"

_MARKED = re.compile(r"^E +(\S.*)$", re.MULTILINE)
_DOCTEST = re.compile(r"^(.*):(\d+|None): (DocTestFailure|UnexpectedException)$", re.MULTILINE)
_USAGE = re.compile(r"^\S*: error: (.*)$", re.MULTILINE)
_SHA = re.compile(r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")

# The configs of this process that stand for a whole run: what starts inside one is part of a test.
_running: "weakref.WeakSet[pytest.Config]" = weakref.WeakSet()
_reporters: "weakref.WeakKeyDictionary[pytest.Config, Reporter]" = weakref.WeakKeyDictionary()


def _now() -> int:
    """Nanoseconds on a clock that never jumps."""
    return Real.clock(_CLOCK)


def _debug(problem: object) -> None:
    """One line to stderr if WAITBUS_DEBUG is set; the run's output is otherwise untouched."""
    if _DEBUG and Real.stderr is not None:
        Real.stderr.write("waitbus_pytest: %s\n" % repr(str(problem))[1:-1])


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


def error_message(longrepr: Any) -> str:
    """The first line of the error behind a failed report, as pytest's summary would show it."""
    crash = getattr(longrepr, "reprcrash", None)
    if crash is not None and crash.message:
        return one_line(str(crash.message), 300)
    text = str(longrepr)
    doctest = _DOCTEST.search(text)
    if doctest:  # what it printed, or raised, comes last before the place
        lines = text[: doctest.start()].splitlines()
        starts = [n for n, line in enumerate(lines) if line.startswith(_DOCTEST_SAYS)]
        if starts and doctest.group(3) == "UnexpectedException":
            return one_line(lines[starts[0]], 300)
        if starts:
            return one_line(" ".join(" ".join(lines[starts[0] :]).split()), 300)
    marked = _MARKED.search(text)
    return one_line(marked.group(1) if marked else text, 300)


_DOCTEST_SAYS = ("Expected", "Got", "Differences", "UNEXPECTED EXCEPTION")


def subtest_of(report: Any) -> str:
    """The message and the parameters of a subtest, as pytest writes them; empty for a test."""
    context = getattr(report, "context", None)
    if context is None:
        return ""
    parts = [] if context.msg is None else ["[%s]" % context.msg]
    if context.kwargs:
        parts.append("(%s)" % ", ".join("%s=%r" % pair for pair in context.kwargs.items()))
    return " ".join(parts) or "(<subtest>)"


def exit_code_of(error: BaseException) -> int:
    """The exit status of a process that ends with this exception under pytest."""
    if isinstance(error, SystemExit):
        if error.code is None:
            return 0
        return error.code & 0xFF if isinstance(error.code, int) else 1
    if isinstance(error, KeyboardInterrupt):
        return 130
    usage = isinstance(error, pytest.UsageError) or type(error).__name__ == "ConftestImportFailure"
    return 4 if usage else 1


def conclusion_of(exit_code: int, cancelled: bool, failures: int) -> str:
    """The common vocabulary's word for how a run ended; pytest's 2 stands for several of them."""
    if exit_code == 2:
        return "cancelled" if cancelled or failures == 0 else "failure"
    return {0: "success", 5: "neutral"}.get(exit_code, "failure")


def runtime_dir() -> str:
    """Where the daemon's socket is."""
    temporary = _env("TMPDIR") or _env("TMP") or _env("TEMP") or "/tmp"
    default = os.path.join(temporary.rstrip("/") or "/", "waitbus-%d" % os.getuid())
    system = _env("XDG_RUNTIME_DIR") or _user_runtime()
    return _env("WAITBUS_RUNTIME_DIR") or _below(system) or default


def _user_runtime() -> str:
    """The system's place for the user's runtime files, where nobody else may write; or nothing."""
    directory = "/run/user/%d" % os.getuid()
    try:
        found = os.lstat(directory)
    except OSError:
        return ""
    own = found.st_mode & 0o170022 == 0o040000 and found.st_uid == os.getuid()
    return directory if own and sys.platform == "linux" else ""


def state_dir() -> str:
    """Where the daemon keeps what outlives it."""
    parent = "~/Library/Application Support" if sys.platform == "darwin" else "~/.local/state"
    default = os.path.join(os.path.expanduser(parent), "waitbus")
    return _env("WAITBUS_STATE_DIR") or _below(_env("XDG_STATE_HOME")) or default


def _env(name: str) -> str:
    return os.environ.get(name, "")


def _below(parent: str) -> str:
    return parent and os.path.join(parent, "waitbus")


# As they were at the start, whatever a test makes of the environment and the working directory.
_SOCKET = os.path.join(os.path.abspath(runtime_dir()), "broadcast.sock")
_STATE = os.path.abspath(state_dir())


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
            return {"head_sha": head} if _SHA.match(head) else {}
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
        if _SHA.match(sha):
            found["head_sha"] = sha
        return found
    except Exception as error:
        _debug(error)
        return {}


def _read(path: str) -> str:
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


def _digest(text: str) -> str:
    """FNV-1a of 64 bits: tells the tests of one run apart, and needs no import."""
    value = 0xCBF29CE484222325
    for byte in text.encode("utf-8", "replace"):
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return "%016x" % value


def _text(value: Any) -> str:
    """JSON without blanks. Not by `json.dumps`, which calls what others may have replaced."""
    if value is None:
        return "null"
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, str):
        return Real.quote(value)
    if isinstance(value, int):
        return "%d" % value
    if isinstance(value, dict):
        return "{%s}" % ",".join(Real.quote(str(k)) + ":" + _text(v) for k, v in value.items())
    if isinstance(value, (list, tuple)):
        return "[%s]" % ",".join(map(_text, value))
    return Real.quote(str(value))


def _json(value: Any) -> bytes:
    """Compact UTF-8; lone surrogates, which JSON text cannot carry, become `?`."""
    return _text(value).encode("utf-8", "replace")


def _is_own_directory(path: str) -> bool:
    """The user's alone to write in. A link of the user's to what is private counts."""
    found, own = Real.lstat(path), Real.getuid()
    if found.st_mode & 0o170000 == 0o120000:
        link, found = found, Real.stat(path)
        if link.st_uid != own or found.st_mode & 0o077:
            return False
    return found.st_mode & 0o170022 == 0o040000 and found.st_uid == own


def _judge(path: str) -> None:
    """Raises PermissionError for a socket that another user may have put there."""
    found = Real.lstat(path)
    if not _is_own_directory(path.rpartition("/")[0]):
        raise PermissionError("the socket's directory is not the user's alone")
    if found.st_mode & 0o170022 != 0o140000 or found.st_uid != Real.getuid():
        raise PermissionError("the socket is not the user's alone")


def _judge_listener(link: Any) -> None:
    """By the system's word: between the look and the connection another may have come there."""
    uid = int.from_bytes(link.getsockopt(*Real.peer)[4:8], Real.byteorder)
    if uid != Real.getuid():
        raise PermissionError("uid %d listens on the socket" % uid)


class Spool:
    """The directory that the daemon takes events from when it comes up."""

    def __init__(self, state: str) -> None:
        self._state = state
        self._directory = state + "/spool"
        self._unwritten: List[bytes] = []  # what could not be stored; the next write tries again
        self._spare = -1
        self._reserve()

    def write(self, events: List[Event], at_ns: int) -> None:
        """Stores events in one file, which appears whole or not at all. Never raises OSError."""
        self.write_lines([_json(event) for event in events], at_ns)

    def write_lines(self, lines: List[bytes], at_ns: int) -> None:
        if not lines and not self._unwritten:
            return
        self._unwritten += lines
        del self._unwritten[:-FAILED_MAX]
        try:
            try:
                self._store(at_ns)
            except OSError as error:
                if error.errno not in Real.exhausted or self._spare < 0:
                    raise
                self.release()
                self._store(at_ns)
            self._unwritten.clear()
        except OSError as error:
            _debug(error)
        if self._spare < 0:
            self._reserve()

    def release(self) -> None:
        """Gives the descriptor back that is kept for when there is no other."""
        spare, self._spare = self._spare, -1
        if spare >= 0 and _is_null(spare):
            Real.close(spare)

    def _reserve(self) -> None:
        try:
            self._spare = Real.open("/dev/null", Real.read)
        except OSError as error:
            _debug(error)

    def _store(self, at_ns: int) -> None:
        name = "%d-%d-%s.ndjson" % (at_ns, Real.getpid(), Real.urandom(6).hex())
        temporary = "%s/.tmp-%s" % (self._directory, name)
        flags = Real.create
        try:
            self._judge()
        except FileNotFoundError:
            _make_directory(self._directory)
            self._judge()
        fd = Real.open(temporary, flags, 0o600)
        try:
            try:
                data = b"".join(line + b"\n" for line in self._unwritten)
                while data:
                    data = data[Real.write(fd, data) :]
            finally:
                Real.close(fd)
            Real.rename(temporary, "%s/%s" % (self._directory, name))
        except OSError:
            Real.unlink(temporary)
            raise


    def _judge(self) -> None:
        """Whoever may rename in it could take what is written, or put something in its place."""
        for path in (self._state, self._directory):
            if not _is_own_directory(path):
                raise PermissionError("%s is not the user's alone" % path)


def _make_directory(path: str) -> None:
    try:
        Real.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        _make_directory(path.rpartition("/")[0])
        Real.mkdir(path, 0o700)


def _identity(fd: int) -> Tuple[int, int]:
    found = Real.fstat(fd)
    return (found.st_dev, found.st_ino)


def _is_null(fd: int) -> bool:
    try:
        return Real.fstat(fd).st_rdev == Real.stat("/dev/null").st_rdev
    except OSError:
        return False


class Bus:
    """One connection to the daemon, with a last will, and the spool behind it.

    Nothing raises OSError and nothing blocks, but for PATIENCE_NS that all waits share. An event is
    sent at once and kept until its acknowledgement; one that gets none goes to the spool under the
    same delivery id, so that it is stored exactly once. A process that was forked off is mute.
    """

    def __init__(self, name: str, will: Event) -> None:
        self._spool = Spool(_STATE)
        self._will = _json(will)
        self._attach = {"op": "attach", "name": name, "will": will}
        self._pid = Real.getpid()
        self._patience = PATIENCE_NS
        self._connections = CONNECTIONS
        self._stalled = False  # it stopped answering: the connection is kept for its will alone
        self._socket: Any = None
        self._identity = (0, 0)
        self._out, self._in = bytearray(), bytearray()
        self._last_id = 0
        self._pending: Dict[int, Tuple[Event, int]] = {}  # by request id, with the frame's size
        itself = weakref.ref(self)
        os.register_at_fork(after_in_child=lambda: Bus._drop_copy(itself()))
        self._connect()

    def publish(self, event: Event) -> None:
        """Sends one event, or spools it."""
        if Real.getpid() != self._pid:
            return
        event["received_at"] = _EPOCH + _now()
        if self._socket is None:
            self._connect()
        frame = self._frame({"op": "emit", "id": self._last_id + 1, "events": [event]})
        size = len(frame)
        if not self._wait(lambda: not self._pending or self._in_flight() + size <= WINDOW_BYTES):
            self._spool.write([event], _EPOCH + _now())
            return
        self._last_id += 1
        self._pending[self._last_id] = (event, size)
        self._out += frame
        self._wait(lambda: not self._out)

    def close(self, last: Optional[Event] = None) -> None:
        """Publishes the last event, sees it acknowledged or spooled, and takes the will back."""
        if Real.getpid() != self._pid:
            return
        if last is not None:
            self.publish(last)
        self._wait(lambda: not self._pending)
        self._spool_pending()
        if self._socket is not None:
            self._out += self._frame({"op": "detach", "id": self._last_id + 1})
            self._pump()
        self._disconnect()
        self._connections = 0
        self._spool.release()

    def leave_will(self) -> None:
        """The end of a run that cannot be told in any other way: the daemon publishes the will."""
        if Real.getpid() != self._pid:
            return
        if self._socket is None:
            received = b'{"received_at":%d,' % (_EPOCH + _now())
            self._spool.write_lines([received + self._will[1:]], _EPOCH + _now())
        self._disconnect()
        self._connections = 0
        self._spool.release()

    def _connect(self) -> None:
        if self._connections == 0:
            return
        link: Any = None
        try:
            link = Real.link(*Real.address)  # not inheritable
            link.setblocking(False)
            link.setsockopt(*Real.send_buffer, SEND_BUFFER_BYTES)
            _judge(_SOCKET)
            link.connect(_SOCKET)
            _judge_listener(link)
            self._identity = _identity(link.fileno())
        except OSError as error:
            if link is not None:
                link.close()
                if not isinstance(error, (FileNotFoundError, ConnectionRefusedError)):
                    self._connections = 0  # there, but of no use; a full backlog is a frozen daemon
            _debug(error)
            return
        self._connections -= 1
        self._socket = link
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
            if self._patience <= 0 or not self._ready(self._patience / 1e9):
                _debug("the daemon does not answer")
                self._stalled = True
                self._spool_pending()
            self._patience -= _now() - began
        return False

    def _ready(self, seconds: float) -> bool:
        """Waits until there is something to pump. Without `select`, which libraries take away."""
        try:
            self._socket.settimeout(seconds)
            if self._out:
                del self._out[: self._socket.send(self._out)]
            else:
                self._socket.recv(1, Real.peek)
        except Real.timeout:
            return False
        except OSError:
            pass  # `_pump` meets it too
        finally:
            self._socket.setblocking(False)
        return True

    def _pump(self) -> None:
        """Sends and receives what can be had without waiting."""
        if self._socket is None or not self._still_ours():
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

    def _still_ours(self) -> bool:
        """A test may close all descriptors; under the same number something else is open then."""
        try:
            if _identity(self._socket.fileno()) == self._identity:
                return True
        except OSError as error:
            _debug(error)
        self._socket.detach()
        self._socket = None
        self._disconnect()
        self._spool_pending()
        return False

    def _take_replies(self) -> None:
        while len(self._in) >= 4:
            size = int.from_bytes(self._in[:4], "big")
            if not 0 < size <= REPLY_MAX_BYTES:
                raise ValueError("a reply of %d bytes" % size)
            if len(self._in) < 4 + size:
                return
            reply = Real.parse(bytes(self._in[4 : 4 + size]).decode("utf-8"))[0]
            del self._in[: 4 + size]
            if reply.get("kind") == "error":
                _debug(reply.get("message"))
            if reply.get("kind") in ("emit_ack", "error"):
                event, _ = self._pending.pop(reply.get("id"), (None, 0))
                code = str(reply.get("code", "WAITBUS_BAD_"))
                if event and not code.startswith(("WAITBUS_BAD_", "WAITBUS_UNKNOWN_")):
                    self._spool.write([event], _EPOCH + _now())  # it may be taken another day

    def _spool_pending(self) -> None:
        events = [event for event, _ in self._pending.values()]
        self._pending.clear()
        self._spool.write(events, _EPOCH + _now())

    def _disconnect(self) -> None:
        if self._socket is not None:
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
    """One pytest run: counts its reports, and turns failures and the end into events.

    It lives from before the first conftest is loaded until all of pytest's own ends are over. A
    fault of its own costs the event that it was at, never the run, nor the run's end.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._cwd = str(config.rootpath)
        self._args = [cut(str(arg), 1024) for arg in config.invocation_params.args[:FAILED_MAX]]
        name = _HANDOVER.rpartition("/")[2]
        self._run_id = name if re.match("^[0-9a-f]{32}$", name) else Real.urandom(16).hex()
        self._counts = dict.fromkeys(OUTCOMES, 0)
        self._failed: Dict[str, None] = {}  # node ids, in order
        self._first_failure: Optional[Dict[str, Optional[str]]] = None
        self._message: Optional[str] = None  # of what ended the run other than its tests
        self._seen: Dict[Tuple[str, str], int] = {}
        self._cancelled = False
        self._began = _now()
        self._session: Optional[pytest.Session] = None
        self._handled = Real.exc_info()[1]  # whatever is being handled around the whole run
        self._exit: Any = None
        self._head = git_head(self._cwd)
        killed = {"status": "completed", "conclusion": "failure", "killed": True}
        will = self._event("pytest_session", "session", "pytest was killed", killed)
        self._bus: Optional[Bus] = Bus("pytest:%d" % Real.getpid(), will)
        _hand_over(begun=True)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self._session = session

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
            self._fault(error)

    def pytest_collectreport(self, report: Any) -> None:
        try:
            if report.outcome == "failed":
                self._remember("errors", str(report.nodeid), _longrepr(report))
            elif report.outcome == "skipped":
                self._counts["skipped"] += 1
        except Exception as error:
            self._fault(error)

    def pytest_internalerror(self, excrepr: Any) -> None:
        try:
            text = str(excrepr)
            if self._message is None:
                self._message = error_message(excrepr)
            if self._first_failure is None:
                self._first_failure = {"nodeid": None, "traceback": cut(text)}
        except Exception as error:
            self._fault(error)

    def pytest_keyboard_interrupt(self, excinfo: Any) -> None:
        # pytest and its plugins stop a run with exceptions derived from these, too.
        self._cancelled = type(excinfo.value) in (KeyboardInterrupt, pytest.exit.Exception)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        self.watch_exit()

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self) -> None:
        self.watch_exit()

    def watch_exit(self) -> None:
        """From here on `os._exit` ends a run that is over, as some do against threads that hang."""
        try:
            self._watch_exit()
        except Exception as error:
            self._fault(error)

    def _watch_exit(self) -> None:
        if self._exit is not None or self._bus is None:
            return
        before, pid = Real.os._exit, Real.getpid()

        def leave(status: int) -> None:
            if Real.getpid() == pid:
                self.finish(status & 0xFF)
            before(status)

        self._exit = (leave, before)
        Real.os._exit = leave  # type: ignore[assignment]

    def end(self, config: pytest.Config) -> None:
        """Tells the end of the run, of which pytest itself has no more to do."""
        try:
            self._end(config)
        except Exception as error:
            self._fault(error)

    def _end(self, config: pytest.Config) -> None:
        error = Real.exc_info()[1]  # what pytest is being left with, if it is by an exception
        if error is not None and error is not self._handled:
            self._blame(error)
            self.finish(exit_code_of(error), isinstance(error, KeyboardInterrupt))
            return
        session = self._session or config.pluginmanager.get_plugin("session")
        if session is None:  # an option of a plugin that lists something
            self.withdraw()
        else:
            self.finish(int(session.exitstatus))

    def finish(self, exit_code: int, cancelled: bool = False) -> None:
        bus, self._bus = self._bus, None
        if self._exit is not None and Real.os._exit is self._exit[0]:
            Real.os._exit = self._exit[1]
        if bus is None:
            return
        event: Optional[Event] = None
        for describe in (self._ending, self._bare_ending):
            try:
                event = describe(exit_code, cancelled)
                break
            except Exception as error:
                self._fault(error)
        try:
            if event is not None:
                bus.close(event)
                _hand_over(begun=False)
                return
        except Exception as error:
            self._fault(error)
        try:
            bus.leave_will()
        except Exception as error:
            self._fault(error)

    def withdraw(self) -> None:
        """It turned out to be no run of tests: nothing is to be told of it."""
        bus, self._bus = self._bus, None
        try:
            if bus is not None:
                bus.close()
            _hand_over(begun=False)
        except Exception as error:
            self._fault(error)

    def _blame(self, error: BaseException) -> None:
        try:
            cause = getattr(error, "cause", None)
            if type(error).__name__ == "ConftestImportFailure":
                cause = cause or error.excinfo[1]  # type: ignore[attr-defined]
                where = "conftest %s: " % error.path  # type: ignore[attr-defined]
            else:
                cause, where = error, ""
            kind, text = type(cause).__name__ + ": ", str(cause).strip()
            if isinstance(cause, pytest.UsageError):
                usage = _USAGE.search(text)  # behind a line that tells the usage
                kind, text = "", usage.group(1) if usage else text
            self._message = one_line(where + kind + text, 300).rstrip(": ")
            lines = traceback.format_exception(type(cause), cause, cause.__traceback__)
            if self._first_failure is None:
                self._first_failure = {"nodeid": None, "traceback": cut("".join(lines))}
        except Exception as fault:
            self._fault(fault)

    def _ending(self, exit_code: int, cancelled: bool) -> Event:
        counts = self._counts
        failures = counts["failed"] + counts["errors"]
        duration_ms = (_now() - self._began) // 1_000_000
        failed = list(self._failed)
        conclusion = conclusion_of(exit_code, self._cancelled, failures)
        begun = self._session is not None
        if cancelled or (self._cancelled and exit_code == 130):
            conclusion = "cancelled"
        elif not begun and conclusion == "success":
            conclusion = "failure"  # it ran no tests, whatever its exit status says
        fields = {
            "status": "completed",
            "conclusion": conclusion,
            "exit_code": exit_code,
            "message": self._message,
            **counts,
            "total": self._session.testscollected if self._session is not None else 0,
            "duration_ms": duration_ms,
        }
        told = ["%d %s" % (count, outcome) for outcome, count in counts.items() if count]
        outcomes = ", ".join(told) or "no tests ran"
        summary = "pytest: %s in %d.%02d s" % (
            outcomes,
            duration_ms // 1000,
            duration_ms % 1000 // 10,
        )
        if not begun:
            summary = "pytest ended before its session began"
        if self._message:
            summary += ": " + one_line(self._message, 250)
        payload = {
            "failed": [cut(nodeid, 1024) for nodeid in failed[:FAILED_MAX]],
            "failed_left_out": max(0, len(failed) - FAILED_MAX),
            "first_failure": self._first_failure,
            "args": self._args,
        }
        return self._event("pytest_session", "session", summary, fields, payload)

    def _bare_ending(self, exit_code: int, cancelled: bool) -> Event:
        conclusion = "cancelled" if cancelled else conclusion_of(exit_code, self._cancelled, 1)
        fields = {"status": "completed", "conclusion": conclusion, "exit_code": exit_code}
        summary = "pytest ended with exit status %d" % exit_code
        return self._event("pytest_session", "session", summary, fields)

    def _failure(self, report: Any) -> None:
        phase = report.when if report.when in ("setup", "teardown") else "call"
        nodeid = str(report.nodeid)
        text = _longrepr(report)
        self._remember("failed" if phase == "call" else "errors", nodeid, text)
        if self._bus is None:
            return
        self._seen[nodeid, phase] = number = self._seen.get((nodeid, phase), 0) + 1
        key = "%s:%s:%d" % (_digest(nodeid), phase, number)
        what = "failed" if phase == "call" else "error in " + phase
        fields: Event = {
            "job_name": one_line(nodeid, 512),
            "phase": phase,
            "status": "completed",
            "conclusion": "failure",
        }
        payload: Event = {"nodeid": cut(nodeid), "longrepr": text}
        summary = "%s %s" % (one_line(nodeid, 200), what)
        try:
            subtest = subtest_of(report)
            if subtest:
                fields["job_name"] = one_line("%s %s" % (nodeid, subtest), 512)
                fields["subtest"] = one_line(subtest, 300)
                summary = "%s %s" % (one_line("%s %s" % (nodeid, subtest), 200), what)
            fields["message"] = message = error_message(report.longrepr)
            summary = "%s: %s" % (summary, message)
            fields["duration_ms"] = int(report.duration * 1000)
            fields.update(self._place(report, text))
        except Exception as error:
            self._fault(error)
        self._bus.publish(self._event("pytest_test", key, summary, fields, payload))

    def _place(self, report: Any, text: str) -> Event:
        file, line, _ = report.location
        path = file if file.startswith("/") else "%s/%s" % (self._cwd, file)
        path = normal_path(path)
        line = None if line is None else line + 1
        crash = getattr(report.longrepr, "reprcrash", None)
        doctest = None if crash is not None else _DOCTEST.search(text)
        if crash is not None and str(crash.path) == path:
            line = crash.lineno
        elif doctest and doctest.group(1) == path and doctest.group(2) != "None":
            line = int(doctest.group(2))
        return {"path": path, "line": line}

    def _remember(self, count: str, nodeid: str, text: str) -> None:
        self._counts[count] += 1
        self._failed[nodeid] = None
        if self._first_failure is None:
            self._first_failure = {"nodeid": cut(nodeid), "traceback": text}

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

    @staticmethod
    def _fault(error: Exception) -> None:
        """A fault of this plugin's own: what it was at is left out, and the run goes on."""
        try:
            _debug("fault: %r" % error)
        except Exception:
            pass


def _longrepr(report: Any) -> str:
    try:
        return cut(str(report.longreprtext))
    except Exception as error:
        Reporter._fault(error)
        return ""


def normal_path(path: str) -> str:
    """`path` without `.` and `..`, as text."""
    parts: List[str] = []
    for part in path.split("/"):
        if part == "..":
            del parts[-1:]
        elif part not in ("", "."):
            parts.append(part)
    return "/" + "/".join(parts)


def _hand_over(begun: bool) -> None:
    """Tells who started pytest that the run has begun, or that nothing is left to be told of it."""
    if not _HANDOVER:
        return
    try:
        if begun:
            fd = Real.open(_HANDOVER, Real.append)
            Real.write(fd, b"begun\n")
            Real.close(fd)
        else:
            Real.unlink(_HANDOVER)
    except OSError as error:
        _debug(error)


def _begin(config: pytest.Config, options: Any) -> None:
    """Begins to report a run, unless it is a part of another one or runs no tests."""
    if config in _running or not hasattr(socket, "AF_UNIX"):
        return
    nested = len(_running) > 0 or "PYTEST_CURRENT_TEST" in os.environ
    _running.add(config)
    config.add_cleanup(lambda: _running.discard(config))
    if nested or hasattr(config, "workerinput") or "PYTEST_XDIST_WORKER" in os.environ:
        return
    if any(getattr(options, option, None) for option in NOT_A_RUN):
        _hand_over(begun=False)
        return
    reporter = Reporter(config)
    # First in, so last out: after the hooks of all others, and what they have pytest clean up.
    config.add_cleanup(lambda: reporter.end(config))
    _reporters[config] = reporter


# The first hook that a plugin gets to see, as soon as it is loaded, if that is early enough.
@pytest.hookimpl(tryfirst=True)
def pytest_addoption(pluginmanager: Any) -> None:
    try:
        config = pluginmanager.get_plugin("pytestconfig")
        options = getattr(config, "known_args_namespace", None)
        if options is not None and getattr(config, "_rootpath", config.rootpath) is not None:
            _begin(config, options)
    except Exception as error:
        Reporter._fault(error)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    try:
        _begin(early_config, early_config.known_args_namespace)
        # The header of a run lists the distributions that plugins come from; it is to be as it was.
        found = early_config.pluginmanager._plugin_distinfo  # type: ignore[attr-defined]
        found[:] = [pair for pair in found if pair[0] is not sys.modules[__name__]]
    except Exception as error:
        Reporter._fault(error)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    try:
        _begin(config, config.option)
        reporter = _reporters.get(config)
        if reporter is None:
            return
        if any(getattr(config.option, option, None) for option in NOT_A_RUN):
            reporter.withdraw()
        elif not config.pluginmanager.has_plugin("waitbus-reporter"):
            config.pluginmanager.register(reporter, "waitbus-reporter")
    except Exception as error:
        Reporter._fault(error)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> Optional[int]:
    """Answers who asks whether this pytest would load the plugin, instead of running any test."""
    if not _PROBE:
        return None
    version = "%d.%d.%d" % sys.version_info[:3]
    sys.stdout.write("waitbus_pytest loaded\t%s\t%s\t%s\n" % (sys.executable, version, pytest.__version__))
    return 0
