"""Streaming: pieces arrive as they are sent, slow readers hold the handler back, leaving stops it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from support import rpc
from support.rest import RawConnection, request_bytes
from support.server import RunningServer
from support.waiting import eventually


def order(**fields: Any) -> bytes:
    return json.dumps(
        {key: str(value) if isinstance(value, Path) else value for key, value in fields.items()}
    ).encode()


def test_pieces_arrive_over_rest_before_the_next_is_made(
    mariner_server: RunningServer, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    with RawConnection(mariner_server.inference) as connection:
        connection.send(request_bytes("POST", "/predictions/stream", order(pieces=3, gate_at=1, gate=gate)))
        head = connection.read_head()
        assert (head.status, head.headers["transfer-encoding"]) == (200, "chunked")
        assert "ts_stream_next" not in head.headers
        assert connection.read_chunk() == b"piece 0 \n"
        gate.touch()
        rest = b"".join(iter(connection.read_chunk, b""))
    assert rest == b"piece 1 \npiece 2 \nend\n"


def test_pieces_arrive_over_grpc_before_the_next_is_made(
    mariner_server: RunningServer, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    request = rpc.prediction("stream", order(pieces=3, gate_at=1, gate=gate))
    with rpc.inference(mariner_server.grpc_inference) as stub:
        pieces = stub.StreamPredictions(request, timeout=60)
        assert next(pieces).prediction == b"piece 0 \n"
        gate.touch()
        assert [piece.prediction for piece in pieces] == [b"piece 1 \n", b"piece 2 \n", b"end\n"]


def test_a_generator_streams(mariner_server: RunningServer) -> None:
    with rpc.inference(mariner_server.grpc_inference) as stub:
        answers = stub.StreamPredictions(rpc.prediction("generate", order(pieces=2)), timeout=60)
        assert [answer.prediction for answer in answers] == [b"piece 0\n", b"piece 1\n", b"end\n"]


def test_a_plain_answer_is_a_stream_of_one(mariner_server: RunningServer) -> None:
    with rpc.inference(mariner_server.grpc_inference) as stub:
        answers = stub.StreamPredictions(rpc.prediction("echo", b"once"), timeout=60)
        assert [answer.prediction for answer in answers] == [b"once"]
    assert mariner_server.predict("echo", "and on").body == b"and on"


def test_a_unary_call_gets_the_whole_stream(mariner_server: RunningServer) -> None:
    with rpc.inference(mariner_server.grpc_inference) as stub:
        answer = stub.Predictions(rpc.prediction("stream", order(pieces=2)), timeout=60)
    assert answer.prediction == b"piece 0 \npiece 1 \nend\n"


def test_a_rest_client_that_leaves_stops_the_handler(mariner_server: RunningServer, tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    with RawConnection(mariner_server.inference) as connection:
        body = order(pieces=1000, pause=0.02, progress=progress)
        connection.send(request_bytes("POST", "/predictions/stream", body))
        connection.read_head()
        connection.read_chunk()
    eventually(progress.with_suffix(".ended").exists, 10, "the handler ends")
    assert int(progress.read_text()) < 1000
    assert mariner_server.predict("stream", order(pieces=0)).text == "end\n"


def test_a_grpc_client_that_cancels_stops_the_handler(mariner_server: RunningServer, tmp_path: Path) -> None:
    progress = tmp_path / "progress"
    request = rpc.prediction("stream", order(pieces=1000, pause=0.02, progress=progress))
    with rpc.inference(mariner_server.grpc_inference) as stub:
        pieces = stub.StreamPredictions(request, timeout=60)
        next(pieces)
        pieces.cancel()
        eventually(progress.with_suffix(".ended").exists, 10, "the handler ends")
    assert int(progress.read_text()) < 1000


def test_a_slow_grpc_reader_holds_the_handler_back_and_loses_nothing(
    mariner_server: RunningServer, tmp_path: Path
) -> None:
    progress, pieces = tmp_path / "progress", 400
    body = order(pieces=pieces, filler=50_000, progress=progress)
    with rpc.inference(mariner_server.grpc_inference) as stub:
        answers = stub.StreamPredictions(rpc.prediction("stream", body), timeout=100)
        first = next(answers).prediction
        assert first.startswith(b"piece 0 ")
        # 20 MB are on offer: the handler can't be far ahead of a reader that has taken one piece.
        steady = steady_value(progress)
        assert steady < pieces, "nothing holds the handler back"
        rest = [answer.prediction.split(b" ")[1] for answer in answers if b"piece" in answer.prediction]
    assert [int(number) for number in rest] == list(range(1, pieces))


def test_a_slow_rest_reader_holds_the_handler_back_and_loses_nothing(
    mariner_server: RunningServer, tmp_path: Path
) -> None:
    progress, pieces = tmp_path / "progress", 400
    with RawConnection(mariner_server.inference) as connection:
        body = order(pieces=pieces, filler=50_000, progress=progress)
        connection.send(request_bytes("POST", "/predictions/stream", body))
        connection.read_head()
        assert steady_value(progress) < pieces, "nothing holds the handler back"
        text = b"".join(iter(connection.read_chunk, b""))
    assert text.count(b"piece ") == pieces
    assert text.endswith(b"end\n")


def steady_value(progress: Path) -> int:
    """Returns the number of pieces at which the handler rests."""
    seen: list[str] = []

    def rests() -> bool:
        seen.append(progress.read_text() if progress.exists() else "")
        return len(seen) > 25 and bool(seen[-1]) and len(set(seen[-25:])) == 1

    eventually(rests, 20, "the handler rests")
    return int(seen[-1])


def test_a_stream_that_breaks_ends_without_its_last_chunk(mariner_server: RunningServer) -> None:
    with RawConnection(mariner_server.inference) as connection:
        connection.send(request_bytes("POST", "/predictions/stream", order(pieces=3, raise_at=2)))
        assert connection.read_head().status == 200
        assert connection.read_chunk() == b"piece 0 \n"
        assert connection.read_chunk() == b"piece 1 \n"
        assert connection.at_end()


def test_a_stream_that_breaks_ends_with_a_status_over_grpc(mariner_server: RunningServer) -> None:
    with rpc.inference(mariner_server.grpc_inference) as stub:
        answers = stub.StreamPredictions(rpc.prediction("stream", order(pieces=3, raise_at=1)), timeout=60)
        assert next(answers).prediction == b"piece 0 \n"
        with pytest.raises(grpc.RpcError) as broken:
            next(answers)
    assert broken.value.code() is grpc.StatusCode.INTERNAL


def test_an_error_before_the_first_piece_has_its_status(mariner_server: RunningServer) -> None:
    answer = mariner_server.predict("stream", order(pieces=1, raise_at=0))
    assert answer.status == 500
    assert answer.json()["type"] == "InternalServerException"


def test_a_sequence_of_a_model_without_sequences_is_refused_in_band(mariner_server: RunningServer) -> None:
    request = rpc.prediction("echo", b"x")
    request.sequence_id = "s"
    with rpc.inference(mariner_server.grpc_inference) as stub:
        answers = list(stub.StreamPredictions2(iter([request]), timeout=20))
    assert len(answers) == 1
    assert answers[0].HasField("status")
    assert answers[0].status.code == grpc.StatusCode.UNIMPLEMENTED.value[0]
    assert mariner_server.predict("echo", "and on").body == b"and on"


def test_grpc_has_the_health_service(mariner_server: RunningServer) -> None:
    with grpc.insecure_channel(mariner_server.grpc_inference) as channel:
        health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=20)
    assert health.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("version", ["v1", "v1alpha"])
def test_grpc_has_reflection(mariner_server: RunningServer, version: str) -> None:
    # Both versions have the same messages; many clients know only the older one.
    with grpc.insecure_channel(mariner_server.grpc_inference) as channel:
        call = channel.stream_stream(
            f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
            request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
            response_deserializer=reflection_pb2.ServerReflectionResponse.FromString,
        )
        reply = next(call(iter([reflection_pb2.ServerReflectionRequest(list_services="")]), timeout=20))
    names = {service.name for service in reply.list_services_response.service}
    assert "org.pytorch.serve.grpc.inference.InferenceAPIsService" in names
