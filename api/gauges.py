"""What is looked up when metrics are fetched: size of the index, jobs, models, what waits; numbers, no content."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ingest.jobs import Jobs
from legal.errors import PhapquyError

if TYPE_CHECKING:
    from api.guard import Guard
    from api.parts import Workshop

_STATES = ("queued", "running", "done", "failed", "cancelled")


class Gauges(Collector):
    """Looked up at every fetch. What cannot be had is left out, and `phapquy_part_up` says so."""

    def __init__(self, workshop: Workshop, guard: Guard) -> None:
        self._workshop = workshop
        self._guard = guard

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Nothing: registering looks nothing up."""
        return iter(())

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges."""
        up = GaugeMetricFamily("phapquy_part_up", "1 where the part is ready, models too", labels=["part"])
        for part, state in self._workshop.look().items():
            up.add_metric([part], float(state == "ok"))
        yield up
        yield from self._had(self._documents)
        yield from self._had(self._jobs)
        waiting = GaugeMetricFamily("phapquy_http_requests_waiting", "Requests that wait for their turn")
        waiting.add_metric([], self._guard.slots.waiting)
        yield waiting
        unwritten = GaugeMetricFamily("phapquy_audit_unwritten", "Acts that wait to be written to the audit log")
        unwritten.add_metric([], self._guard.audit.unwritten)
        yield unwritten

    def _documents(self) -> Iterator[GaugeMetricFamily]:
        counts = self._workshop.catalogue().counts()
        for name, text, value in (
            ("documents", "Documents that answer", counts.documents),
            ("passages", "Passages in the index", counts.passages),
            ("failed_files", "Files that could not be read", counts.failed),
        ):
            gauge = GaugeMetricFamily(f"phapquy_{name}", text)
            gauge.add_metric([], value)
            yield gauge

    def _jobs(self) -> Iterator[GaugeMetricFamily]:
        states = Counter(Jobs(self._workshop.catalogue()).counts())
        gauge = GaugeMetricFamily("phapquy_jobs", "Jobs on record, by state", labels=["state"])
        for state in _STATES:
            gauge.add_metric([state], states[state])
        yield gauge

    @staticmethod
    def _had(look: Callable[[], Iterator[GaugeMetricFamily]]) -> list[GaugeMetricFamily]:
        try:
            return list(look())
        except PhapquyError:
            return []
