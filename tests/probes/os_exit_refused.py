import os

os._exit("five")
