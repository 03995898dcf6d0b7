"""Processes that we start, that are stopped with all they started, and that cannot outlive us.

A child gets its own process group, so that Ctrl-C in a terminal reaches only us and we choose the order,
and so that its own children can be swept away with it. On Linux the kernel signals a child when we die,
however we die; elsewhere a `kill -9` of the supervisor leaves its parts running.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent

# linux/prctl.h, linux/capability.h, linux/sched.h
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 47, 2
CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_SETGID, CAP_SETUID = 0, 1, 6, 7
LINUX_CAPABILITY_VERSION_3 = 0x20080522
CLONE_NEWUSER = 0x10000000

ON_LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None, use_errno=True) if ON_LINUX else None


class CannotStart(Exception):
    """A sentence for whoever started us, saying what is wrong and what to do."""


@dataclass
class Part:
    """One process of the registry: how it is started, stopped, and where it writes."""

    name: str
    args: list[str]
    log: Path
    stop_with: signal.Signals = signal.SIGTERM
    orphaned_with: signal.Signals | None = None  # what the kernel sends when we die; `stop_with` if not given
    patience: float = 10.0  # seconds between the stop signal and SIGKILL
    folder: Path = PROJECT
    env: Mapping[str, str] | None = None
    become: Callable[[], None] | None = None  # run in the child before it becomes the program
    keep_open: tuple[int, ...] = ()
    process: subprocess.Popen | None = field(default=None, repr=False)

    def start(self) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = spawn(
                self.args,
                stdout=log,
                folder=self.folder,
                env=self.env,
                become=self.become,
                orphaned_with=self.orphaned_with or self.stop_with,
                keep_open=self.keep_open,
            )

    def exit_code(self) -> int | None:
        """None while it runs (or was never started)."""
        return self.process.poll() if self.process else None

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask, wait, insist; then sweep up what it left in its group."""
        if self.process:
            end(self.process, self.stop_with, self.patience)
            self.process = None

    def last_lines(self, count: int = 12) -> str:
        try:
            lines = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        return "\n".join("    " + line for line in lines[-count:])


def spawn(
    args: list[str],
    *,
    stdout=None,
    folder: Path = PROJECT,
    env: Mapping[str, str] | None = None,
    become: Callable[[], None] | None = None,
    orphaned_with: signal.Signals = signal.SIGTERM,
    keep_open: tuple[int, ...] = (),
) -> subprocess.Popen:
    """Start a program in its own process group, tied to our life. Both outputs go to `stdout`."""
    parent = os.getpid()

    def in_child() -> None:
        if become:
            become()
        die_with(parent, orphaned_with)  # after `become`: a change of user would forget it

    return subprocess.Popen(
        args,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT if stdout else None,
        cwd=folder,
        env=env,
        process_group=0,
        preexec_fn=in_child,
        pass_fds=keep_open,
    )


def die_with(parent: int, with_signal: signal.Signals) -> None:
    """Ask the kernel to signal this process when `parent` is gone; in vain except on Linux."""
    if not _libc:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
    if os.getppid() != parent:  # it died while we were asking
        os.kill(os.getpid(), signal.SIGKILL)


def end(process: subprocess.Popen, with_signal: signal.Signals, patience: float) -> None:
    """End a process and its group. What does not end within `patience` seconds is killed."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(with_signal)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    sweep(process.pid)


def sweep(group: int) -> None:
    """Kill what is left of a process group and wait until it is gone."""
    deadline = time.monotonic() + 5
    with contextlib.suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(group, signal.SIGKILL)
            time.sleep(0.02)


# -- PostgreSQL refuses to run as root, and asks for a user that has a name ---------------------------------


@dataclass(frozen=True)
class Account:
    """The user that a server runs as. `uid` and `gid` own its files; `become` is called in the child."""

    uid: int
    gid: int
    become: Callable[[], None] | None = None


def server_account() -> Account:
    """Us, if we are an ordinary user with a name; else `nobody`, without adding a user to the system.

    As root we turn into `nobody` but keep the right to pass through folders that are closed to others,
    since both the checkout and the data may lie under /root. Where even root may not change its user
    (some containers), and for a numeric user without a name, a user namespace calls us `nobody`.
    """
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0 and _has_name(uid):
        return Account(uid, gid)
    nobody = _nobody()
    if uid == 0 and (not ON_LINUX or _may_change_user(nobody.pw_uid)):
        return Account(nobody.pw_uid, nobody.pw_gid, lambda: _become(nobody.pw_uid, nobody.pw_gid))
    return Account(uid, gid, lambda: _call_us(nobody.pw_uid, nobody.pw_gid, uid, gid))


def own(folder: Path, account: Account) -> None:
    """Give a folder to the account that works in it; quick when it has it already."""
    if os.geteuid() != 0 or folder.stat().st_uid == account.uid:
        return
    for path in sorted(folder.rglob("*"), reverse=True):
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    os.chown(folder, account.uid, account.gid)


def _has_name(uid: int) -> bool:
    try:
        return bool(pwd.getpwuid(uid))
    except KeyError:
        return False


def _nobody() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam("nobody")
    except KeyError:
        raise CannotStart("PostgreSQL does not run as root, and there is no user `nobody` to run it as.") from None


def _may_change_user(uid: int) -> bool:
    """Whether root here has the powers of root, and knows that user (a namespace may map only one)."""
    status = Path("/proc/self/status").read_text()
    powers = int(status.split("CapEff:")[1].split()[0], 16)
    needed = (CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_SETGID, CAP_SETUID)
    if not all(powers >> power & 1 for power in needed):
        return False
    ranges = [map(int, line.split()) for line in Path("/proc/self/uid_map").read_text().splitlines()]
    return any(first <= uid < first + count for first, _, count in ranges)


class _CapHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapData(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def _become(uid: int, gid: int) -> None:
    """Change user for good; on Linux keep CAP_DAC_OVERRIDE (see capabilities(7), ambient set)."""
    if _libc:
        _libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    if _libc:
        bit = 1 << CAP_DAC_OVERRIDE
        _libc.capset(ctypes.byref(_CapHeader(LINUX_CAPABILITY_VERSION_3, 0)), (_CapData * 2)(_CapData(bit, bit, bit)))
        _libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def _call_us(inner_uid: int, inner_gid: int, uid: int, gid: int) -> None:
    """Enter a user namespace in which our own user has another number (user_namespaces(7))."""
    os.unshare(CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{inner_uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{inner_gid} {gid} 1")
