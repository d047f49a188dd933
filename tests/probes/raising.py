"""An error with a cause and a context, from several frames, one of them in another file."""
import helper


def outer():
    try:
        helper.fail(1)
    except ZeroDivisionError as error:
        try:
            {}["key"]
        except KeyError:
            raise RuntimeError("training diverged\nat once") from error


print("before", flush=True)
outer()
