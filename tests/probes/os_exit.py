"""What was not flushed is lost, no `finally` and no exit handler runs."""
import atexit
import os
import sys

atexit.register(print, "never")
print("kept", flush=True)
sys.stdout.write("lost")
try:
    os._exit(5)
finally:
    print("never", flush=True)
