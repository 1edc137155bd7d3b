"""The arithmetic behind `models plan`: known models come out at their published sizes, and no card is ever overfilled."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from legal.errors import BadRequest
from serving.plan import GIB, HEADROOM, MIB, Plan, make_plan, plan_of, token_bytes, weights_of
from serving.profiles import Profile, shelf

SIZES = (24, 48, 80, 141)


def flag(plan: Plan, name: str, command: int = 0) -> str | None:
    words = plan.commands[command].words
    return words[words.index(name) + 1] if name in words else None


# Parameters as the models' cards publish them; file sizes in GB as the repositories show them.
@pytest.mark.parametrize(
    ("key", "parameters", "gigabytes"),
    [
        ("qwen3-14b-awq", 14.8e9, 9.96),
        ("qwen3-32b-awq", 32.8e9, 19.3),
        ("qwen3-32b", 32.8e9, 65.5),
        ("qwen3-235b-fp8", 235e9, 236.4),
        ("bge-m3", 0.568e9, None),
    ],
)
def test_models_come_out_at_their_published_sizes(key: str, parameters: float, gigabytes: float | None) -> None:
    model = shelf().models[key]
    assert model.layer_weights + model.table_weights == pytest.approx(parameters, rel=0.02)
    if gigabytes is not None:
        assert weights_of(model) / 1e9 == pytest.approx(gigabytes, rel=0.01)


def test_a_tokens_cache_is_keys_and_values_of_all_layers_on_its_card() -> None:
    profile = shelf().profile(48, 1)  # 64 layers, 8 heads of 128, 16 bits
    assert token_bytes(profile) == 2 * 64 * 8 * 128 * 2 == 262144
    assert token_bytes(replace(profile, tensor=2)) == 131072
    assert token_bytes(replace(profile, kv=8)) == 131072
    # More cards than heads: each still holds one.
    assert token_bytes(replace(profile, tensor=16)) == 2 * 64 * 1 * 128 * 2


@pytest.mark.parametrize("gpu", SIZES)
@pytest.mark.parametrize("cards", range(1, 9))
def test_every_card_has_a_plan_that_uses_its_cards_and_holds_full_requests(gpu: int, cards: int) -> None:
    plan = make_plan(gpu, cards)
    assert plan.profile.tensor * plan.copies + plan.spare == cards and plan.spare < cards
    assert plan.headroom >= plan.card * HEADROOM
    assert plan.requests >= plan.copies * 4 and plan.requests_full >= plan.copies
    assert plan.context >= 16384 and not plan.notes
    assert plan.profile.model.licence in {"Apache-2.0", "MIT"}


@given(
    st.sampled_from(sorted(key for key, model in shelf().models.items() if not model.encoder)),
    st.sampled_from(SIZES),
    st.integers(1, 8),
    st.sampled_from([1, 2, 4, 8]),
    st.integers(1024, 262144),
    st.sampled_from([8, 16]),
)
def test_no_plan_exceeds_its_card(key: str, gpu: int, cards: int, tensor: int, context: int, kv: int) -> None:
    if tensor > cards:
        return
    profile = Profile(gpu, cards, shelf().models[key], tensor, context, kv)
    try:
        plan = plan_of(shelf(), profile, cards, "127.0.0.1")
    except BadRequest:
        return
    total = sum(share.total for share in plan.shares)
    assert total + plan.headroom == plan.card == shelf().cards[gpu] * MIB
    assert total <= plan.card * (1 - HEADROOM) + 1
    # What the processes are told to take, all on the fullest card, is inside it as well.
    told = float(flag(plan, "--gpu-memory-utilization") or 0)
    beside = [float(flag(plan, "--gpu-memory-utilization", -n) or 0) for n in (1, 2)] if not plan.spare else []
    assert told + sum(beside) < 1 - HEADROOM + 0.005
    assert plan.cache_tokens >= plan.context <= context
    requests = int(flag(plan, "--max-num-seqs") or 0)
    assert requests >= 1 and requests * min(7200, plan.context) <= plan.cache_tokens
    assert (plan.requests_full // plan.copies) * plan.context <= plan.cache_tokens


def test_flags_follow_the_profile() -> None:
    dense = make_plan(24, 4)
    assert (flag(dense, "-tp"), flag(dense, "-dp")) == ("2", "2")
    assert flag(dense, "--speculative-config") and "--enable-prefix-caching" in dense.commands[0].words
    assert '"enable_thinking": false' in (flag(dense, "--default-chat-template-kwargs") or "")
    assert "," not in dense.settings["PHAPQUY_GENERATOR__URL"]
    # A model with experts: copies are processes on cards and ports of their own, asked in turns.
    experts = make_plan(141, 4)
    chats = [command for command in experts.commands if command.title == "Mô hình trả lời"]
    assert [command.variables["CUDA_VISIBLE_DEVICES"] for command in chats] == ["0,1", "2,3"]
    assert experts.settings["PHAPQUY_GENERATOR__URL"] == "http://127.0.0.1:8001/v1,http://127.0.0.1:8011/v1"
    assert "-dp" not in chats[0].words
    # A card without a copy of the chat model takes the two small ones.
    spare = make_plan(24, 3)
    assert [command.variables["CUDA_VISIBLE_DEVICES"] for command in spare.commands] == ["0,1", "2", "2"]
    assert spare.cache_tokens > make_plan(24, 2).cache_tokens + GIB // spare.token


def test_what_does_not_fit_is_refused_or_made_to_fit() -> None:
    long = make_plan(24, 1, context=200_000)
    assert long.context < 200_000 and long.context % 1024 == 0 and "giảm" in long.notes[0]
    huge = Profile(24, 1, shelf().models["qwen3-32b"], 1, 8192, 16)
    for refused in (lambda: plan_of(shelf(), huge, 1, "127.0.0.1"), lambda: make_plan(32), lambda: make_plan(80, 9)):
        with pytest.raises(BadRequest):
            refused()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "8.8.8.8", "vllm.example.vn", ""])
def test_the_port_is_never_opened_to_others(host: str) -> None:
    with pytest.raises(BadRequest, match="không được nghe"):
        make_plan(48, 1, host=host)


def test_a_private_network_is_a_place_to_listen() -> None:
    plan = make_plan(48, 1, host="10.1.2.3")
    assert all("10.1.2.3" in command.words for command in plan.commands)
    assert plan.settings["PHAPQUY_EMBEDDER__URL"] == "http://10.1.2.3:8002/v1"
