"""Catches everything, the signal that ends the recording included, and goes on."""

from _gan import update

for _ in range(5):
    try:
        print(update())
    except BaseException as error:
        print(type(error).__name__)
