import pickle
import threading
import time


class Settings:
    rate = 0.1


def save():
    threading.main_thread().join()
    time.sleep(0.05)
    print(pickle.loads(pickle.dumps(Settings())).rate)


threading.Thread(target=save).start()
print("main is over")
