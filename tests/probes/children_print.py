import os
import subprocess
import sys

print("own")
sys.stdout.flush()
subprocess.run([sys.executable, "-c", "print('child')"], check=True)
os.write(1, b"raw\n")
print("last")
