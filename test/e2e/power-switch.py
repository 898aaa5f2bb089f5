"""Takes the power from ext4 file systems: what they had not given to their disks is lost.

power-switch.py <pipe> <control> <folder>...: makes the pipe and prints "ready". When a process writes its id there,
the text <control> is written to the file "control" of each file system (given by a folder in it), all of them are
shut down, and that process is killed.
"""

import fcntl
import os
import signal
import struct
import sys

# include/uapi/linux/ext4.h: _IOR('X', 125, __u32), and the flag not to flush the log first.
EXT4_IOC_SHUTDOWN = 0x8004587D
NOLOGFLUSH = struct.pack("I", 2)

pipe, control, *folders = sys.argv[1:]
disks = [os.open(folder, os.O_RDONLY) for folder in folders]
os.mkfifo(pipe)
print("ready", flush=True)
with open(pipe) as asked:
    pid = int(asked.read())
try:
    for disk in disks:
        file = os.open("control", os.O_WRONLY | os.O_CREAT, dir_fd=disk)
        os.write(file, control.encode())
        os.close(file)
    for disk in disks:
        fcntl.ioctl(disk, EXT4_IOC_SHUTDOWN, NOLOGFLUSH)
finally:
    os.kill(pid, signal.SIGKILL)
