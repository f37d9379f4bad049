from pathlib import Path

import pytest

from ts.compat.mlserver.cloudevents import EventHeaders


def test_requests_and_answers_have_headers_of_events(tmp_path: Path) -> None:
    headers = EventHeaders("mlserver", "iris", tmp_path / "absent")
    common = {
        "Ce-Specversion": "0.3",
        "Ce-Source": "io.seldon.serving.deployment.mlserver",
        "Ce-Modelid": "iris",
        "Ce-Inferenceservicename": "mlserver",
        "Ce-Endpoint": "iris",
        "Ce-Id": "7",
        "Ce-Requestid": "7",
    }
    assert headers.of_request("7") == {**common, "Ce-Type": "io.seldon.serving.inference.request"}
    assert headers.of_answer("7") == {**common, "Ce-Type": "io.seldon.serving.inference.response"}


def test_a_namespace_of_kubernetes_is_named(tmp_path: Path) -> None:
    (tmp_path / "namespace").write_text("prod\n")
    found = EventHeaders("mine", "iris", tmp_path / "namespace").of_answer("7")
    assert (found["Ce-Source"], found["Ce-Namespace"]) == ("io.seldon.serving.deployment.mine.prod", "prod")


@pytest.mark.parametrize(
    ("request_id", "told"),
    [("a b\r\nx: y", "a%20b%0D%0Ax:%20y"), ("\u00e4", "%C3%A4"), ("\ud800", "?"), ("x" * 257, None)],
)
def test_an_id_that_is_no_header_is_quoted_or_left_out(
    tmp_path: Path, request_id: str, told: str | None
) -> None:
    assert EventHeaders("s", "m", tmp_path).of_answer(request_id).get("Ce-Id") == told
