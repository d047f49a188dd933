import sys


def hook(kind, error, traceback):
    depth = 0
    while traceback is not None:
        depth, traceback = depth + 1, traceback.tb_next
    print("hook", kind.__name__, error, depth, sys.exc_info(), sys.last_value is error)
    if "fail" in sys.argv:
        raise OSError("the hook itself failed")
    if "exit" in sys.argv:
        sys.exit(9)


def train():
    raise ValueError("diverged")


sys.excepthook = hook
if "none" in sys.argv:
    del sys.excepthook
train()
