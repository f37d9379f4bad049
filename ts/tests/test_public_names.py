"""The golden list of names that handlers import. A name here may not go away."""

from __future__ import annotations

import importlib
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from ts.context import Context, RequestProcessor
from ts.tests.frontend import worker_environment

NAMES = """
    ts: __version__
    ts.version: __version__
    ts.context: Context RequestProcessor
    ts.async_service: AsyncService
    ts.service: Service PredictionException emit_metrics PREDICTION_METRIC
    ts.utils.util: PredictionException list_classes_from_module load_label_mapping map_class_to_label
    ts.utils.util: get_yaml_config check_valid_pt2_backend PT2Backend deprecated CLEANUP_REGEX
    ts.handler_utils.utils: send_intermediate_predict_response import_class create_predict_response
    ts.handler_utils.timer: timed
    ts.handler_utils.micro_batching: MicroBatching get_micro_batch_idx HANDLER_METHODS
    ts.handler_utils.text_utils: ngrams_iterator get_tokenizer
    ts.protocol.otf_message_handler: send_intermediate_predict_response create_predict_response
    ts.protocol.otf_message_handler: create_load_model_response retrieve_msg encode_response_headers
    ts.metrics.dimension: Dimension
    ts.metrics.metric: Metric
    ts.metrics.metric_encoder: MetricEncoder
    ts.metrics.metrics_store: MetricsStore
    ts.metrics.metric_type_enum: MetricTypes
    ts.metrics.metric_cache_yaml_impl: MetricsCacheYamlImpl
    ts.metrics.metric_cache_abstract: MetricCacheAbstract
    ts.metrics.metric_abstract: MetricAbstract
    ts.metrics.metric_cache_errors: MetricsCacheKeyError MetricsCacheTypeError MetricsCacheValueError
    ts.metrics.metric_cache_errors: MetricsCacheIOError GeneralMetricsCacheError
    ts.metrics.caching_metric: CachingMetric
    ts.metrics.unit: Units
    ts.metrics.process_memory_metric: get_cpu_usage check_process_mem_usage
    ts.metrics.system_metrics: collect_all
    ts.torch_handler.base_handler: BaseHandler setup_ort_session PROFILER_AVAILABLE XLA_AVAILABLE
    ts.torch_handler.base_handler: PT2_AVAILABLE PT230_AVAILABLE IPEX_AVAILABLE ONNX_AVAILABLE
    ts.torch_handler.vision_handler: VisionHandler
    ts.torch_handler.image_classifier: ImageClassifier
    ts.torch_handler.image_segmenter: ImageSegmenter
    ts.torch_handler.object_detector: ObjectDetector
    ts.torch_handler.text_handler: TextHandler
    ts.torch_handler.text_classifier: TextClassifier
    ts.torch_handler.contractions: CONTRACTION_MAP
    ts.torch_handler.request_envelope.base: BaseEnvelope
    ts.torch_handler.request_envelope.body: BodyEnvelope
    ts.torch_handler.request_envelope.json: JSONEnvelope
    ts.torch_handler.request_envelope.kserve: KServeEnvelope
    ts.torch_handler.request_envelope.kservev2: KServev2Envelope
    ts.model_service.model_service: ModelService SingleNodeService
"""
EACH = [
    (module, name)
    for line in NAMES.strip().splitlines()
    for module, _, names in [line.strip().partition(": ")]
    for name in names.split()
]


@pytest.mark.parametrize(("module", "name"), EACH)
def test_a_public_name_is_importable(module: str, name: str) -> None:
    assert getattr(importlib.import_module(module), name) is not None


def test_the_two_places_of_prediction_exception_are_one_class() -> None:
    from ts.service import PredictionException as InService
    from ts.utils.util import PredictionException as InUtil

    assert InService is InUtil
    fault = pickle.loads(pickle.dumps(InUtil("words", 404)))
    assert (fault.message, fault.error_code) == ("words", 404)


def test_modules_that_need_no_torch_import_none() -> None:
    modules = sorted({module for module, _ in EACH})
    code = (
        f"import importlib, json, sys\nfor name in {modules!r}: importlib.import_module(name)\n"
        "print(json.dumps([m for m in ('torch', 'yaml', 'numpy', 'PIL', 'psutil') if m in sys.modules]))"
    )
    environment = worker_environment(Path("/nowhere"))
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == []


def test_an_unknown_flag_of_the_base_handler_is_an_attribute_error() -> None:
    with pytest.raises(ImportError, match="NO_SUCH_FLAG"):
        exec("from ts.torch_handler.base_handler import NO_SUCH_FLAG")


def test_a_context_survives_pickling_with_its_requests() -> None:
    context = Context("m", "/models/m", {"model": {}}, 4, 0, "0.13.0", model_yaml_config={"a": 1})
    context.request_ids = {0: "id"}
    context.request_processor = [RequestProcessor(None, lambda: {"X-Key": "v"})]
    context.set_response_status(201, "Made", 0)
    context.set_response_header(0, "X-Reply", "r")
    copy = pickle.loads(pickle.dumps(context))
    assert copy.get_request_header(0, "x-key") == "v"
    assert copy.get_response_status(0) == (201, "Made")
    assert copy.get_response_headers(0) == {"X-Reply": "r"}
    assert (copy.get_request_id(), copy.system_properties) == ("id", context.system_properties)


def test_a_fresh_processor_answers_200() -> None:
    processor = RequestProcessor({})
    assert (processor.get_response_status_code(), processor.get_response_status_phrase()) == (200, None)
    assert (processor.get_response_header("a"), processor.get_response_headers()) == (None, {})


def test_sending_a_piece_without_a_request_says_what_is_missing() -> None:
    from ts.handler_utils.utils import send_intermediate_predict_response

    with pytest.raises(RuntimeError, match="serves no request"):
        send_intermediate_predict_response(["x"], {0: "id"}, "", 200, Context())


def test_retrieve_data_for_inference_splits_a_batch() -> None:
    from ts.service import Service

    batch = [
        {
            "requestId": b"id",
            "parameters": [{"name": "body", "value": b"x", "contentType": "text/plain"}],
            "headers": [{"name": b"A", "value": b"b"}],
        }
    ]
    processors, data, ids = Service.retrieve_data_for_inference(batch)
    assert processors[0].get_request_properties() == {"body": {"content-type": "text/plain"}, "A": "b"}
    assert (data, ids) == ([{"body": b"x"}], {0: "id"})


def test_create_predict_response_is_a_frame_of_this_protocol() -> None:
    from ts._wire.codec import decode
    from ts._wire.messages import FrameType
    from ts.protocol.otf_message_handler import create_predict_response

    frame = decode(create_predict_response([{"a": 1}], {0: "id"}, "Prediction success", 200))
    assert frame.type == FrameType.RESULT
    assert frame.payload[0].body == b'{\n  "a": 1\n}'  # type: ignore[index,union-attr]
    failed = decode(create_predict_response(None, {0: "id"}, "broken", 503))
    assert (failed.payload[0].error, failed.payload[0].body) == (1, b"broken")  # type: ignore[index,union-attr]


def test_import_class_finds_a_class_by_module_or_by_name() -> None:
    from ts.handler_utils.utils import import_class
    from ts.torch_handler.image_classifier import ImageClassifier

    assert import_class("image_classifier", "ts.torch_handler") is ImageClassifier
    assert import_class("ts.torch_handler.image_classifier.ImageClassifier") is ImageClassifier
    assert import_class("ImageClassifier", "ts.torch_handler.image_classifier") is ImageClassifier
    assert import_class("image_classifier.ImageClassifier", "ts.torch_handler") is ImageClassifier
    with pytest.raises(ImportError, match="expected: exactly one"):
        import_class("util", "ts.utils")
    for wrong in (("",), ("ImageClassifier",), ("Absent", "ts.torch_handler.image_classifier")):
        with pytest.raises(ImportError, match="expected"):
            import_class(*wrong)
    for wrong in (
        ("ts.torch_handler.image_classifier.Absent",),
        ("image_classifier.Absent", "ts.torch_handler"),
    ):
        with pytest.raises(ImportError, match=r"expected: a class of ts\.torch_handler\.image_classifier"):
            import_class(*wrong)


def test_a_deprecated_function_warns_with_its_new_place() -> None:
    from ts.utils.util import deprecated

    @deprecated("1.0", "new.place")
    def old(value: int) -> int:
        return value + 1

    with pytest.warns(PendingDeprecationWarning, match=r"old is deprecated in 1\.0 and moved to new\.place"):
        assert old(1) == 2

    @deprecated("2.0", klass=DeprecationWarning)
    def older() -> None:
        """Has no new place."""

    with pytest.warns(DeprecationWarning, match=r"older is deprecated in 2\.0$"):
        older()
