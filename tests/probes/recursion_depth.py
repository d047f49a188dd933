def depth(number):
    try:
        return depth(number + 1)
    except RecursionError:
        return number


print(depth(0))
