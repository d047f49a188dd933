import inspect
import io
import logging
import sys
import traceback
import warnings


def listed():
    traceback.print_stack(file=sys.stdout)
    print("".join(traceback.format_stack(limit=2)), "".join(traceback.format_stack(limit=-1)))
    print([(entry.function, entry.lineno, entry.filename) for entry in inspect.stack()])
    print(traceback.extract_stack()[0])
    print(traceback.StackSummary.extract)


def failing():
    try:
        raise KeyError("mine")
    except KeyError:
        traceback.print_exc(file=sys.stdout)
        print([entry.function for entry in inspect.trace()])


listed()
failing()
text = io.StringIO()
logging.basicConfig(stream=text, format="%(funcName)s %(lineno)d %(message)s")
logging.warning("here", stack_info=True)
print(text.getvalue())
warnings.warn("one", stacklevel=1)
warnings.warn("far", stacklevel=9)
print(inspect.signature(inspect.getouterframes), inspect.signature(traceback.print_stack))
