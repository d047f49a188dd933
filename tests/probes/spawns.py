import multiprocessing
import sys
from dataclasses import dataclass


@dataclass
class Task:
    number: int


def work(task):
    return task.number**2, __name__, sys.argv


if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        print(pool.map(work, [Task(2), Task(3)]))
