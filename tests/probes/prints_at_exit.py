import atexit

atexit.register(print, "after the report")
print("before the report")
