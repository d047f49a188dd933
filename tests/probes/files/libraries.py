import os
import sqlite3
import sys
import tempfile

# A library that opens files in C: no function of Python's for files is called.
folder = tempfile.mkdtemp()
with open(os.path.join(folder, "cv2.py"), "w") as module:
    module.write(
        "import _io\n"
        "def imwrite(filename, img, params=None):\n"
        "    with _io.FileIO(filename, 'w') as file: file.write(img)\n"
        "    return True\n"
        "def imread(filename, flags=None):\n"
        "    with _io.FileIO(filename) as file: return file.read()\n"
    )
sys.path.insert(0, folder)
import cv2

os.mkdir("pictures")
print(cv2.imwrite("pictures/a.png", b"picture"), cv2.imread("pictures/a.png"))
print(cv2.imwrite(filename="pictures/b.png", img=b"other"), cv2.imread(filename="pictures/b.png"))
print(cv2.imread("data.txt"), os.listdir("pictures") != [], os.path.getsize("pictures/a.png"))
try:
    cv2.imwrite("missing/a.png", b"")
except OSError as error:
    print(type(error).__name__)

base = sqlite3.connect("runs.db")
with base:
    base.execute("create table losses (value real)")
    base.execute("insert into losses values (0.5)")
base.close()
again = sqlite3.connect("runs.db")
print(again.execute("select * from losses").fetchall(), os.path.exists("runs.db"))
again.close()
print(sqlite3.connect(":memory:").execute("select 1").fetchall())
print(cv2.__name__, cv2.__spec__.name, type(cv2.__loader__).__name__)

import shutil

shutil.rmtree(folder)
import subprocess

print(subprocess.call(["mkdir", "-p", "made/by/call"]), os.path.isdir("made/by/call"))
print(subprocess.run(["mkdir", "made"], stderr=subprocess.DEVNULL).returncode, os.path.isdir("made"))
print(os.system("mkdir " + "alone"), os.path.isdir("alone"))
print(subprocess.run("rm -rf made keep", shell=True).returncode, os.path.exists("made"), os.path.exists("keep"))
print(os.popen("echo hello").read(), subprocess.check_output(["echo", "a", "b"]))
