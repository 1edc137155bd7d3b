"""What a prompt costs, counted by the model's own tokenizer: each part once, so that a source seen before costs no call."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

from serving.protocols import Generator, Message

_KEPT = 8192


class TokenCounter:
    """Counts texts for one generator and remembers the counts (not the texts).

    The parts of a prompt are counted apart and added; what the chat template puts around each is taken off once it is
    known. A joint of two parts never needs more tokens than the parts alone, so the sum is never too low.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    async def prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of a whole prompt whose messages are single parts."""
        counts = await self.parts([message.content for message in messages])
        return sum(counts) + len(messages) * await self.template()

    async def parts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without the template. Raises as `Generator.count_tokens`."""
        around = await self.template()
        return [max(0, count - around) for count in await asyncio.gather(*(self._count(text) for text in texts))]

    async def template(self) -> int:
        """Tokens that the chat template puts around one message."""
        return await self._count("")

    async def _count(self, text: str) -> int:
        key = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        if key in self._counts:
            self._counts.move_to_end(key)
            return self._counts[key]
        count = await self._generator.count_tokens([Message("user", text)])
        self._counts[key] = count
        while len(self._counts) > _KEPT:
            self._counts.popitem(last=False)
        return count
