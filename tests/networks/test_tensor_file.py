"""A file of tensors is whole, or refused with how much of it there is."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import save_file

from nnexpr import InputError
from nnexpr.networks.tensor_file import read_tensors


def refusal(path: Path) -> str:
    with pytest.raises(InputError) as raised:
        read_tensors(path)
    return raised.value.allowed


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    save_file({"a": torch.arange(6.0).reshape(2, 3)}, tmp_path / "whole", {"said": "so"})
    return tmp_path / "whole"


def test_every_length_but_its_own_is_refused(whole: Path, tmp_path: Path) -> None:
    tensors, metadata = read_tensors(whole)
    assert torch.equal(tensors["a"], torch.arange(6.0).reshape(2, 3))
    assert metadata == {"said": "so"}
    data, part = whole.read_bytes(), tmp_path / "part"
    head = 8 + int.from_bytes(data[:8], "little")
    for length in range(len(data)):
        part.write_bytes(data[:length])
        if length < 9:
            reason = "it is not a safetensors file"
        elif length < head:
            reason = f"it is cut short: {length} bytes of more than {head}"
        else:
            reason = f"it is cut short: {length} bytes of {len(data)}"
        assert refusal(part) == reason
    part.write_bytes(data + b"\0")
    assert refusal(part) == f"it is {len(data) + 1} bytes long, and its tensors end after {len(data)}"


def test_a_file_of_no_tensors_is_whole(tmp_path: Path) -> None:
    save_file({}, tmp_path / "none", {"said": "so"})
    assert read_tensors(tmp_path / "none") == ({}, {"said": "so"})


@pytest.mark.parametrize("times", [1.5, 2.0])
def test_a_file_is_read_where_twice_its_size_is_free(
    times: float, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = SimpleNamespace(available=times * whole.stat().st_size)
    monkeypatch.setattr("psutil.virtual_memory", lambda: free)
    if times < 2:
        assert "GB are free" in refusal(whole)
    else:
        assert "a" in read_tensors(whole)[0]
