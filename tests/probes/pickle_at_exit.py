import atexit
import pickle


class Settings:
    rate = 0.1


@atexit.register
def save():
    print(pickle.loads(pickle.dumps(Settings())).rate, pickle.dumps(Settings))
