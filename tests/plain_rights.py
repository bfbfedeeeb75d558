"""What a process may do that has no other rights than those that a file's permissions give it."""

# Root may write where nobody may; without its capabilities it may not. Everybody else has none to give up.
GIVE_UP_RIGHTS = """
import ctypes, os
if os.geteuid() == 0:
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)()) != 0:
        raise OSError("the capabilities can't be given up")
"""
