"""What can be served on which cards, as `profiles.toml` says it."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from legal.errors import BadRequest


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model by the numbers of its config.json. `bits`, `overhead`: stored for a weight of its layers, embeddings have 16.

    `experts` 0: a dense model, else `inner` is an expert's. `thinks`: reasons aloud unless told not to.
    `encoder`: embeds or reranks, keeps no cache. `dimension`: length of its vectors.
    """

    id: str
    licence: str
    quantisation: str
    bits: int
    overhead: float
    layers: int
    hidden: int
    inner: int
    heads: int
    kv_heads: int
    head_dim: int
    vocabulary: int
    experts: int = 0
    active_experts: int = 0
    thinks: bool = False
    encoder: bool = False
    dimension: int = 0

    @property
    def layer_weights(self) -> int:
        """Numbers in all layers: attention, feed-forward, the choice of experts; norms are too few to count."""
        attention = self.hidden * self.head_dim * (2 * self.heads + 2 * self.kv_heads)
        matrices = 2 if self.encoder else 3  # a gated feed-forward has three
        forward = matrices * self.hidden * self.inner * max(self.experts, 1) + self.hidden * self.experts
        return self.layers * (attention + forward)

    @property
    def table_weights(self) -> int:
        """Numbers in the token tables: in, and for a model that writes, out."""
        return self.vocabulary * self.hidden * (1 if self.encoder else 2)

    @property
    def name(self) -> str:
        """The name it is served by."""
        return self.id.rpartition("/")[2].lower()


@dataclass(frozen=True, slots=True)
class Profile:
    """A model on cards of a class. `tensor`: cards a copy; `context`: tokens; `kv`: bits of a number in the cache."""

    gpu: int
    cards: int
    model: ServedModel
    tensor: int
    context: int
    kv: int
    guess_words: int = 0


@dataclass(frozen=True, slots=True)
class Shelf:
    """All that `profiles.toml` holds. `cards`: class in GB -> MiB that such a card has at least."""

    cards: dict[int, int]
    models: dict[str, ServedModel]
    profiles: tuple[Profile, ...]

    @property
    def embedder(self) -> ServedModel:
        """The embedding model served beside every chat model."""
        return self.models["bge-m3"]

    @property
    def reranker(self) -> ServedModel:
        """The reranking model served beside every chat model."""
        return self.models["bge-reranker-v2-m3"]

    def profile(self, gpu: int, cards: int) -> Profile:
        """The profile for that many cards of a class; raises BadRequest where there is none."""
        if gpu not in self.cards:
            raise BadRequest(f"Chưa có cấu hình cho GPU {gpu} GB; có: {', '.join(f'{size}GB' for size in self.cards)}.")
        if not 1 <= cards <= 8:
            raise BadRequest("Số GPU phải từ 1 đến 8.")
        fitting = [one for one in self.profiles if one.gpu == gpu and one.cards <= cards]
        return max(fitting, key=lambda one: one.cards)


@lru_cache(maxsize=1)
def shelf() -> Shelf:
    """What the package ships."""
    told = tomllib.loads((files("serving") / "profiles.toml").read_text(encoding="utf-8"))
    models = {key: ServedModel(**values) for key, values in told["models"].items()}
    profiles = tuple(Profile(**{**row, "model": models[row["model"]]}) for row in told["profiles"])
    return Shelf({int(size): mib for size, mib in told["cards"].items()}, models, profiles)
