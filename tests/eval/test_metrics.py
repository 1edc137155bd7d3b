"""Bootstrap intervals and the comparison of two runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from eval.compare import compare, in_words, read_earlier
from eval.metrics import MEASURES, differences, interval
from legal.errors import BadRequest


def values(scores: list[float]) -> dict[str, dict[str, float]]:
    return {f"q{place}": dict.fromkeys(MEASURES, score) for place, score in enumerate(scores)}


def ids(scores: list[float]) -> dict[str, list[str]]:
    return {"all": [f"q{place}" for place in range(len(scores))]}


def test_an_interval_holds_its_mean_and_narrows_with_the_sample() -> None:
    same = interval([0.5] * 30)
    assert (same.mean, same.low, same.high) == (0.5, 0.5, 0.5)
    few, many = interval([0.0, 1.0] * 20), interval([0.0, 1.0] * 500)
    assert few.mean == many.mean == 0.5
    # Of a fair coin's mean: 1.96 * sqrt(0.25 / n).
    assert few.high - few.mean == pytest.approx(1.96 * (0.25 / 40) ** 0.5, abs=0.03)
    assert many.high - many.mean == pytest.approx(1.96 * (0.25 / 1000) ** 0.5, abs=0.006)
    assert interval([0.0, 1.0] * 20) == few
    with pytest.raises(ValueError):
        interval([])


def test_pairing_finds_a_small_loss_that_the_spread_of_questions_would_hide() -> None:
    old = [place / 100 for place in range(100)]
    new = [max(0.0, score - 0.02) for score in old]
    apart = interval(new), interval(old)
    assert apart[0].high > apart[1].low  # unpaired intervals overlap widely
    paired = differences(values(new), values(old), ids(old)["all"])
    assert paired["ndcg10"].is_loss and paired["ndcg10"].mean == pytest.approx(-0.02, abs=0.001)


def test_comparison_fails_on_a_significant_loss_only() -> None:
    old = [1.0] * 60 + [0.0] * 40
    assert compare(values(old), values(old), ids(old)).losses == ()
    one_worse = [0.0, *old[1:]]
    assert compare(values(one_worse), values(old), ids(old)).losses == ()
    many_worse = [0.0] * 15 + old[15:]
    found = compare(values(many_worse), values(old), ids(old))
    assert set(found.losses) == set(MEASURES)
    assert any("GIẢM" in line for line in in_words(found))
    assert compare(values(old), values(many_worse), ids(old)).groups["all"]["mrr10"].is_gain


def test_gains_and_losses_that_cancel_are_no_loss() -> None:
    chance = np.random.default_rng(3).permutation([1.0] * 50 + [0.0] * 50).tolist()
    assert compare(values(chance), values(chance[::-1]), ids(chance)).losses == ()


def test_only_common_questions_are_compared() -> None:
    new, old = values([0.5, 0.5, 0.5]), {"q1": dict.fromkeys(MEASURES, 0.5), "x": dict.fromkeys(MEASURES, 1.0)}
    found = compare(new, old, ids([0, 0, 0]))
    assert (found.n, found.only_new, found.only_old) == (1, 2, 1)
    with pytest.raises(BadRequest):
        compare(new, {"x": dict.fromkeys(MEASURES, 1.0)}, ids([0, 0, 0]))


def test_an_earlier_run_is_read_and_another_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "old.json"
    file.write_text(json.dumps({"questions": {"q": {"kind": "k", **dict.fromkeys(MEASURES, 1)}}}), encoding="utf-8")
    assert read_earlier(file) == {"q": dict.fromkeys(MEASURES, 1.0)}
    for wrong in ("[]", "{}", '{"questions": {"q": {"ndcg10": 1}}}', "no json"):
        file.write_text(wrong, encoding="utf-8")
        with pytest.raises(BadRequest):
            read_earlier(file)
