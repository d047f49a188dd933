"""A child that is told to end before it has begun ends all the same."""
import os
import signal
import time


def end():
    pid = os.fork()
    if pid == 0:
        time.sleep(0.2)
        os._exit(0)
    os.kill(pid, signal.SIGTERM)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


print({end() for _ in range(30)})
