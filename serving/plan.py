"""From cards to commands: what `vllm serve` is started with, and the memory arithmetic behind each number.

All sizes are bytes on one card. A copy of the chat model lies on `tensor` cards, an equal part on each. A token's keys
and values take 2 x layers x key-value heads x head size x bytes of a number; a card of a copy holds its share of the
heads, one at least. What is left of a card beside weights, activations and runtime is cache.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address

from legal.errors import BadRequest
from serving.profiles import Profile, ServedModel, Shelf, shelf

MIB, GIB = 1024**2, 1024**3

#: Tokens of one step: long prompts are read in pieces of it, between which answers under way go on.
STEP_TOKENS = 4096
#: A usual question with its sources, and the answer: what concurrency is counted with.
USUAL_TOKENS = 7200
MOST_REQUESTS = 128
LEAST_CONTEXT = 4096
#: Of a card that nobody plans with: fragments, the driver, what a later version of vLLM takes more.
HEADROOM = 0.05
#: CUDA context and libraries of one process; captured graphs of a chat model.
RUNTIME, GRAPHS = int(0.75 * GIB), GIB
_ENCODER_TEXTS = 32
_PORTS = {"chat": 8001, "embed": 8002, "rerank": 8003}
_FURTHER_PORTS = 8011  # of further processes with the same chat model


@dataclass(frozen=True, slots=True)
class Share:
    """What one process takes of one card."""

    role: str
    weights: int
    activations: int
    runtime: int
    cache: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.activations + self.runtime + self.cache


@dataclass(frozen=True, slots=True)
class Command:
    """A process to start: what it is for, variables, and the words of its command."""

    title: str
    variables: Mapping[str, str]
    words: tuple[str, ...]

    @property
    def shell(self) -> str:
        """As it is typed."""
        return " ".join([*(f"{name}={shlex.quote(value)}" for name, value in self.variables.items()), *self.quoted])

    @property
    def quoted(self) -> list[str]:
        """The words, safe for a shell."""
        return [shlex.quote(word) for word in self.words]


@dataclass(frozen=True, slots=True)
class Plan:
    """`shares`: on the fullest card, the chat model first. `requests`, `requests_full`: at once over all copies, usual ones
    and ones that fill the context. `spare`: cards without a copy of the chat model. `settings`: for phapquy."""

    profile: Profile
    cards: int
    copies: int
    spare: int
    card: int
    shares: tuple[Share, ...]
    context: int
    token: int
    cache_tokens: int
    requests: int
    requests_full: int
    commands: tuple[Command, ...]
    settings: Mapping[str, str]
    notes: tuple[str, ...] = field(default=())

    @property
    def headroom(self) -> int:
        """What is left free of the fullest card."""
        return self.card - sum(share.total for share in self.shares)


def make_plan(gpu: int, cards: int = 1, *, host: str = "127.0.0.1", context: int | None = None) -> Plan:
    """The plan for `cards` cards of `gpu` GB.

    `host`: the address that vLLM listens on, loopback or private. `context`: tokens of a request in place of the
    profile's. Raises BadRequest for a class of cards that is not known, an address that others reach, a context that
    does not fit.
    """
    if not is_inside(host):
        raise BadRequest(
            f"vLLM không được nghe ở địa chỉ {host}: khoá của nó không bảo vệ /rerank, /score, /metrics. "
            "Hãy dùng 127.0.0.1 hoặc một địa chỉ mạng nội bộ."
        )
    return plan_of(shelf(), shelf().profile(gpu, cards), cards, host, context)


def plan_of(shelf: Shelf, profile: Profile, cards: int, host: str, context: int | None = None) -> Plan:
    """The plan of one profile; see `make_plan`."""
    model, card = profile.model, shelf.cards[profile.gpu] * MIB
    copies = cards // profile.tensor
    spare = cards - copies * profile.tensor
    beside = [encoder_share("embed", shelf.embedder), encoder_share("rerank", shelf.reranker)]
    weights = weights_of(model) // profile.tensor
    activations, runtime = step_activations(model, profile.tensor), RUNTIME + GRAPHS
    free = card - int(card * HEADROOM) - (0 if spare else sum(share.total for share in beside))
    token = token_bytes(profile)
    cache_tokens = max(free - weights - activations - runtime, 0) // token
    wanted, notes = context or profile.context, []
    fits = min(wanted, cache_tokens // 1024 * 1024)
    if fits < min(LEAST_CONTEXT, wanted):
        raise BadRequest(
            f"{model.id} không vừa {profile.tensor} GPU {profile.gpu} GB với ngữ cảnh {wanted}; cần thêm GPU."
        )
    if fits < wanted:
        notes.append(f"Ngữ cảnh giảm từ {wanted} xuống {fits} để vừa bộ nhớ.")
    usual = min(USUAL_TOKENS, fits)
    each = min(MOST_REQUESTS, cache_tokens // usual)
    chat = Share("chat", weights, activations, runtime, cache_tokens * token)
    shares = (chat,) if spare else (chat, *beside)
    commands = _chat_commands(profile, copies, host, fits, each, chat.total / card)
    for share, served in zip(beside, (shelf.embedder, shelf.reranker), strict=True):
        commands.append(_encoder_command(share, served, host, cards - 1 if spare else 0, share.total / card))
    return Plan(
        profile=profile,
        cards=cards,
        copies=copies,
        spare=spare,
        card=card,
        shares=shares,
        context=fits,
        token=token,
        cache_tokens=cache_tokens,
        requests=each * copies,
        requests_full=min(MOST_REQUESTS, cache_tokens // fits) * copies,
        commands=tuple(commands),
        settings=_settings(shelf, model, host, _chat_ports(model, copies)),
        notes=tuple(notes),
    )


def weights_of(model: ServedModel) -> int:
    """Bytes of the whole model: layers as they are stored, token tables at 16 bits."""
    return int(model.layer_weights * (model.bits + model.overhead) / 8) + model.table_weights * 2


def token_bytes(profile: Profile) -> int:
    """Bytes that one token's keys and values take on each card of a copy."""
    model = profile.model
    heads = max(-(-model.kv_heads // profile.tensor), 1)
    return 2 * model.layers * heads * model.head_dim * profile.kv // 8


def step_activations(model: ServedModel, tensor: int) -> int:
    """Bytes at the peak of one step: what runs between layers, the widest layer, and the scores of all words."""
    width = model.inner * max(model.active_experts, 1) * 2 // tensor
    heads = (model.heads + 2 * model.kv_heads) * model.head_dim // tensor
    step = STEP_TOKENS * (4 * model.hidden + heads + width) * 2
    scores = 0 if model.encoder else MOST_REQUESTS * model.vocabulary * 4 * 2
    return step + scores


def encoder_share(role: str, model: ServedModel) -> Share:
    """What an embedding or reranking process takes."""
    return Share(role, weights_of(model), step_activations(model, 1), RUNTIME)


def is_inside(host: str) -> bool:
    """Whether the address is of this machine or of a private network; names other than localhost are not known."""
    if host == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (address.is_loopback or address.is_private) and not address.is_unspecified


def _chat_ports(model: ServedModel, copies: int) -> list[int]:
    """One process holds all copies of a dense model. Of a model with experts `-dp` would cut the experts finer still,
    below what their quantisation allows: its copies are processes of their own, which phapquy asks in turns."""
    return [_PORTS["chat"], *range(_FURTHER_PORTS, _FURTHER_PORTS + copies - 1)] if model.experts else [_PORTS["chat"]]


def _chat_commands(
    profile: Profile, copies: int, host: str, context: int, requests: int, share: float
) -> list[Command]:
    ports = _chat_ports(profile.model, copies)
    inside = copies // len(ports)
    width = profile.tensor * inside
    return [
        _chat_command(profile, inside, f"{host}:{port}", range(at * width, (at + 1) * width), context, requests, share)
        for at, port in enumerate(ports)
    ]


def _chat_command(
    profile: Profile, copies: int, place: str, cards: range, context: int, requests: int, share: float
) -> Command:
    model = profile.model
    host, _, port = place.rpartition(":")
    words = ["vllm", "serve", model.id, "--served-model-name", model.name]
    words += ["--host", host, "--port", port, "--max-model-len", str(context)]
    words += ["-tp", str(profile.tensor)] if profile.tensor > 1 else []
    words += ["-dp", str(copies)] if copies > 1 else []
    words += ["--gpu-memory-utilization", _floor(share), "--max-num-seqs", str(requests)]
    # The same rules begin every prompt; long sources are read in pieces, so that answers under way do not stop.
    words += ["--enable-prefix-caching", "--enable-chunked-prefill", "--max-num-batched-tokens", str(STEP_TOKENS)]
    words += ["--kv-cache-dtype", "fp8"] if profile.kv == 8 else []
    # Full means 503 at once: phapquy asks the next server or answers with extracts, instead of waiting in a long queue.
    words += ["--max-num-queued-reqs", str(2 * requests * copies)]
    # Without it a model may fill a JSON answer with blank lines until its length is used up.
    words += ["--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}']
    if model.thinks:
        words += ["--default-chat-template-kwargs", '{"enable_thinking": false}']
    if profile.guess_words:
        guess = f'{{"method": "ngram", "num_speculative_tokens": {profile.guess_words}, "prompt_lookup_max": 4}}'
        words += ["--speculative-config", guess]
    return Command("Mô hình trả lời", _quiet(",".join(map(str, cards))), tuple(words))


def _encoder_command(share: Share, model: ServedModel, host: str, card: int, of_card: float) -> Command:
    words = ["vllm", "serve", model.id, "--served-model-name", model.name, "--runner", "pooling"]
    words += ["--host", host, "--port", str(_PORTS[share.role]), "--max-model-len", "1024", "--dtype", "float16"]
    words += ["--gpu-memory-utilization", _ceiling(of_card), "--max-num-seqs", str(_ENCODER_TEXTS)]
    words += ["--max-num-batched-tokens", str(STEP_TOKENS), "--enforce-eager"]
    titles = {"embed": "Mô hình nhúng", "rerank": "Mô hình xếp hạng lại"}
    return Command(titles[share.role], _quiet(str(card)), tuple(words))


def _quiet(cards: str) -> dict[str, str]:
    return {"CUDA_VISIBLE_DEVICES": cards, "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}


def _settings(shelf: Shelf, model: ServedModel, host: str, chat_ports: list[int]) -> dict[str, str]:
    settings: dict[str, str] = {}
    parts = {
        "GENERATOR": (model, chat_ports),
        "EMBEDDER": (shelf.embedder, [_PORTS["embed"]]),
        "RERANKER": (shelf.reranker, [_PORTS["rerank"]]),
    }
    shown = f"[{host}]" if ":" in host else host
    for name, (served, ports) in parts.items():
        settings[f"PHAPQUY_{name}__URL"] = ",".join(f"http://{shown}:{port}/v1" for port in ports)
        settings[f"PHAPQUY_{name}__MODEL"] = served.name
        settings[f"PHAPQUY_{name}__API_KEY"] = "$VLLM_API_KEY"
    settings["PHAPQUY_EMBEDDER__WINDOW"] = "1024"
    settings["PHAPQUY_EMBEDDER__QUERY_PREFIX"] = settings["PHAPQUY_EMBEDDER__PASSAGE_PREFIX"] = "none"
    return settings


def _floor(share: float) -> str:
    """Two decimals, downward: a process may take less than planned, never more."""
    return f"{int(share * 100) / 100:.2f}"


def _ceiling(share: float) -> str:
    """Three decimals, upward by at most a thousandth of the card, which the headroom covers."""
    return f"{(int(share * 1000) + 1) / 1000:.3f}"
