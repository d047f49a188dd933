import os
import tempfile

with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
print("nowhere")
raise ValueError("from nowhere")
