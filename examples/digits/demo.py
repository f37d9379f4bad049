"""The whole way of a model: train, pack, serve, ask over REST and gRPC, look at the batches, stop.

Exits with 1 when a step fails or an accuracy is below 0.95. Everything it writes is in `build` at its side.
"""

from __future__ import annotations

import argparse
import http.client
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import train
from clients import Answer, GrpcClient, RestClient, batch_sizes, new_batches
from display import GREEN, RED, Display
from server import DemoServer, run_mariner

HERE = Path(__file__).resolve().parent
PROTOS = HERE.parents[1] / "proto"
MODELS = ("digits", "digits_eager")
LEAST_ACCURACY = 0.95
SAMPLE_ROWS = 20
CLIENT_THREADS = 8
BURST_THREADS = 48
BURST_REQUESTS = 960

Predict = Callable[[str, bytes], Answer]


class Picture(NamedTuple):
    """A held-out image: file name, PNG, and the digit that a person wrote."""

    name: str
    png: bytes
    truth: int


class Way(NamedTuple):
    """One combination of protocol and model."""

    protocol: str
    model: str
    predict: Predict

    @property
    def title(self) -> str:
        """The column's head."""
        return f"{self.protocol} {self.model}"


def train_model(display: Display, folder: Path) -> list[Picture]:
    """Trains, writes both forms of the model, and returns the held-out images."""
    display.heading("Train a small CNN on scikit-learn's handwritten digits")
    data, held_out = train.load_split()
    begun = time.monotonic()
    network = train.train(data, lambda epoch, loss: display.progress(f"loss {loss:.3f}", epoch, train.EPOCHS))
    display.line(
        f"{len(data.labels)} images, {train.EPOCHS} epochs, {time.monotonic() - begun:.1f} s; "
        f"accuracy on {len(held_out.labels)} held-out images: {train.accuracy(network, held_out):.4f}"
    )
    train.save(network, held_out, folder)
    return [
        Picture(path.name, path.read_bytes(), int(path.stem.split("-")[1]))
        for path in sorted((folder / "held-out").glob("*.png"))
    ]


def pack(display: Display, folder: Path) -> Path:
    """Packs both models, and returns the store that they are in."""
    display.heading("Pack it twice: as TorchScript, and as Python source with weights")
    store = folder / "model-store"
    store.mkdir(exist_ok=True)
    common = [
        *("--version", "1.0", "--handler", str(HERE / "handler.py")),
        *("--config-file", str(HERE / "model-config.yaml"), "--export-path", str(store), "--force"),
    ]
    scripted = ("--serialized-file", str(folder / "digits_ts.pt"))
    eager = ("--model-file", str(HERE / "model.py"), "--serialized-file", str(folder / "digits_state.pt"))
    for name, content in zip(MODELS, (scripted, eager), strict=True):
        run_mariner(display, "archive", "--model-name", name, *content, *common, cwd=folder)
    return store


def ask_all(display: Display, ways: Iterable[Way], pictures: list[Picture]) -> dict[str, list[Answer]]:
    """Sends every image every way; returns the answers by the way's title."""
    answers: dict[str, list[Answer]] = {}
    with ThreadPoolExecutor(CLIENT_THREADS) as pool:
        for way in ways:
            found: list[Answer] = []
            for answer in pool.map(lambda picture, way=way: way.predict(way.model, picture.png), pictures):
                found.append(answer)
                display.progress(way.title, len(found), len(pictures))
            answers[way.title] = found
    return answers


def show_sample(display: Display, pictures: list[Picture], answers: dict[str, list[Answer]]) -> None:
    """Prints truth and predictions of some images: those that were missed, and others spread evenly."""
    missed = [
        index
        for index, picture in enumerate(pictures)
        if any(found[index].digit != picture.truth for found in answers.values())
    ][: SAMPLE_ROWS // 2]
    step = max(1, len(pictures) // SAMPLE_ROWS)
    others = [index for index in range(0, len(pictures), step) if index not in missed]
    shown = sorted(missed + others[: SAMPLE_ROWS - len(missed)])
    rows = [
        [pictures[index].name, str(pictures[index].truth)]
        + [cell(found[index], pictures[index].truth) for found in answers.values()]
        for index in shown
    ]
    display.table(["image", "truth", *answers], rows)
    display.line(f"  {len(shown)} of {len(pictures)} images, ! = wrong")


def cell(answer: Answer, truth: int) -> str:
    """Returns an answer as a cell of the table."""
    mark = "" if answer.digit == truth else "!"
    return f"{mark}{answer.digit} ({answer.probability:.2f})"


def check_accuracy(display: Display, pictures: list[Picture], answers: dict[str, list[Answer]]) -> bool:
    """Prints the accuracy of each way; returns whether all are good enough."""
    good = True
    for title, found in answers.items():
        right = sum(answer.digit == picture.truth for answer, picture in zip(found, pictures, strict=True))
        share = right / len(pictures)
        enough = share >= LEAST_ACCURACY
        good = good and enough
        verdict = display.painted("ok", GREEN) if enough else display.painted("too low", RED)
        display.line(
            f"  {title:<20} accuracy {share:.4f}  {right} of {len(pictures)}, "
            f"expected: >= {LEAST_ACCURACY}  {verdict}"
        )
    return good


def burst(display: Display, rest: RestClient, metrics_port: int, pictures: list[Picture]) -> None:
    """Sends many requests at once and prints the sizes of the batches that the server made of them."""
    model = MODELS[0]
    before = batch_sizes(metrics_port, model)
    begun = time.monotonic()
    with ThreadPoolExecutor(BURST_THREADS) as pool:
        pngs = [pictures[index % len(pictures)].png for index in range(BURST_REQUESTS)]
        answered = Counter(answer.digit for answer in pool.map(lambda png: rest.predict(model, png), pngs))
    seconds = time.monotonic() - begun
    sizes = new_batches(before, batch_sizes(metrics_port, model))
    batches = sum(number for _, number in sizes)
    display.line(
        f"{answered.total()} requests from {BURST_THREADS} clients at once, {seconds:.2f} s, "
        f"run in {batches} batches: {answered.total() / max(1, batches):.1f} requests in one on average"
    )
    display.table(
        ["requests in a batch", "batches", ""],
        [
            [label, str(number), f"{'#' * max(1, round(40 * number / batches)):<40}"]
            for label, number in sizes
        ],
    )


def ask(display: Display, server: DemoServer, folder: Path, pictures: list[Picture]) -> bool:
    """Queries a running server; returns whether its answers are good enough."""
    display.heading(f"Ask: {len(pictures)} held-out images over REST and gRPC")
    rest = RestClient(server.ports.inference)
    remote = GrpcClient(server.ports.grpc_inference, PROTOS, folder / "stubs")
    try:
        ways = [
            Way(protocol, model, client.predict)
            for protocol, client in (("REST", rest), ("gRPC", remote))
            for model in MODELS
        ]
        answers = ask_all(display, ways, pictures)
    finally:
        remote.close()
    show_sample(display, pictures, answers)
    display.line()
    good = check_accuracy(display, pictures, answers)
    display.heading("Burst: which batches does the server form?")
    burst(display, rest, server.ports.metrics, pictures)
    return good


def demonstrate(display: Display, folder: Path) -> bool:
    """Goes the whole way; returns whether the answers are good enough."""
    folder.mkdir(parents=True, exist_ok=True)
    pictures = train_model(display, folder)
    store = pack(display, folder)
    display.heading("Start a server")
    server = DemoServer(display, folder)
    try:
        server.start(store, {name: f"{name}.mar" for name in MODELS})
        good = ask(display, server, folder, pictures)
    finally:
        display.heading("Stop it")
        server.stop()
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description="Train, pack, serve and query the digits model.")
    parser.add_argument("--folder", type=Path, default=HERE / "build", help="where to write (default: build)")
    options = parser.parse_args()
    display = Display()
    # Ended from outside, the demo still stops its server.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        good = demonstrate(display, options.folder.resolve())
    except (RuntimeError, OSError, http.client.HTTPException) as failure:
        display.line(display.painted(f"demo: {failure}", RED))
        return 1
    except KeyboardInterrupt:
        return 130
    display.line()
    display.line(display.painted("done", GREEN) if good else display.painted("accuracy is too low", RED))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
