"""Names that models and runtimes of MLServer import. A name here may not go away."""

import importlib

import pytest

NAMES = """
    : MLModel MLServer ModelSettings Settings register log __version__
    model: MLModel
    types: InferenceRequest InferenceResponse RequestInput RequestOutput ResponseOutput Parameters TensorData
    types: MetadataTensor MetadataModelResponse MetadataServerResponse Datatype State
    types: RepositoryIndexRequest RepositoryIndexResponse RepositoryIndexResponseItem
    codecs: NumpyCodec NumpyRequestCodec PandasCodec StringCodec StringRequestCodec Base64Codec DatetimeCodec
    codecs: InputCodec RequestCodec register_input_codec register_request_codec decode_args CodecError
    codecs: DecodedParameterName has_decoded get_decoded get_decoded_or_raw decode_inference_request
    codecs.base: InputCodec RequestCodec register_input_codec register_request_codec
    codecs.errors: CodecError
    codecs.string: StringCodec StringRequestCodec encode_str decode_str
    codecs.numpy: NumpyCodec NumpyRequestCodec to_datatype to_dtype convert_nan _to_ndarray _encode_data
    codecs.lists: as_list is_list_of
    codecs.json: JSONEncoderWithArray encode_to_json decode_from_bytelike_json_to_dict
    codecs.utils: SingleInputRequestCodec get_content_type decode_request_input encode_response_output
    codecs.utils: inject_batch_dimension _save_decoded
    batching: BatchedRequests
    settings: ModelSettings ModelParameters Settings
    utils: get_model_uri generate_uuid to_absolute_path
    errors: MLServerError InferenceError ModelNotFound InvalidModelURI ModelNotReady ModelParametersMissing
    logging: logger
    handlers: custom_handler
    repository: ModelRepository SchemalessModelRepository
    rest.responses: Response
    metrics: register log
    cli: main
    version: __version__
"""
LINES = [line.strip().partition(":") for line in NAMES.strip().splitlines()]


@pytest.mark.parametrize(("module", "names"), [(module, names) for module, _, names in LINES])
def test_names_are_there(module: str, names: str) -> None:
    found = importlib.import_module(f"ts.compat.mlserver.{module}".rstrip("."))
    assert [name for name in names.split() if not hasattr(found, name)] == []
