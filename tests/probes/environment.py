"""Everything that a script can see of the way it was started."""
import sys


def annotated(number: int) -> None:
    pass


print(sys.argv, sys.path[0], __name__, __file__, __package__, getattr(__spec__, 'name', None))
print(sorted(globals()))
print(type(__builtins__), type(__loader__), __loader__.name, __loader__.path)
print(sys.modules["__main__"].__dict__ is globals(), "gradcheck_gan" in globals())
print(annotated.__annotations__["number"] is int)
