"""Threads that exit or fail while the script goes on; only the failure is printed."""
import sys
import threading


def run(target):
    thread = threading.Thread(target=target, name="worker")
    thread.start()
    thread.join()


def fail():
    raise ValueError("in a thread")


run(lambda: sys.exit(4))
run(fail)
print([thread.name for thread in threading.enumerate()])
