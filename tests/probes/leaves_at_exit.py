import atexit
import os

atexit.register(os._exit, 5)


@atexit.register
def leave():
    os._exit(4)
