import threading

import training


def loop():
    while True:
        training.step()


thread = threading.Thread(target=loop)
thread.start()
thread.join()
print("joined")
