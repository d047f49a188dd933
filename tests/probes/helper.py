def greet():
    return "hello from " + __name__


def fail(number):
    return number / 0
