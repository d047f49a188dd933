import threading
import time


def wait():
    time.sleep(20)


threading.Thread(target=wait, name="loader", daemon=True).start()
print("waiting", flush=True)
wait()
