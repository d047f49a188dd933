import inspect
import sys


def train():
    """Where am I?"""
    return len(inspect.stack()) > 0


class Net:
    pass


print(inspect.getsource(train), inspect.getsource(Net), inspect.getsourcefile(Net))
print(inspect.getsource(sys.modules["__main__"]) == open(__file__).read())
