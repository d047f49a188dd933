"""As many steps as asked for; `how` says what becomes of the stop signal."""
import sys

import training

how = sys.argv[1]


def loop():
    for number in range(int(sys.argv[2])):
        try:
            training.step()
        except BaseException:
            if how == "pass":
                continue
            if how == "leave":
                break
            if how == "wrap":
                raise RuntimeError("could not save")
            if how == "exit":
                sys.exit(1)
            raise
    return "done"


try:
    print(loop())
finally:
    print("cleaned up")
if how == "raise":
    raise ValueError("after training")
