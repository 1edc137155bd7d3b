"""The same model with 8-bit weights and activations: ONNX Runtime multiplies them twice as fast as anything else.

Taken as they are, 8-bit activations cost too much likeness (cosine 0.996 to the wheel's vectors): one scale must serve
a whole text, and a few channels are tens of times larger than the rest. Two known remedies bring it to 0.9995:
- each channel is divided by a factor that its weights are multiplied with, so that both have a moderate range
  (SmoothQuant, Xiao et al. 2023, with the strength measured on this model);
- the few largest channels before the second feed-forward product are multiplied in fp32 (LLM.int8(), Dettmers et al.
  2022).
How large the channels get is seen by running the exact model over some legal Vietnamese (`calibration.txt`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from serving.e5_file import E5File
from serving.onnx_graph import FourBitGraph

_STRENGTH = 0.7  # 0: all range stays with the activations, 1: all goes into the weights
_STRENGTH_BESIDE_OUTLIERS = 0.6
_OUTLIERS = 64
_ZERO = 128  # of unsigned 8-bit weights

Floats = NDArray[np.float32]


class EightBitGraph(FourBitGraph):
    """`peaks`: by product, the largest magnitude of each channel of its input."""

    def __init__(self, source: E5File, peaks: dict[str, Floats]) -> None:
        super().__init__(source)
        self._peaks = peaks

    def _project(self, x: str, layer: str) -> list[str]:
        # One product for all three: the activations are turned to 8 bits once.
        size = self._shape.hidden
        parts = [self._matrix(layer + part, size) for part in "qkv"]
        biases = [self._source.plain(f"{layer}{part}.b") for part in "qkv"]
        # The factors of the values' channels need no operation: their own weights can carry them.
        factors = self._factors(layer + "ao", self._matrix(layer + "ao", size), _STRENGTH)
        parts[2], biases[2] = parts[2] / factors, biases[2] / factors
        matrix, bias = np.concatenate(parts, axis=1), np.concatenate(biases)
        factors = self._factors(layer + "q", matrix, _STRENGTH)
        both = self._multiply_eight_bit(self._divide(x, layer + "qkv", factors), layer + "qkv", matrix, factors, bias)
        lengths = self._constant(layer + "qkv.lengths", [size] * 3)
        names = [f"{layer}{part}.projected" for part in "qkv"]
        self._add_many("Split", [both, lengths], names, axis=2)
        return names

    def _multiply(self, x: str, name: str, rows: int, columns: int) -> str:
        matrix, bias = self._matrix(name, rows), self._source.plain(name + ".b")
        if name.endswith(".ao"):
            return self._multiply_eight_bit(x, name, matrix, self._factors(name, matrix, _STRENGTH), bias)
        if not name.endswith(".fo"):
            factors = self._factors(name, matrix, _STRENGTH)
            return self._multiply_eight_bit(self._divide(x, name, factors), name, matrix, factors, bias)
        outliers = np.sort(np.argsort(-self._peaks[name])[:_OUTLIERS])
        factors = self._factors(name, matrix, _STRENGTH_BESIDE_OUTLIERS, apart=outliers)
        rest = matrix.copy()
        rest[outliers] = 0
        x_rest = self._divide(x, name, factors, apart=outliers)
        small = self._multiply_eight_bit(x_rest, name, rest, factors, bias)
        x_outliers = self._add("Gather", [x, self._tensor(name + ".outliers", outliers.astype(np.int64))], axis=2)
        large = self._add("MatMul", [x_outliers, self._tensor(name + ".outlier_weights", matrix[outliers])])
        return self._add("Add", [small, large])

    def _matrix(self, name: str, rows: int) -> Floats:
        """(inputs, outputs)"""
        return self._source.quantised(name + ".w", rows).values().T

    def _factors(self, name: str, matrix: Floats, strength: float, apart: NDArray[np.int64] | None = None) -> Floats:
        """What each input channel is divided by, 1 in the geometric mean."""
        peaks = np.maximum(self._peaks[name], 1e-5)
        weights = np.maximum(np.abs(matrix).max(axis=1), 1e-5)
        factors = peaks**strength / weights ** (1 - strength)
        counted = np.ones(len(factors), bool)
        if apart is not None:
            counted[apart] = False
        scaled: Floats = (factors / np.exp(np.log(factors[counted]).mean())).astype(np.float32)
        return scaled

    def _divide(self, x: str, name: str, factors: Floats, apart: NDArray[np.int64] | None = None) -> str:
        inverse = (1 / factors).astype(np.float32)
        if apart is not None:
            inverse[apart] = 0
        return self._add("Mul", [x, self._tensor(name + ".inverse_factors", inverse)])

    def _multiply_eight_bit(self, x: str, name: str, matrix: Floats, factors: Floats, bias: Floats) -> str:
        matrix = matrix * factors[:, None]
        scales = (np.maximum(np.abs(matrix).max(axis=0), 1e-9) / 127).astype(np.float32)
        eight_bit = (np.round(matrix / scales) + _ZERO).astype(np.uint8)
        return self._add(
            "DynamicQuantizeMatMul",
            [
                x,
                self._tensor(name + ".w8", eight_bit),
                self._tensor(name + ".scales", scales),
                self._tensor(name + ".zeros", np.full(len(scales), _ZERO, np.uint8)),
                self._tensor(name + ".bias", bias.astype(np.float32)),
            ],
        )
