"""Applications as folders."""

from __future__ import annotations

import json
from pathlib import Path

from mariner.plan import Answer, Document, Node, Plan, Route, Stage


def test_a_plan_is_written_as_the_folder_that_the_frontend_reads(tmp_path: Path) -> None:
    plan = Plan(
        "pets",
        [
            Stage(
                "see",
                "def handle(data, context):\n    return data\n",
                {"batchSize": 4},
                {"labels.txt": b"cat"},
            )
        ],
        [Route("/see", [Node("see", "see")], timeout_ms=500, empty_body=Answer(400, "a picture is missing"))],
        [Document("/", "text/plain", b"pets", health=True), Document.showing("/docs", "/pets.json")],
        {"QUEUE_FULL": Answer(429, "later", "text/plain")},
    )

    folder = plan.write(tmp_path / "app")

    head = json.loads((folder / "app.json").read_text())
    assert head["stages"] == {"see": {"folder": "stages/see"}}
    assert head["routes"] == [
        {
            "method": "POST",
            "path": "/see",
            "nodes": [{"name": "see", "stage": "see", "inputs": []}],
            "body": "raw",
            "events": False,
            "timeoutMs": 500,
            "emptyBody": {"status": 400, "text": "a picture is missing"},
        }
    ]
    assert head["failures"] == {"QUEUE_FULL": {"status": 429, "type": "text/plain", "text": "later"}}
    assert (folder / head["documents"][0]["file"]).read_bytes() == b"pets"
    assert head["documents"][1] == {"path": "/docs", "openapi": "/pets.json"}
    stage = folder / "stages" / "see"
    manifest = json.loads((stage / "MAR-INF" / "MANIFEST.json").read_text())
    assert manifest["model"]["modelName"] == "pets__see"
    assert (stage / manifest["model"]["handler"]).read_text().startswith("def handle")
    assert json.loads((stage / "model-config.yaml").read_text()) == {"batchSize": 4}
    assert (stage / "labels.txt").read_bytes() == b"cat"
