"""Arrays, tensors and pictures as bodies have them. Their libraries are imported when a value needs them."""

from __future__ import annotations

import base64
import io
import sys
from typing import Any

from mariner.faults import shown
from mariner.hints import ARRAY, IMAGE, TENSOR, Hint, type_name

NPY = "application/x-npy"
NPY_TYPES = (NPY, "application/npy", "application/vnd.npy")
_NPY_MAGIC = b"\x93NUMPY"


def read_leaf(wanted: Any, value: Any) -> Any:
    """Returns an array, tensor, picture or pydantic model of what JSON or msgpack has for it.

    Raises:
        ValueError: it is none; the text goes to the client.
        TypeError: such a type has no form in a document.
    """
    hint = Hint.of(wanted)
    if hint.kind == IMAGE:
        return image(_content(value))
    if hint.kind in (ARRAY, TENSOR):
        return array(hint, value)
    validate = getattr(wanted, "model_validate", None)
    if validate is not None:
        return validate(value)
    raise TypeError(f"{type_name(wanted)} has no form in a document")


def _of_list(value: Any, dtype: str | None) -> Any:
    """Returns an array of numbers; raises ValueError where one of them would become another."""
    import numpy as np

    wanted = f"expected an array of {dtype or 'numbers'}"
    odd = f"{wanted}, got other values"
    try:
        raw = np.asarray(value)
    except ValueError:  # lists of several lengths
        raise ValueError(_odd_leaf(wanted, value) or _odd_length(wanted, value) or odd) from None
    if raw.dtype.kind not in "biufc":
        found = _odd_leaf(wanted, value)
        if found is not None:
            raise ValueError(found)
    try:
        with np.errstate(all="ignore"):
            # Whole numbers of more than 64 bits are objects.
            found = np.asarray(value, dtype=dtype) if raw.dtype == object else raw.astype(dtype or raw.dtype)
    except (ValueError, TypeError, OverflowError) as fault:
        raise ValueError(f"{wanted}: {fault}") from None
    if found.dtype == object:
        raise ValueError(odd)
    if found.dtype != raw.dtype and raw.dtype != object:
        changed = np.isinf(found) & np.isfinite(raw) if found.dtype.kind == "f" else found != raw
        if changed.any():
            raise ValueError(f"{wanted}, got {raw[changed].flat[0]} among them")
    return found


def _odd_leaf(wanted: str, value: Any, place: str = "") -> str | None:
    """Returns what tells of the first leaf of lists that is no number; None: all are."""
    if isinstance(value, (list, tuple)):
        told = (_odd_leaf(wanted, entry, f"{place}[{n}]") for n, entry in enumerate(value))
        return next((one for one in told if one is not None), None)
    return None if isinstance(value, (bool, int, float)) else f"{wanted}, got {shown(value)} at {place}"


def _odd_length(wanted: str, value: Any, place: str = "") -> str | None:
    """Returns what tells of the first of lists that is not as long as the one before; None: all are."""
    if not isinstance(value, (list, tuple)):
        return None
    sizes = [len(entry) if isinstance(entry, (list, tuple)) else None for entry in value]
    for n, size in enumerate(sizes):
        if size != sizes[0]:
            first, this = ("a number" if one is None else f"a list of {one}" for one in (sizes[0], size))
            return f"{wanted}, got {first} at {place}[0], and {this} at {place}[{n}]"
    told = (_odd_length(wanted, entry, f"{place}[{n}]") for n, entry in enumerate(value))
    return next((one for one in told if one is not None), None)


def array(hint: Hint, value: Any) -> Any:
    """Returns an array or tensor of a list, or of bytes in numpy's own format; raises ValueError."""
    import numpy as np

    if isinstance(value, (bytes, bytearray, memoryview)):
        if bytes(value[:6]) != _NPY_MAGIC:
            raise ValueError(f"expected an array, got {len(value)} bytes that are not .npy")
        found = np.load(io.BytesIO(value), allow_pickle=False)
        if hint.dtype and found.dtype.name != hint.dtype:
            raise ValueError(f"expected an array of {hint.dtype}, got one of {found.dtype.name}")
    elif isinstance(value, (list, tuple, int, float)):
        found = _of_list(value, hint.dtype)
    else:
        raise ValueError(f"expected an array, got {type(value).__name__}")
    check_shape(hint, found.shape)
    if hint.kind != TENSOR:
        return found
    import torch

    if found.dtype == np.float64 and isinstance(value, (list, tuple)):
        with np.errstate(over="ignore"):
            found = found.astype(np.float32)  # as torch.tensor does
    try:
        return torch.from_numpy(np.ascontiguousarray(found))
    except TypeError as fault:
        raise ValueError(f"expected a tensor: {fault}") from None


def check_shape(hint: Hint, shape: tuple[int, ...]) -> None:
    """Raises ValueError when an array has another shape than its hint."""
    wanted = hint.shape
    if wanted is None:
        return
    if len(wanted) != len(shape) or any(w not in (-1, s) for w, s in zip(wanted, shape, strict=True)):
        raise ValueError(f"expected shape {list(wanted)}, got {list(shape)}")


def image(content: bytes | bytearray | memoryview) -> Any:
    """Returns a picture; raises ValueError when the bytes are none."""
    from PIL import Image, UnidentifiedImageError

    try:
        found = Image.open(io.BytesIO(content))
        found.load()
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as fault:
        reason = "unknown format" if isinstance(fault, UnidentifiedImageError) else str(fault)
        raise ValueError(f"expected an image, got {len(content)} bytes ({reason})") from None
    return found


def _content(value: Any) -> bytes:
    if isinstance(value, (bytes, bytearray)):
        return bytes(value)
    if isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except ValueError:
            raise ValueError("expected an image in base64") from None
    raise ValueError(f"expected an image in base64, got {type(value).__name__}")


def is_array(value: Any) -> bool:
    """Returns whether a value is numpy's array or torch's tensor, without importing either."""
    return _is("numpy", "ndarray", value) or _is("torch", "Tensor", value)


def is_image(value: Any) -> bool:
    """Returns whether a value is a picture of PIL."""
    return _is("PIL.Image", "Image", value)


def npy(value: Any) -> bytes:
    """Returns an array or tensor in numpy's own format."""
    import numpy as np

    file = io.BytesIO()
    np.save(file, _numpy(value), allow_pickle=False)
    return file.getvalue()


def picture(value: Any, content_type: str) -> bytes:
    """Returns a picture in the format of a content type (`image/png`); raises OSError if PIL has none."""
    from PIL import Image

    Image.init()
    formats = {mime: name for name, mime in Image.MIME.items()}
    name = formats.get(content_type)
    if name is None or name not in Image.SAVE:
        raise OSError(f"no format for {content_type}")
    file = io.BytesIO()
    opaque = value.convert("RGB") if name == "JPEG" and value.mode not in ("RGB", "L", "CMYK") else value
    opaque.save(file, name)
    return file.getvalue()


def plain(value: Any) -> Any:
    """Returns what JSON has for a leaf: lists for arrays, base64 for pictures; raises TypeError."""
    if is_array(value):
        return _numpy(value).tolist()
    if _is("numpy", "generic", value):
        return value.item()
    if is_image(value):
        return base64.b64encode(picture(value, "image/png")).decode()
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no form in an answer")


def packed(value: Any) -> Any:
    """Returns what msgpack has for a leaf: .npy for arrays, PNG for pictures; raises TypeError."""
    if is_array(value):
        return npy(value)
    return picture(value, "image/png") if is_image(value) else plain(value)


def _numpy(value: Any) -> Any:
    if not _is("torch", "Tensor", value):
        return value
    flat = value.detach().cpu()
    torch = sys.modules["torch"]
    return (flat.float() if flat.dtype is torch.bfloat16 else flat).numpy()


def _is(module: str, name: str, value: Any) -> bool:
    known = sys.modules.get(module)
    return known is not None and isinstance(value, getattr(known, name))
