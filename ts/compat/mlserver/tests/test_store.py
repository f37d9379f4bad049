import json
from pathlib import Path
from typing import Any

import pytest

from ts._cli.errors import CommandError
from ts.compat.mlserver import hosted, hosting, repository, store
from ts.compat.mlserver.settings import ModelSettings, Settings


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def add(folder: Path, **fields: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "model-settings.json"
    file.write_text(json.dumps({"implementation": "models.Model", **fields}))
    return folder


def config(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "model-config.yaml").read_text())
    return found


def test_names_versions_and_places_come_from_the_folders(tmp_path: Path) -> None:
    add(tmp_path / "iris")
    add(tmp_path / "house" / "1")
    add(tmp_path / "deep" / "er", name="named", parameters={"version": "v3", "uri": "file.bin"})
    found = {(model.name, model.version): model.parameters for model in repository.find(tmp_path)}
    assert set(found) == {("iris", None), ("house", "1"), ("named", "v3")}
    places = {name: parameters and parameters.uri for (name, _), parameters in found.items()}
    assert places == {
        "iris": str(tmp_path / "iris"),
        "house": str(tmp_path / "house" / "1"),
        "named": "file.bin",
    }


def test_two_of_one_name_and_version_are_refused(tmp_path: Path) -> None:
    add(tmp_path / "a", name="same")
    add(tmp_path / "b", name="same")
    with pytest.raises(ValueError, match=r"name 'same', version None, as .*model-settings.json has"):
        repository.find(tmp_path)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (add(tmp_path / "a") / "model-settings.json").write_text("{")
    with pytest.raises(ValueError, match=r"a/model-settings.json: .*expected: JSON"):
        repository.find(tmp_path)


def test_the_environment_alone_describes_a_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As KServe's runtime `kserve-mlserver` starts its container."""
    monkeypatch.setenv("MLSERVER_MODEL_IMPLEMENTATION", "mlserver_sklearn.SKLearnModel")
    monkeypatch.setenv("MLSERVER_MODEL_NAME", "iris")
    monkeypatch.setenv("MLSERVER_MODEL_URI", "/mnt/models")
    monkeypatch.setenv("MLSERVER_HTTP_PORT", "8085")
    monkeypatch.setenv("MLSERVER_GRPC_PORT", "9000")
    monkeypatch.setenv("MLSERVER_LOAD_MODELS_AT_STARTUP", "false")
    (model,) = repository.find(tmp_path)
    assert (model.name, model.implementation_) == ("iris", "mlserver_sklearn.SKLearnModel")
    assert model.parameters is not None
    assert model.parameters.uri == "/mnt/models"
    settings = Settings()
    assert (settings.http_port, settings.grpc_port, settings.load_models_at_startup) == (8085, 9000, False)
    configured = store.configuration(settings)
    assert configured["inference_address"] == "http://0.0.0.0:8085"
    assert configured["grpc_inference_port"] == "9000"


def test_a_model_is_loaded_as_its_file_says_by_then(tmp_path: Path) -> None:
    folder = add(tmp_path / "iris", parameters={"extra": {"depth": 1}})
    store.write(tmp_path / "store", repository.find(tmp_path), Settings())
    add(folder, parameters={"extra": {"depth": 2}})
    found, around = hosted.hosted_settings(tmp_path / "store" / "iris")
    assert around == hosted.Surroundings("mlserver", ())
    assert found.folder == folder
    assert found.parameters is not None
    assert (found.parameters.extra, found.parameters.uri) == ({"depth": 2}, str(folder))


def test_a_model_alone_runs_several_requests_at_once(tmp_path: Path) -> None:
    add(tmp_path / "iris")
    assert store.write(tmp_path / "store", repository.find(tmp_path), Settings(parallel_workers=3)) == [
        "iris=iris"
    ]
    assert config(tmp_path / "store" / "iris") == {
        "minWorkers": 3,
        "maxWorkers": 3,
        "asyncCommunication": True,
        "asyncConcurrency": 64,
    }


def test_models_of_a_pool_share_processes(tmp_path: Path) -> None:
    add(tmp_path / "a")
    add(tmp_path / "b", max_batch_size=8, max_batch_time=0.0101)
    add(tmp_path / "c", parameters={"inference_pool_gid": "one"})
    add(tmp_path / "d", parameters={"inference_pool_gid": "one"})
    add(tmp_path / "e", parallel_workers=0)
    add(tmp_path / "f", parameters={"autogenerate_inference_pool_gid": True})
    store.write(tmp_path / "store", repository.find(tmp_path), Settings())
    groups = {name: config(tmp_path / "store" / name).get("workerGroup") for name in "abcdef"}
    assert groups == {
        "a": "mlserver",
        "b": "mlserver",
        "c": "mlserver-one",
        "d": "mlserver-one",
        "e": None,
        "f": None,
    }
    batched = config(tmp_path / "store" / "b")
    assert (batched["batchSize"], batched["maxBatchDelay"]) == (8, 11)


@pytest.mark.parametrize(
    ("versions", "default"),
    [(("1", "2", "10"), "10"), (("2", None, "3"), None), (("v1", "v2"), "v2"), (("2", "v1"), "v1")],
)
def test_the_newest_version_comes_first_and_has_the_models_name(
    tmp_path: Path, versions: tuple[str | None, ...], default: str | None
) -> None:
    for index, version in enumerate(versions):
        add(
            tmp_path / f"folder-{index}",
            name="m",
            parameters={"version": version} if version else {"uri": "."},
        )
    loaded = store.write(tmp_path / "store", repository.find(tmp_path), Settings())
    assert loaded[0] == "m=m"
    assert len(set(loaded)) == len(versions)
    manifest = json.loads((tmp_path / "store" / "m" / "MAR-INF" / "MANIFEST.json").read_text())
    # Models have a version here.
    assert manifest["model"]["modelVersion"] == (default or "1.0")


def test_a_model_of_another_python_has_processes_of_its_own(tmp_path: Path) -> None:
    python = tmp_path / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch(0o755)
    add(tmp_path / "a", parameters={"environment_path": str(tmp_path / "env")})
    add(tmp_path / "b")
    add(tmp_path / "c")
    store.write(tmp_path / "store", repository.find(tmp_path), Settings())
    found = config(tmp_path / "store" / "a")
    assert (found["pythonExecutable"], "workerGroup" in found) == (str(python), False)
    assert "pythonExecutable" not in config(tmp_path / "store" / "b")


def test_metrics_and_logs_are_the_engines_where_it_has_the_same() -> None:
    found = store.configuration(Settings(metrics_endpoint=None, use_structured_logging=True))
    assert (found["enable_metrics_api"], found["log_format"]) == ("false", "json")
    found = store.configuration(Settings())
    assert (found["metrics_address"], found["log_format"]) == ("http://0.0.0.0:8082", "text")


def test_what_has_no_effect_is_said() -> None:
    told = store.remarks(Settings(debug=True, cache_size=7, metrics_endpoint="/m"))
    assert [text.partition(":")[0] for text in told] == ["debug", "cache_size", "metrics_endpoint"]
    assert store.remarks(Settings(metrics_endpoint=None)) == []


REPOSITORY = """
import the_list
from ts.compat.mlserver import ModelSettings
from ts.compat.mlserver.repository import ModelRepository


class Listed(ModelRepository):
    def __init__(self, root, more=()):
        self.root, self.more = root, more

    async def list(self):
        return [ModelSettings(name=name, implementation="m.M") for name in (*the_list.NAMES, *self.more)]

    async def find(self, name):
        return [model for model in await self.list() if model.name == name]
"""


def test_a_repository_of_the_users_lists_the_models(tmp_path: Path) -> None:
    (tmp_path / "my_repository.py").write_text(REPOSITORY)
    (tmp_path / "the_list.py").write_text('NAMES = ["a"]')
    settings = {
        "model_repository_implementation": "my_repository.Listed",
        "model_repository_implementation_args": {"more": ["b"]},
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    assert [model.name for model in hosting.load(tmp_path)[1]] == ["a", "b"]
    settings["model_repository_implementation"] = "my_repository.Other"
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    with pytest.raises(CommandError, match=r"my_repository has no Other \(expected: a class whose list"):
        hosting.load(tmp_path)


def test_what_there_is_not_is_refused_openly() -> None:
    settings = Settings(kafka_enabled=True, tracing_server="otel:4317", root_path="/x")
    model = ModelSettings(name="a b", implementation="m.M")
    found = store.problems(settings, [model])
    assert [text.partition(":")[0] for text in found] == [
        "kafka_enabled",
        "tracing_server",
        "root_path",
        "model name",
    ]
    assert all("expected" in text for text in found)


def test_cors_is_the_engines() -> None:
    settings = Settings(cors_settings={"allow_origins": ["*"], "allow_methods": ["GET", "POST"]})
    found = store.configuration(settings)
    assert (found["cors_allowed_origin"], found["cors_allowed_methods"]) == ("*", "GET, POST")
    several = {
        "allow_origins": ["http://a.example", "http://b.example"],
        "allow_origin_regex": "https://.*",
        "allow_credentials": True,
        "allow_methods": ["*"],
        "allow_headers": ["X-Mine"],
        "expose_headers": ["x-request-id"],
    }
    found = store.configuration(Settings(cors_settings=several))
    assert {key: value for key, value in found.items() if key.startswith("cors_")} == {
        "cors_allowed_origin": "http://a.example,http://b.example",
        "cors_allowed_origin_pattern": "https://.*",
        "cors_allowed_methods": "*",
        "cors_allowed_headers": "Accept, Accept-Language, Content-Language, Content-Type, X-Mine",
        "cors_exposed_headers": "x-request-id",
        "cors_allow_credentials": "true",
        "cors_max_age": "600",
    }
    assert not any(key.startswith("cors_") for key in store.configuration(Settings(cors_settings={})))


def test_credentials_are_for_origins_that_are_named() -> None:
    both = {"allow_origins": ["*"], "allow_credentials": True}
    with pytest.raises(ValueError, match="expected: named origins"):
        store.configuration(Settings(cors_settings=both))
