"""A dictionary from locals() keeps what it had, and nothing else has one."""

from _gan import update


def keep():
    value = 1
    mine = locals()
    update()
    print(value, mine["value"])


def forget():
    value = [1]
    update()
    del value
    print(sorted(locals()))


keep()
forget()
