import io
import sys

print("first")
sys.stdout = io.StringIO()
sys.stderr = io.StringIO()
print("unseen")
raise ValueError("unseen")
