"""What is known of torch's functions by name: which detach, escape, overwrite, are flat."""

from __future__ import annotations

from enum import Enum, auto
from functools import lru_cache
from typing import Any


class Kind(Enum):
    """How the recorder treats a call that the function mode sees."""

    OPERATION = auto()
    IGNORED = auto()
    ESCAPE = auto()
    READ_GRAD = auto()
    WRITE_GRAD = auto()
    WRITE_DATA = auto()
    SET_REQUIRES_GRAD = auto()
    GRAD_MODE = auto()
    HOOK = auto()


DETACHING = frozenset({"detach", "detach_", "data"})
REBUILDING = frozenset(
    {"tensor", "as_tensor", "asarray", "new_tensor", "from_numpy", "scalar_tensor"}
)
STORING = frozenset({"untyped_storage", "storage"})
"""What pickling, and with it `torch.save`, asks a tensor for."""
SHAPE_ONLY = frozenset(
    "zeros_like ones_like empty_like full_like rand_like randn_like randint_like new_zeros "
    "new_ones new_empty new_full new_empty_strided".split()
)
FIRST_INPUT_ONLY = frozenset(
    "type_as expand_as view_as reshape_as to resize_as_ __deepcopy__".split()
)
OVERWRITING = frozenset(
    "zero_ fill_ uniform_ normal_ random_ exponential_ cauchy_ geometric_ log_normal_ bernoulli_ "
    "copy_ set_".split()
)
RETURNS_ITSELF = frozenset(
    "to float double half bfloat16 cpu cuda contiguous type type_as requires_grad_ share_memory_ "
    "pin_memory retain_grad view_as reshape flatten expand squeeze conj "
    "resolve_conj resolve_neg".split()
)
COPYING = DETACHING | frozenset(
    "clone to cpu cuda float double half contiguous alias __deepcopy__".split()
)
STACKING = frozenset("cat concat concatenate vstack row_stack".split())
ZERO_DERIVATIVE = frozenset(
    "round floor ceil trunc fix sign floor_divide bernoulli round_ floor_ ceil_ trunc_ fix_ sign_ "
    "floor_divide_ bernoulli_ __floordiv__ __rfloordiv__ __ifloordiv__".split()
)
SCALING = frozenset(
    "mul multiply mul_ div divide true_divide div_ __mul__ __rmul__ __imul__".split()
)
SUMMING = frozenset("add add_ sub sub_ __rsub__ rsub".split())
SATURATING = frozenset(
    "relu relu_ relu6 hardtanh hardtanh_ hardsigmoid hardswish threshold threshold_ clamp clamp_ "
    "clamp_min clamp_max clip clip_ sigmoid sigmoid_ tanh tanh_ softmax celu elu".split()
)
CLIPPING = frozenset(
    "clamp clamp_ clip clip_ clamp_min clamp_min_ clamp_max clamp_max_ hardtanh hardtanh_".split()
)
KEEPS_GRADIENT = frozenset(
    "mul_ div_ clamp_ clamp_max_ clamp_min_ clip_ nan_to_num_ __imul__".split()
)
"""In-place changes of `.grad` that scale or bound it: the deposits in it stay what they are."""

_ESCAPES = frozenset(
    "item tolist numpy __array__ __bool__ __int__ __float__ __index__ __complex__ __format__ "
    "__repr__ __str__ __reduce_ex__ is_nonzero equal allclose __contains__ __dlpack__ "
    "untyped_storage storage".split()
)
_IGNORED = frozenset(
    "size dim ndimension numel nelement stride storage_offset is_contiguous is_floating_point "
    "is_complex element_size data_ptr get_device is_same_size backward grad __len__ __hash__ "
    "storage_type is_set_to is_pinned is_shared has_names "
    "__setstate__ __getstate__ retain_grad result_type promote_types can_cast "
    "is_tensor is_storage get_default_dtype manual_seed _has_compatible_shallow_copy_type "
    "__dir__ __sizeof__ is_neg is_conj is_inference is_signed set_default_dtype".split()
)
_INPLACE_DUNDERS = frozenset(
    "__iadd__ __isub__ __imul__ __itruediv__ __idiv__ __ifloordiv__ __imod__ __ipow__ __iand__ "
    "__ior__ __ixor__ __ilshift__ __irshift__ __setitem__".split()
)
_PROPERTIES = {
    ("grad", "__get__"): Kind.READ_GRAD,
    ("grad", "__set__"): Kind.WRITE_GRAD,
    ("grad", "__delete__"): Kind.WRITE_GRAD,
    ("data", "__get__"): Kind.OPERATION,
    ("data", "__set__"): Kind.WRITE_DATA,
    ("requires_grad", "__set__"): Kind.SET_REQUIRES_GRAD,
    ("T", "__get__"): Kind.OPERATION,
    ("mT", "__get__"): Kind.OPERATION,
    ("H", "__get__"): Kind.OPERATION,
    ("mH", "__get__"): Kind.OPERATION,
    ("real", "__get__"): Kind.OPERATION,
    ("imag", "__get__"): Kind.OPERATION,
}
_BY_NAME = {
    "requires_grad_": Kind.SET_REQUIRES_GRAD,
    "_set_grad_enabled": Kind.GRAD_MODE,
    "register_hook": Kind.HOOK,
    "register_post_accumulate_grad_hook": Kind.IGNORED,
}


@lru_cache(maxsize=4096)
def classify(func: Any) -> tuple[Kind, str, bool]:
    """Kind, plain name, and whether the function writes its first argument in place."""
    name = getattr(func, "__name__", None) or type(func).__name__
    if name in ("__get__", "__set__", "__delete__"):
        attribute = getattr(getattr(func, "__self__", None), "__name__", "")
        return _PROPERTIES.get((attribute, name), Kind.IGNORED), attribute, False
    if name in _BY_NAME:
        return _BY_NAME[name], name, False
    if name in _ESCAPES:
        return Kind.ESCAPE, name, False
    if name in _IGNORED:
        return Kind.IGNORED, name, False
    inplace = name in _INPLACE_DUNDERS or (name.endswith("_") and not name.endswith("__"))
    return Kind.OPERATION, name, inplace


def is_zero_derivative(name: str, kwargs: dict[str, Any]) -> bool:
    if name in ("div", "divide", "true_divide", "div_", "divide_"):
        return kwargs.get("rounding_mode") is not None
    return name in ZERO_DERIVATIVE
