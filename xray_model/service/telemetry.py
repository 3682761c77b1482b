"""What is told of requests: figures for Prometheus, and a line of JSON each; nothing of a file or an address."""

from __future__ import annotations

import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

from xray_model.service.event_log import log_event

SECONDS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)


class Telemetry:
    """Counts and times of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "xray_requests", "Requests by endpoint and status", ("endpoint", "status"), registry=self._registry
        )
        self._answers = Counter(
            "xray_answers", "Radiographs by what became of them", ("outcome",), registry=self._registry
        )
        self._seconds = Histogram(
            "xray_request_seconds", "Seconds from request to answer", ("endpoint",), buckets=SECONDS,
            registry=self._registry,
        )  # fmt: skip
        self._in_work = Gauge("xray_in_work", "Radiographs in work or waiting", registry=self._registry)
        ProcessCollector(registry=self._registry)

    def count_request(self, endpoint: str, status: int, start: float) -> None:
        """Count a request that began at `start` (`time.perf_counter`), and log it."""
        seconds = time.perf_counter() - start
        self._requests.labels(endpoint, str(status)).inc()
        self._seconds.labels(endpoint).observe(seconds)
        log_event("request", endpoint=endpoint, status=status, milliseconds=round(seconds * 1000))

    def count_answer(self, outcome: str) -> None:
        """Count a radiograph: ok, refused or unreadable."""
        self._answers.labels(outcome).inc()

    def text(self, in_work: int) -> bytes:
        """All figures in Prometheus' text format."""
        self._in_work.set(in_work)
        return generate_latest(self._registry)
