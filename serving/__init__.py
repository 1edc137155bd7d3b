"""Models: embed, rerank, generate; embedded defaults and clients of OpenAI-style servers such as vLLM."""
