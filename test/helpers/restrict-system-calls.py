"""Runs a program under the seccomp filters that a systemd unit asks for.

Usage: restrict-system-calls.py [--families AF_INET,AF_UNIX] [--namespaces] [--realtime] [--personality] -- PROGRAM [ARGUMENT...]
"""
import argparse
import ctypes
import errno
import os
import platform
import socket
import struct

parser = argparse.ArgumentParser()
parser.add_argument("--families")
for name in ("namespaces", "realtime", "personality"):
    parser.add_argument(f"--{name}", action="store_true")
parser.add_argument("command", nargs="+")
args = parser.parse_args()

numbers = {
    "x86_64": {"socket": 41, "unshare": 272, "setns": 308, "sched_setscheduler": 144, "personality": 135},
    "aarch64": {"socket": 198, "unshare": 97, "setns": 268, "sched_setscheduler": 119, "personality": 92},
}[platform.machine()]

LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, ERRNO = 0x7FFF0000, 0x00050000
NUMBER, FIRST_ARGUMENT = 0, 16


def instruction(code, k, if_true=0, if_false=0):
    return struct.pack("HBBI", code, if_true, if_false, k)


def refuse(call, error):
    return [instruction(EQUAL, numbers[call], 0, 1), instruction(RETURN, ERRNO | error)]


filters = [instruction(LOAD, NUMBER)]
if args.namespaces:
    filters += refuse("unshare", errno.EPERM) + refuse("setns", errno.EPERM)
if args.realtime:
    filters += refuse("sched_setscheduler", errno.EPERM)
if args.personality:
    filters += refuse("personality", errno.EPERM)
if args.families:
    allowed = [int(getattr(socket, name)) for name in args.families.split(",")]
    checks = [instruction(EQUAL, family, len(allowed) - index, 0) for index, family in enumerate(allowed)]
    body = [instruction(LOAD, FIRST_ARGUMENT), *checks, instruction(RETURN, ERRNO | errno.EAFNOSUPPORT)]
    filters += [instruction(EQUAL, numbers["socket"], 0, len(body)), *body]
filters.append(instruction(RETURN, ALLOW))

program = ctypes.create_string_buffer(b"".join(filters))


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


libc = ctypes.CDLL(None, use_errno=True)
SET_NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER_MODE = 38, 22, 2
whole = Program(len(filters), ctypes.addressof(program))
if libc.prctl(SET_NO_NEW_PRIVILEGES, 1, 0, 0, 0) or libc.prctl(SET_SECCOMP, FILTER_MODE, ctypes.byref(whole), 0, 0):
    raise OSError(ctypes.get_errno(), "seccomp")
os.execvp(args.command[0], args.command)
