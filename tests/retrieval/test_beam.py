"""How widely a graph is searched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from retrieval.beam import beam_for

sizes = st.integers(0, 50_000_000)


@given(sizes, sizes)
def test_a_larger_graph_is_never_searched_less_widely(one: int, other: int) -> None:
    assert beam_for(min(one, other)) <= beam_for(max(one, other))


def test_the_beam_is_the_measured_one_at_the_measured_sizes() -> None:
    assert beam_for(10_000) == beam_for(100_000) == 160
    assert 600 < beam_for(1_000_000) < 680
