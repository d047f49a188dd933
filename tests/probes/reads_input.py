import sys

print(input(), sys.stdin.read().upper())
