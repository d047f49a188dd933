"""Not a probe: runs one under a session whose recorder counts calls of `training.step`.

`driver.py LIMIT TIMEOUT STATUS script|module NAME [ARGS]...`; after the marker, the run's outcome
and notes stand on one line of standard error, or alone on standard output.
"""
import json
import os
import sys
import types
from dataclasses import asdict

from gradcheck_gan.ending import outcome_of
from gradcheck_gan.launch import Target, UsageError, prepare
from gradcheck_gan.run import Run
from gradcheck_gan.session import inspect
from gradcheck_gan.stop import StopInspection
from gradcheck_gan.commandline.streams import divert_stdout


class CountingRecorder:
    rounds = 0
    steps = 0
    stopped_by = None
    waited_for = ()
    skipped = 0
    swallowed = None

    def __init__(self, limit):
        self.limit = limit
        self.raised = 0

    def __enter__(self):
        training = types.ModuleType("training")
        training.step = self.step
        sys.modules["training"] = training

    def __exit__(self, *exception):
        del sys.modules["training"]

    def step(self):
        if self.stopped_by is None:
            self.steps += 1
            if self.steps == self.limit:
                self.stopped_by = "rounds"
        if self.stopped_by is not None:
            self.raised += 1
            if self.raised > 3:
                self.swallowed()
            raise StopInspection

    def request_stop(self, reason):
        self.stopped_by = reason

    def freeze(self, end):
        assert "training" in sys.modules
        return Run("probe", outcome_of(end, self))


def main():
    limit, timeout, status, kind, name, *arguments = sys.argv[1:]
    alone = divert_stdout() if "STDOUT_ALONE" in os.environ else None

    def deliver(run):
        line = json.dumps({"outcome": asdict(run.outcome), "notes": run.notes})
        descriptor = 2 if alone is None else alone.fileno()
        os.write(descriptor, f"{'' if alone else '=== report '}{line}\n".encode())
        return int(status)

    try:
        prepared = prepare(Target(kind, name, tuple(arguments)))
        return inspect(prepared, CountingRecorder(int(limit)), float(timeout), deliver)
    except UsageError as error:
        print(f"Error: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
