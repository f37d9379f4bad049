"""Pages of servers in a real browser: what they show can be tried, and nothing comes from elsewhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page
from support import documented
from support.places import ROOT
from support.scripts import RunningScript
from support.server import RunningServer

PICTURES = ROOT / "build" / "extras" / "browser-pictures"
WAIT_MS = 60_000
pytestmark = pytest.mark.timeout(300)


class Tab:
    """A page of a server, with all that it complained of and all that it asked elsewhere."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.set_default_timeout(WAIT_MS)
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda fault: self.complaints.append(str(fault)))
        page.on("request", lambda asked: self.hosts.add(urlsplit(asked.url).netloc))

    def show(self, url: str) -> None:
        """Opens a page of Swagger UI and waits for its operations."""
        self.page.goto(url)
        self.page.wait_for_selector(".opblock")

    def opened(self, tag: str, operation: str) -> Locator:
        """Returns an operation, unfolded and ready to be tried."""
        block = self.page.locator(f'[id="operations-{tag}-{operation}"]')
        block.locator(".opblock-summary-control").click()
        block.locator(".try-out__btn").click()
        return block

    def executed(self, block: Locator) -> tuple[int, str]:
        """Clicks Execute; returns the status that is shown, and the answer's body."""
        block.locator(".execute").click()
        row = block.locator(".live-responses-table tbody tr.response").first
        row.wait_for()
        status = row.locator(".response-col_status").inner_text()
        body = row.locator(".response-col_description .highlight-code code").first
        number = re.search(r"\d{3}", status)
        assert number is not None, status
        return int(number[0]), body.inner_text()

    def picture(self, name: str) -> None:
        """Keeps what is seen, for who wants to look."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=True)


@pytest.fixture
def tab(browser: Browser) -> Iterator[Tab]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    made = Tab(context.new_page())
    yield made
    context.close()
    assert made.complaints == []
    assert len(made.hosts) == 1, made.hosts


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with documented.models(tmp_path_factory.mktemp("models") / "server") as running:
        yield running


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningScript]:
    with documented.application(tmp_path_factory.mktemp("application")) as running:
        yield running


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with documented.guarded(tmp_path_factory.mktemp("guarded") / "server") as running:
        yield running


@pytest.fixture(scope="module")
def flash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningScript]:
    with documented.flash(tmp_path_factory.mktemp("flash") / "script") as running:
        yield running


@pytest.fixture(scope="module")
def mosec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningScript]:
    with documented.mosec(tmp_path_factory.mktemp("mosec")) as running:
        yield running


def test_a_model_of_tensors_is_tried_with_its_example(server: RunningServer, tab: Tab) -> None:
    tab.show(f"{server.inference}/docs")
    block = tab.opened("models", "infer_double")
    example = json.loads(block.locator("textarea.body-param__text").input_value())
    assert example["inputs"][0]["shape"] == [1, 2]
    status, body = tab.executed(block)
    assert status == 200
    assert json.loads(body)["outputs"][0]["data"] == [0, 0]
    tab.picture("model-of-tensors")


def test_a_model_of_anything_is_tried(server: RunningServer, tab: Tab) -> None:
    tab.show(f"{server.inference}/docs")
    block = tab.opened("models", "predict_echo")
    block.locator("textarea.body-param__text").fill('{"said": [1, 2]}')
    status, body = tab.executed(block)
    assert (status, json.loads(body)) == (200, {"said": [1, 2]})
    tab.picture("model-of-anything")


@pytest.mark.parametrize("listener", ["management", "metrics"])
def test_other_listeners_are_tried(server: RunningServer, tab: Tab, listener: str) -> None:
    tab.show(f"{getattr(server, listener)}/docs")
    operation = {"management": "listModels", "metrics": "metrics"}[listener]
    status, body = tab.executed(tab.opened("default", operation))
    assert status == 200
    assert {"management": '"double"', "metrics": "ts_inference_requests_total"}[listener] in body
    tab.picture(listener)


APPLICATION: list[tuple[str, Any, Any]] = [
    ("add", {"a": 1, "items": [{"x": 2}]}, {"total": 3.0, "mark": None}),
    ("halve", 4, [2, 1]),
    ("double", [[1, 2]], [[2, 4]]),
    ("count", 2, None),
]


@pytest.mark.parametrize(("operation", "given", "answer"), APPLICATION, ids=[one[0] for one in APPLICATION])
def test_an_application_is_tried(
    application: RunningScript, tab: Tab, operation: str, given: Any, answer: Any
) -> None:
    tab.show(f"{application.address}/docs")
    block = tab.opened("default", operation)
    kinds = block.locator(".opblock-section-request-body .content-type")
    if kinds.count():
        kinds.select_option("application/json")
    block.locator("textarea.body-param__text").fill(json.dumps(given))
    status, body = tab.executed(block)
    assert status == 200
    if answer is not None:
        assert json.loads(body) == answer
    tab.picture(f"application-{operation}")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_an_endpoint_of_flash_is_tried(flash: RunningScript, tab: Tab, path: str) -> None:
    tab.show(f"{flash.address}{path}")
    block = tab.opened("both_ep", "both_ep")
    given = {"session": "mine", "payload": {"text": {"text": "b a"}, "more": {"count": 3}}}
    block.locator("textarea.body-param__text").fill(json.dumps(given))
    status, body = tab.executed(block)
    assert (status, json.loads(body)["session"]) == (200, "mine")
    tab.picture(f"flash{path.replace('/', '-')}")


@pytest.mark.parametrize("path", ["/both/dag", "/only/dag", "/flashserve/component_dags"])
def test_the_drawings_of_flash_are_seen(flash: RunningScript, tab: Tab, path: str) -> None:
    tab.page.goto(f"{flash.address}{path}")
    drawing = tab.page.locator("svg").first.bounding_box()
    assert drawing is not None
    assert drawing["width"] > 100
    beyond = tab.page.evaluate(
        """() => [...document.querySelectorAll("svg g")].filter(box => [...box.querySelectorAll("text")].some(
            text => text.getBBox().width > box.querySelector("rect").getBBox().width)).length"""
    )
    assert beyond == 0, "names are wider than their boxes"
    tab.picture(f"flash{path.replace('/', '-')}")


def test_a_drawing_of_flash_is_seen_in_a_narrow_window_at_night(flash: RunningScript, tab: Tab) -> None:
    tab.page.set_viewport_size({"width": 360, "height": 640})
    tab.page.emulate_media(color_scheme="dark")
    tab.page.goto(f"{flash.address}/both/dag")
    widths = tab.page.evaluate("() => [document.documentElement.scrollWidth, window.innerWidth]")
    assert widths[0] <= widths[1], "the page is wider than the window"
    shown = tab.page.evaluate(
        """() => [document.body, document.querySelector("svg .pass text")].map(
            (part, at) => getComputedStyle(part)[at ? "fill" : "color"])"""
    )
    assert all(min(map(int, re.findall(r"\d+", colour))) > 200 for colour in shown), shown
    tab.picture("flash-narrow-dark")


@pytest.mark.parametrize("path", ["/openapi/swagger", "/openapi/swagger/"])
def test_mosecs_page_is_tried(mosec: RunningScript, tab: Tab, path: str) -> None:
    tab.show(f"{mosec.address}{path}")
    block = tab.page.locator(".opblock").first
    block.locator(".opblock-summary-control").click()
    block.locator(".try-out__btn").click()
    assert tab.executed(block) == (200, "MOSEC service")
    tab.picture("mosec")


def test_a_document_that_needs_a_token_is_shown_when_it_is_entered(guarded: RunningServer, tab: Tab) -> None:
    tab.page.goto(f"{guarded.inference}/say/docs")
    form = tab.page.locator("#token")
    for token in ("wrong-token", documented.TOKEN):
        form.wait_for()
        form.locator("input").fill(token)
        form.locator("button").click()
        if token != documented.TOKEN:
            form.get_by_text("This token is not accepted.").wait_for()
            tab.picture("token")
    form.wait_for(state="hidden")
    assert tab.executed(tab.opened("default", "say")) == (200, "said")
    assert all("401" in complaint for complaint in tab.complaints)
    tab.complaints.clear()
