import sys


def depth(number):
    try:
        return depth(number + 1)
    except RecursionError:
        return number


def endless(number):
    return endless(number + 1)


print(depth(0) - sys.getrecursionlimit() > -50)
endless(0)
