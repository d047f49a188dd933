import os
import threading
import time

threading.Thread(target=lambda: os._exit(6)).start()
time.sleep(10)
