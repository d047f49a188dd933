"""A worker that computes without ever coming back to Python still ends at SIGTERM."""
import multiprocessing
import time


def compute():
    pow(3, 10**8, None)


if __name__ == "__main__":
    worker = multiprocessing.get_context("fork").Process(target=compute)
    worker.start()
    time.sleep(0.3)
    worker.terminate()
    worker.join(2)
    print(worker.exitcode)
    worker.kill()
