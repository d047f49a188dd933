"""The CPU in the place of a graphics card that a script asks for and the machine lacks."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Iterable
from contextlib import suppress
from types import FunctionType, ModuleType
from typing import Any

import torch
from torch.jit import _builtins

from gradcheck_gan.stand_ins import card

Function = Callable[..., Any]

_NAMES = {"cuda": "CUDA", "mps": "MPS"}
_SCALERS_OFF = (
    "Torch switched the gradient scaler off, since CUDA is not here, so its use was not judged; "
    "with --fake-data it works on the CPU."
)
_FACTORIES = (
    "arange as_tensor asarray bartlett_window blackman_window empty empty_like empty_permuted "
    "empty_quantized empty_strided eye full full_like hamming_window hann_window kaiser_window "
    "linspace logspace normal ones ones_like rand rand_like randint randint_like randn randn_like "
    "randperm range scalar_tensor sparse_bsc_tensor sparse_bsr_tensor sparse_compressed_tensor "
    "sparse_coo_tensor sparse_csc_tensor sparse_csr_tensor tensor tril_indices triu_indices zeros "
    "zeros_like"
).split()
_METHODS = "new_empty new_empty_strided new_full new_ones new_tensor new_zeros".split()
_KINDS = "Bool Byte Char Double Float Half Int Long Short BFloat16".split()


class Devices:
    """Only what asks for a card that is absent is changed; all other calls go through.

    Torch switches a gradient scaler off that has no card. In a script that would run no further
    without one, or `for_certain`, it works on the CPU.
    """

    def __init__(self, *, for_certain: bool = False) -> None:
        self._for_certain = for_certain
        self._scalers_off = False
        self._asked: dict[str, None] = {}
        self._absent: set[str] = set()
        self._numbers = False
        self._kinds: dict[Any, Any] = {}

    def install(self) -> None:
        if torch.cuda.is_available():
            return
        with suppress(ImportError):
            # Torch before 2.5 refuses to import it once events are not its own.
            importlib.import_module("torch._dynamo.device_interface")
        self._absent.add("cuda")
        if not torch.backends.mps.is_available():
            self._absent.add("mps")
        accelerator: Any = getattr(torch, "accelerator", None)
        self._numbers = not (accelerator and accelerator.is_available())
        self._install()
        self._install_cuda()

    def told(self) -> tuple[str, ...]:
        asked = (
            f"The script asked for {_NAMES[name]}, which is not here: it ran on the CPU."
            for name in self._asked
        )
        return (*asked, *([_SCALERS_OFF] if self._scalers_off else []))

    def _install(self) -> None:
        from torch.utils import _device

        # Torch lists its factories at first use, and compares what it calls with the list.
        _device._device_constructors()
        _wrap(torch, _FACTORIES, self._factory)
        _wrap(torch.fft, ("fftfreq", "rfftfreq"), self._factory)
        _wrap(torch.Tensor, _METHODS, self._factory)
        for moved in (torch.Tensor, torch.nn.Module):
            _wrap(moved, ("to",), self._moving)
        _wrap(_device.DeviceContext, ("__init__",), self._first)
        _wrap(torch.amp.GradScaler, ("__init__",), self._scaling)
        _wrap(torch.serialization, ("default_restore_location",), self._restoring)
        _wrap(torch.mps, ("synchronize", "empty_cache"), self._nothing_of("mps"))
        setattr(torch, "Generator", self._generators(torch.Generator))  # noqa: B010

    def _install_cuda(self) -> None:
        cuda: Any = torch.cuda
        for kind in _KINDS:
            name = f"{kind}Tensor"
            plain, absent = getattr(torch, name), getattr(cuda, name, None)
            made = self._type(name, plain)
            self._kinds |= {made: plain, absent: plain, f"torch.cuda.{name}": plain}
            setattr(cuda, name, made)
        _wrap(torch.Tensor, ("type",), self._typing)
        _wrap(torch, ("set_default_tensor_type",), self._default_type)
        _wrap(torch.Tensor, ("cuda", "pin_memory"), self._staying)
        _wrap(torch.Tensor, ("record_stream",), self._nothing_of("cuda"))
        _wrap(cuda, card.NOTHING, self._nothing_of("cuda"))
        for name, answer in card.ANSWERS.items():
            _wrap(cuda, (name,), functools.partial(self._answering, answer))
        _wrap(torch.nn.parallel, ("data_parallel",), self._parallel)

    def _cpu(self, device: Any) -> Any:
        """What stands in for a device; any other is given back."""
        kind = device.type if isinstance(device, torch.device) else device
        if isinstance(kind, str):
            kind = kind.partition(":")[0]
        elif isinstance(kind, int) and not isinstance(kind, bool) and self._numbers:
            kind = "cuda"
        if kind.__class__ is str and kind in self._absent:
            self._asked[kind] = None
            return torch.device("cpu")
        return device

    def _factory(self, original: Function) -> Function:
        def make(*args: Any, **kwargs: Any) -> Any:
            if kwargs.get("device") is not None:
                kwargs["device"] = self._cpu(kwargs["device"])
            return original(*args, **kwargs)

        return make

    def _moving(self, original: Function) -> Function:
        def to(self_: Any, *args: Any, **kwargs: Any) -> Any:
            if args:
                args = (self._cpu(args[0]), *args[1:])
            if kwargs.get("device") is not None:
                kwargs["device"] = self._cpu(kwargs["device"])
            return original(self_, *args, **kwargs)

        return to

    def _first(self, original: Function) -> Function:
        def __init__(self_: Any, device: Any) -> None:
            original(self_, self._cpu(device))

        return __init__

    def _scaling(self, original: Function) -> Function:
        def __init__(self_: Any, device: Any = "cuda", *args: Any, **kwargs: Any) -> None:
            if self._for_certain or self._asked:
                device = getattr(self._cpu(device), "type", device)
            original(self_, device, *args, **kwargs)
            wanted = kwargs.get("enabled", args[4] if len(args) > 4 else True)
            self._scalers_off |= bool(wanted) and not self_.is_enabled()

        return __init__

    def _restoring(self, original: Function) -> Function:
        def restore(storage: Any, location: Any) -> Any:
            return original(storage, str(self._cpu(location)))

        return restore

    def _staying(self, original: Function) -> Function:
        def stay(self_: Any, *args: Any, **kwargs: Any) -> Any:
            self._asked["cuda"] = None
            return self_

        return stay

    def _typing(self, original: Function) -> Function:
        def type_(self_: Any, *args: Any, **kwargs: Any) -> Any:
            if args:
                args = (self._kind(args[0]), *args[1:])
            if "dtype" in kwargs:
                kwargs["dtype"] = self._kind(kwargs["dtype"])
            return original(self_, *args, **kwargs)

        return type_

    def _default_type(self, original: Function) -> Function:
        def set_default_tensor_type(t: Any, /) -> None:
            original(self._kind(t))

        return set_default_tensor_type

    def _kind(self, kind: Any) -> Any:
        with suppress(TypeError):
            if kind is not None and kind in self._kinds:
                self._asked["cuda"] = None
                return self._kinds[kind]
        return kind

    def _nothing_of(self, card_of: str) -> Callable[[Function], Function]:
        def make(original: Function) -> Function:
            def nothing(*args: Any, **kwargs: Any) -> None:
                self._asked[card_of] = None

            return nothing

        return make

    def _answering(self, answer: Function, original: Function) -> Function:
        def told(*args: Any, **kwargs: Any) -> Any:
            self._asked["cuda"] = None
            return answer(*args, **kwargs)

        return told

    def _parallel(self, original: Function) -> Function:
        def data_parallel(module: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            self._asked["cuda"] = None
            given = inputs if isinstance(inputs, tuple) else (inputs,)
            named = kwargs.get("module_kwargs") or {}
            return module(*given, **named)

        return data_parallel

    def _generators(self, plain: Any) -> Any:
        def make(*args: Any, **kwargs: Any) -> Any:
            devices = [*args, *kwargs.values()]
            return plain(*map(self._cpu, devices))

        return card.disguised(plain, make)

    def _type(self, name: str, plain: Any) -> Any:
        def make(*args: Any, **kwargs: Any) -> Any:
            self._asked["cuda"] = None
            return plain(*args, **kwargs)

        # No tensor is on a card, and a script that looks is told so.
        return card.disguised(plain, make, instances=False, name=name, module="torch.cuda")


_of_torchscript: Any = _builtins
find, register = _of_torchscript._find_builtin, _of_torchscript._register_builtin


def _wrap(owner: Any, names: Iterable[str], make: Callable[[Function], Function]) -> None:
    for name in names:
        original = getattr(owner, name, None)
        if original is None:
            continue
        made = functools.wraps(original)(make(original))
        if isinstance(owner, ModuleType) and not isinstance(original, FunctionType):
            made.__module__, made.__qualname__ = owner.__name__, name  # as `pickle` looks for it
        setattr(owner, name, made)
        if operator := find(original):
            register(made, operator)  # what TorchScript takes it for
