"""Children that end in every way; each must end as under python, and report nothing."""
import os
import signal
import sys


def child(end):
    pid = os.fork()
    if pid == 0:
        end()
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def fail():
    raise ValueError("in a child")


print(child(lambda: os._exit(3)), child(lambda: sys.exit(4)), child(fail), flush=True)
print(child(lambda: os.kill(os.getpid(), signal.SIGTERM)), flush=True)
pid = os.fork()
if pid == 0:
    print("the child comes to the end", flush=True)
else:
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    sys.exit(8)
