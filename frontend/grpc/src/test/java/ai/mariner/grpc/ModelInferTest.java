package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.ResponseSink;
import ai.mariner.core.message.Sequence;
import ai.mariner.oip.InferMessage;
import ai.mariner.oip.InferMessage.Side;
import ai.mariner.oip.OipForm;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc.GRPCInferenceServiceBlockingStub;
import ai.mariner.proto.openinference.InferParameter;
import ai.mariner.proto.openinference.InferTensorContents;
import ai.mariner.proto.openinference.ModelInferRequest;
import ai.mariner.proto.openinference.ModelInferRequest.InferInputTensor;
import ai.mariner.proto.openinference.ModelInferResponse;
import ai.mariner.proto.openinference.ModelMetadataRequest;
import ai.mariner.proto.openinference.ServerMetadataRequest;
import com.google.protobuf.ByteString;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests of tensors over gRPC. */
class ModelInferTest {
  private final FakeCore core = new FakeCore();
  private final InProcessFixture fixture = new InProcessFixture(core, GrpcServices::inference);

  @AfterEach
  void stop() {
    fixture.close();
  }

  private GRPCInferenceServiceBlockingStub stub() {
    return GRPCInferenceServiceGrpc.newBlockingStub(fixture.channel())
        .withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private static InferInputTensor.Builder input(String datatype, long... shape) {
    InferInputTensor.Builder input = InferInputTensor.newBuilder().setName("x");
    for (long dim : shape) {
      input.addShape(dim);
    }
    return input.setDatatype(datatype);
  }

  private static ModelInferRequest.Builder request(InferInputTensor.Builder... inputs) {
    ModelInferRequest.Builder request = ModelInferRequest.newBuilder().setModelName("m");
    for (InferInputTensor.Builder input : inputs) {
      request.addInputs(input);
    }
    return request;
  }

  private static InferMessage received(InferenceRequest request) {
    InputPart part = request.parts().get(0);
    assertThat(part.name()).isEqualTo("body");
    assertThat(part.contentType()).isEqualTo(OipForm.MEDIA_TYPE);
    return OipForm.read(Side.REQUEST, part.body().bytes());
  }

  /** Answers with the inputs as outputs. */
  static void echo(InferenceRequest request, ResponseSink sink) {
    InferMessage asked = received(request);
    InferMessage answer =
        new InferMessage(Side.ANSWER, null, null, null, Map.of(), asked.tensors(), List.of());
    sink.end(formed(OipForm.write(answer, Body.empty())));
    request.release();
  }

  private static Reply formed(Body body) {
    return new Reply(null, null, OipForm.MEDIA_TYPE, List.of(), body);
  }

  private static Reply json(String text) {
    Body body = Body.of(text.getBytes(StandardCharsets.UTF_8));
    return new Reply(null, null, "application/json", List.of(), body);
  }

  private StatusRuntimeException refusal(ModelInferRequest.Builder request) {
    return Objects.requireNonNull(
        catchThrowableOfType(
            StatusRuntimeException.class, () -> stub().modelInfer(request.build())));
  }

  @Test
  void typedContentsBecomeBytesAndComeBackTyped() {
    core.handler = ModelInferTest::echo;
    InferTensorContents contents =
        InferTensorContents.newBuilder().addFp32Contents(1.5f).addFp32Contents(-2).build();

    ModelInferResponse response =
        stub()
            .modelInfer(
                request(input("FP32", 1, 2).setContents(contents))
                    .setId("7")
                    .setModelVersion("2.0")
                    .build());

    assertThat(response.getId()).isEqualTo("7");
    assertThat(response.getModelName()).isEqualTo("m");
    assertThat(response.getModelVersion()).isEqualTo("2.0");
    assertThat(response.getRawOutputContentsCount()).isZero();
    assertThat(response.getOutputs(0).getContents()).isEqualTo(contents);
    assertThat(response.getOutputs(0).getShapeList()).containsExactly(1L, 2L);
  }

  @Test
  void rawContentsComeBackRaw() {
    core.handler = ModelInferTest::echo;
    ByteString bytes = ByteString.copyFrom(new byte[] {1, 0, 2, 0});

    ModelInferResponse response =
        stub().modelInfer(request(input("INT16", 2)).addRawInputContents(bytes).build());

    assertThat(response.getRawOutputContents(0)).isEqualTo(bytes);
    assertThat(response.getOutputs(0).hasContents()).isFalse();
  }

  @Test
  void everyTypeWithAListGoesThroughIt() {
    core.handler = ModelInferTest::echo;
    Map<String, InferTensorContents> typed =
        Map.of(
            "BOOL", InferTensorContents.newBuilder().addBoolContents(true).build(),
            "INT8", InferTensorContents.newBuilder().addIntContents(-128).build(),
            "INT16", InferTensorContents.newBuilder().addIntContents(-32768).build(),
            "INT32", InferTensorContents.newBuilder().addIntContents(Integer.MIN_VALUE).build(),
            "INT64", InferTensorContents.newBuilder().addInt64Contents(Long.MIN_VALUE).build(),
            "UINT8", InferTensorContents.newBuilder().addUintContents(255).build(),
            "UINT16", InferTensorContents.newBuilder().addUintContents(65535).build(),
            "UINT32", InferTensorContents.newBuilder().addUintContents(-1).build(),
            "UINT64", InferTensorContents.newBuilder().addUint64Contents(-1L).build(),
            "BYTES",
                InferTensorContents.newBuilder()
                    .addBytesContents(ByteString.copyFrom(new byte[] {(byte) 0xFF, 0}))
                    .build());
    typed.forEach(
        (datatype, contents) ->
            assertThat(
                    stub()
                        .modelInfer(request(input(datatype, 1).setContents(contents)).build())
                        .getOutputs(0)
                        .getContents())
                .as(datatype)
                .isEqualTo(contents));
  }

  @Test
  void halfPrecisionIsAlwaysRaw() {
    core.handler =
        (request, sink) ->
            sink.end(
                json(
                    "{\"outputs\": [{\"name\": \"y\", \"datatype\": \"BF16\", \"shape\": [1],"
                        + " \"data\": [1]}]}"));

    ModelInferResponse response =
        stub()
            .modelInfer(
                request(
                        input("INT8", 1)
                            .setContents(InferTensorContents.newBuilder().addIntContents(1)))
                    .build());

    assertThat(response.getRawOutputContents(0))
        .isEqualTo(ByteString.copyFrom(new byte[] {(byte) 0x80, 0x3F}));
    assertThat(refusal(request(input("FP16", 1))).getStatus().getDescription())
        .startsWith("input \"x\": FP16 in contents (expected: raw_input_contents");
  }

  @Test
  void whatIsSaidOfARequestReachesTheCore() throws Exception {
    var future =
        GRPCInferenceServiceGrpc.newFutureStub(fixture.channel())
            .modelInfer(
                request()
                    .setModelVersion("3")
                    .putParameters("timeout", number(2_000_000))
                    .putParameters("sequence_id", number(5))
                    .putParameters(
                        "sequence_start", InferParameter.newBuilder().setBoolParam(true).build())
                    .putParameters("priority", number(1))
                    .addOutputs(
                        ModelInferRequest.InferRequestedOutputTensor.newBuilder().setName("y"))
                    .build());
    FakeCore.Submission submission = core.next();

    assertThat(submission.request.model()).isEqualTo(new ModelRef("m", "3"));
    assertThat(submission.request.timeoutNanos()).isEqualTo(2_000_000_000L);
    assertThat(submission.request.sequence()).isEqualTo(new Sequence("5", true, false));
    assertThat(received(submission.request).requested()).hasSize(1);
    StringBuilder headers = new StringBuilder();
    submission.request.headers().forEach((k, v) -> headers.append(k).append('=').append(v));
    assertThat(headers.toString()).contains("x-priority=high");
    submission.onLoop(() -> submission.sink.end(json("{\"outputs\": []}")));
    assertThat(future.get(10, TimeUnit.SECONDS).getOutputsCount()).isZero();
  }

  private static InferParameter number(long value) {
    return InferParameter.newBuilder().setInt64Param(value).build();
  }

  @Test
  void badRequestsAreInvalidArgumentsThatNameTheTensor() {
    ByteString four = ByteString.copyFrom(new byte[4]);
    Map<ModelInferRequest.Builder, String> refused =
        Map.of(
            request(input("FP32", 2)).addRawInputContents(four),
            "input \"x\": 4 bytes of data (expected: 8",
            request(input("FP32", -1)).addRawInputContents(four),
            "input \"x\": shape: [-1] (expected: no negative",
            request(input("FP32", 1L << 62, 1L << 62)).addRawInputContents(four),
            "input \"x\": shape:",
            request(input("FLOAT", 1)).addRawInputContents(four),
            "input \"x\": datatype: FLOAT (expected: one of",
            request(input("FP32", 1)).addRawInputContents(four).addRawInputContents(four),
            "raw_input_contents: 2 (expected: 1",
            request(input("FP32", 1), input("FP32", 1))
                .addRawInputContents(four)
                .addRawInputContents(four),
            "input \"x\" twice",
            request(input("BYTES", 1))
                .addRawInputContents(ByteString.copyFrom(new byte[] {9, 0, 0, 0})),
            "input \"x\": element 0: 9 bytes (expected: at most the 0",
            request(input("FP32", 1).setContents(InferTensorContents.getDefaultInstance())),
            "input \"x\": contents have 0 elements",
            request(
                input("INT8", 1).setContents(InferTensorContents.newBuilder().addIntContents(300))),
            "input \"x\": element 0: 300 (expected: a number in the range of INT8",
            request(input("FP32", 1)).setModelName("").addRawInputContents(four),
            "Parameter model_name is required.");

    refused.forEach(
        (request, says) -> {
          StatusRuntimeException refusal = refusal(request);
          assertThat(refusal.getStatus().getCode()).isEqualTo(Code.INVALID_ARGUMENT);
          assertThat(refusal.getStatus().getDescription()).startsWith(says);
        });
  }

  @Test
  void aHundredThousandInputsAreRefused() {
    ModelInferRequest.Builder request = request();
    for (int i = 0; i < 100_000; i++) {
      request.addInputs(input("BOOL", 0).setName("x" + i));
    }
    assertThat(refusal(request).getStatus().getDescription()).startsWith("inputs: more than 1024");
  }

  @Test
  void anAnswerWithoutTensorsIsTheModelsFault() throws Exception {
    CountedBody body = CountedBody.of("42");
    core.handler = (request, sink) -> sink.end(FakeCore.reply(body));

    StatusRuntimeException refusal = refusal(request());

    assertThat(refusal.getStatus().getCode()).isEqualTo(Code.INTERNAL);
    assertThat(refusal.getStatus().getDescription())
        .startsWith("The answer of model m has no tensors: body: a number");
    body.assertReleasedOnce();
  }

  @Test
  void clientsOfTorchServeCallTheSameUnderItsPackage() {
    core.handler = ModelInferTest::echo;
    var torchserves =
        ai.mariner.proto.openinference.torchserve.GRPCInferenceServiceGrpc.newBlockingStub(
            fixture.channel());
    ByteString bytes = ByteString.copyFrom(new byte[] {7});

    ModelInferResponse response =
        torchserves.modelInfer(request(input("INT8", 1)).addRawInputContents(bytes).build());

    assertThat(response.getRawOutputContents(0)).isEqualTo(bytes);
  }

  @Test
  void metadataTellServerAndModel() {
    assertThat(stub().serverMetadata(ServerMetadataRequest.getDefaultInstance()).getName())
        .isEqualTo("mariner");
    assertThat(
            stub()
                .modelMetadata(ModelMetadataRequest.newBuilder().setName("echo").build())
                .getVersionsList())
        .containsExactly("1.0", "2.0");
  }
}
