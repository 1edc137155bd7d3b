"""`RetrievalSettings`: every number that the question's path can be tuned with, in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetrievalSettings:
    """Defaults are what measured best; times are seconds, sizes characters unless said otherwise."""

    # understand
    max_question: int = 2000
    expansion_weight: float = 0.2  # of a term from the lexicon, against 1 for a typed one
    rewrite_timeout: float = 15.0  # of a follow-up question by the model, else it is done by rule

    # retrieve and fuse: both searches scaled to 0..1 over their candidates, then summed with these weights
    candidates: int = 100
    dense_weight: float = 0.15
    lexical_weight: float = 1.0
    heading_weight: float = 0.2  # how much it counts that the question says a provision's heading
    document_weight: float = 0.25  # how much the document counts that most of the best hits come from
    document_depth: int = 8
    definition_bonus: float = 0.4  # what a clause gains that defines the term asked for
    embed_timeout: float = 10.0
    search_timeout: float = 10.0
    rerank_depth: int = 30
    rerank_timeout: float = 3.0

    # expand: provisions that the best hits refer to, for answers only
    expand_from: int = 3
    expand_most: int = 4
    expand_characters: int = 6000  # of all of them together, some 1,700 tokens

    # "nothing found": the evidence of an answer, between 0 and 1 (`retrieval/evidence.py`)
    min_confidence: float = 0.45
    coverage_weight: float = 0.35  # of the words, the rest is the meaning's
    similarity_floor: float = 0.82  # cosine of this embedder for unrelated texts
    similarity_ceiling: float = 0.93  # and for a question beside the provision that answers it
    similarity_of: str = "multilingual-e5-small"  # in the names of embedders of that scale; others count by words only
    min_coverage: float = 0.3  # where only words count

    # extractive answer
    extract_provisions: int = 5
    extract_share: float = 0.65  # of the best hit's score: below it a provision is not quoted
    extract_characters: int = 700

    # generated answer; tokens by the model's own tokenizer
    sources: int = 8
    answer_tokens: int = 1200
    prompt_margin_tokens: int = 64
    temperature: float = 0.0
    first_token_timeout: float = 30.0
    answer_timeout: float = 120.0
    summary_timeout: float = 600.0
    summary_part_tokens: int = 6000  # of provisions that the model summarises at once
    summary_parallel: int = 4
    summary_most: int = 400  # passages of one summary
    circuit_failures: int = 3
    circuit_pause: float = 30.0

    # verify
    min_support: float = 0.66  # share of a statement's informative terms that its cited sources must have
    doubted_support: float = 0.5  # from here on the embedder is asked whether it is said in other words
    min_nearness: float = 0.9  # cosine of statement and quote that says yes, on the scale of `similarity_of`
    partial_support: float = 0.82  # below it a statement that passes is only `partly` supported
    rival_lead: float = 0.03  # by which another source may say a statement better than the cited one, of 1
    min_kept: float = 0.3  # share of statements that must survive, else the answer is a refusal
