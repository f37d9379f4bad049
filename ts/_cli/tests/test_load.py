"""How busy models are, from two readings of a server's metrics."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ts._cli.client import Endpoint
from ts._cli.load import ModelLoad, loads
from ts._cli.tests.answers import Api, answering


def page(busy: float, count: int, seconds: float, model: str = "a__slow", workers: int = 1) -> str:
    labels = f'{{model_name="{model}",model_version="1.0"}}'
    return (
        f"# TYPE mariner_queue_depth gauge\nmariner_queue_depth{labels} 3.0\nmariner_running{labels} 2.0\n"
        f"mariner_workers_ready{labels} {workers}.0\nmariner_worker_busy_seconds_total{labels} {busy}\n"
        f'mariner_inference_seconds_bucket{{model_name="{model}",model_version="1.0",le="+Inf"}} {count}\n'
        f"mariner_inference_seconds_sum{labels} {seconds}\nmariner_inference_seconds_count{labels} {count}\n"
        f"mariner_queue_seconds_sum{labels} {seconds / 2}\n"
    )


class Pages(Api):
    """Answers with one page after the other, then with the last one."""

    pages: list[str]

    def process_request(self, *request: object) -> None:
        text = self.pages.pop(0) if len(self.pages) > 1 else self.pages[0]
        self.reply = (200, "text/plain", text.encode())
        super().process_request(*request)  # type: ignore[arg-type]


@pytest.fixture
def metrics() -> Iterator[Pages]:
    with answering(Pages) as server:
        yield server


def read(server: Api) -> list[ModelLoad]:
    (found,) = loads([Endpoint(server.url)], 0.0)
    assert found is not None
    return found


def test_times_are_those_of_the_window_alone(metrics: Pages) -> None:
    metrics.pages = [page(5.0, 10, 1.0), page(1000.0, 14, 1.2)]
    (row,) = read(metrics)
    assert (row.model, row.version, row.waiting, row.running, row.workers) == ("a__slow", "1.0", 3, 2, 1)
    assert (row.busy, row.run_ms, row.wait_ms) == (1.0, 50.0, 25.0)
    assert row.answers_per_second > 0


def test_a_model_that_does_nothing_has_no_times(metrics: Pages) -> None:
    metrics.pages = [page(5.0, 10, 1.0)]
    (row,) = read(metrics)
    assert (row.busy, row.run_ms, row.wait_ms, row.answers_per_second) == (0.0, None, None, 0.0)


def test_a_model_without_workers_has_no_share(metrics: Pages) -> None:
    metrics.pages = [page(5.0, 10, 1.0, workers=0)]
    assert read(metrics)[0].busy is None


def test_the_busiest_stage_of_several_is_marked(metrics: Pages) -> None:
    others = page(0.0, 0, 0.0, "a__first") + page(0.0, 0, 0.0, "alone")
    metrics.pages = [page(0.0, 0, 0.0) + others, page(1000.0, 1, 1.0) + others]
    assert [row.model for row in read(metrics) if row.narrowest] == ["a__slow"]


def test_names_are_read_as_the_page_escapes_them(metrics: Pages) -> None:
    metrics.pages = [page(0.0, 0, 0.0, r"a\"b\\n")]
    assert [row.model for row in read(metrics)] == [r'a"b\n']


def test_a_server_without_metrics_has_no_load(metrics: Pages) -> None:
    metrics.pages = ["what"]
    assert loads([None, Endpoint("http://127.0.0.1:1"), Endpoint(metrics.url)], 0.0) == [None, None, []]
