"""What a prompt costs, counted by the model's own tokenizer, with as few questions to its server as can be."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b

from serving.protocols import Generator, Message

_KEPT = 8192


class TokenCounter:
    """Counts texts for one generator and remembers the counts (not the texts): what was counted once costs no call.

    A prompt that fits is counted as a whole. Where it must be cut, its parts are counted apart and added; what the chat
    template puts around each is taken off once it is known. A joint of two parts never needs more tokens than the parts
    alone, so the sum is never too low.
    """

    def __init__(self, generator: Generator) -> None:
        self._generator = generator
        self._counts: OrderedDict[bytes, int] = OrderedDict()

    async def fits(self, prompt: Sequence[Message], tokens: int) -> bool:
        """Whether a whole prompt has no more tokens than these. Raises as `Generator.count_tokens`.

        No token is less than a byte of text: what fits by its bytes fits by any tokenizer and is not counted.
        """
        size = sum(len(_bytes(message.content)) for message in prompt) + len(prompt) * await self.template()
        return size <= tokens or await self._count(prompt) <= tokens

    async def prompt(self, messages: Sequence[Message]) -> int:
        """Tokens of a whole prompt, as the sum of its messages."""
        counts = await self.parts([message.content for message in messages])
        return sum(counts) + len(messages) * await self.template()

    async def parts(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, without the template. Raises as `Generator.count_tokens`."""
        around = await self.template()
        counts = await asyncio.gather(*(self._count([Message("user", text)]) for text in texts))
        return [max(0, count - around) for count in counts]

    async def template(self) -> int:
        """Tokens that the chat template puts around one message."""
        return await self._count([Message("user", "")])

    async def _count(self, messages: Sequence[Message]) -> int:
        seen = blake2b(digest_size=16)
        for message in messages:
            seen.update(b"%s %d " % (message.role.encode(), len(message.content)) + _bytes(message.content))
        key = seen.digest()
        if key in self._counts:
            self._counts.move_to_end(key)
            return self._counts[key]
        count = await self._generator.count_tokens(messages)
        self._counts[key] = count
        while len(self._counts) > _KEPT:
            self._counts.popitem(last=False)
        return count


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
