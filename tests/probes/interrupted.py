import os
import signal
import time


def train():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)


train()
