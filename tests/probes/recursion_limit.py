import sys


def depth(number):
    try:
        return depth(number + 1)
    except RecursionError:
        return number


print(sys.getrecursionlimit(), depth(0))
sys.setrecursionlimit(sys.getrecursionlimit() * 2)
print(sys.getrecursionlimit(), depth(0))
for wrong in (0, -1, "x", 2**40):
    try:
        sys.setrecursionlimit(wrong)
    except Exception as error:
        print(type(error), error)
print(sys.getrecursionlimit(), sys.getrecursionlimit.__name__, sys.getrecursionlimit.__doc__)
