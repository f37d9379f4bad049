package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc;
import ai.mariner.proto.openinference.ModelInferRequest;
import ai.mariner.proto.openinference.ModelInferRequest.InferInputTensor;
import ai.mariner.proto.openinference.ModelStreamInferResponse;
import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Requests of tensors in one stream. */
class ModelStreamInferTest {
  private static final Object END = "end";

  private final FakeCore core = new FakeCore();
  private final InProcessFixture fixture = new InProcessFixture(core, GrpcServices::inference);
  private final BlockingQueue<Object> seen = new LinkedBlockingQueue<>();

  @AfterEach
  void stop() {
    fixture.close();
  }

  private StreamObserver<ModelInferRequest> stream() {
    return GRPCInferenceServiceGrpc.newStub(fixture.channel())
        .modelStreamInfer(
            new StreamObserver<>() {
              @Override
              public void onNext(ModelStreamInferResponse response) {
                seen.add(response);
              }

              @Override
              public void onError(Throwable thrown) {
                seen.add(thrown);
              }

              @Override
              public void onCompleted() {
                seen.add(END);
              }
            });
  }

  private static ModelInferRequest request(String id, int value) {
    return ModelInferRequest.newBuilder()
        .setModelName("m")
        .setId(id)
        .addInputs(
            InferInputTensor.newBuilder().setName("x").setDatatype("INT8").addShape(1).build())
        .addRawInputContents(ByteString.copyFrom(new byte[] {(byte) value}))
        .build();
  }

  private Object next() throws InterruptedException {
    Object found = seen.poll(20, TimeUnit.SECONDS);
    if (found == null) {
      throw new AssertionError("nothing came");
    }
    return found;
  }

  private ModelStreamInferResponse response() throws InterruptedException {
    return (ModelStreamInferResponse) next();
  }

  @Test
  void requestsAreAnsweredInTheirOrderAndTheStreamEndsWithTheClients() throws Exception {
    core.handler = ModelInferTest::echo;
    StreamObserver<ModelInferRequest> stream = stream();

    for (int i = 0; i < 20; i++) {
      stream.onNext(request("r" + i, i));
    }
    stream.onCompleted();

    for (int i = 0; i < 20; i++) {
      ModelStreamInferResponse response = response();
      assertThat(response.getErrorMessage()).isEmpty();
      assertThat(response.getInferResponse().getId()).isEqualTo("r" + i);
      assertThat(response.getInferResponse().getRawOutputContents(0).byteAt(0)).isEqualTo((byte) i);
    }
    assertThat(next()).isEqualTo(END);
    assertThat(core.budget.usedBytes()).isZero();
  }

  @Test
  void aRequestThatFailsIsToldSoAndTheStreamGoesOn() throws Exception {
    core.handler =
        (request, sink) -> {
          if (request.model().name().equals("bad")) {
            request.release();
            sink.fail(Failure.of(ErrorKind.MODEL_NOT_FOUND, "no such model"));
          } else {
            ModelInferTest.echo(request, sink);
          }
        };
    StreamObserver<ModelInferRequest> stream = stream();
    stream.onNext(request("1", 1).toBuilder().setModelName("bad").build());
    stream.onNext(request("2", 2).toBuilder().clearRawInputContents().build());
    stream.onNext(request("3", 3));

    ModelStreamInferResponse first = response();
    assertThat(first.getErrorMessage()).startsWith("no such model");
    assertThat(first.getInferResponse().getId()).isEqualTo("1");
    assertThat(response().getErrorMessage()).startsWith("input \"x\": contents have 0 elements");
    assertThat(response().getInferResponse().getId()).isEqualTo("3");
    stream.onCompleted();
    assertThat(next()).isEqualTo(END);
  }

  @Test
  void aClientThatLeavesCancelsItsRequest() throws Exception {
    StreamObserver<ModelInferRequest> stream = stream();
    stream.onNext(request("1", 1));
    FakeCore.Submission submission = core.next();
    BlockingQueue<String> cancelled = new LinkedBlockingQueue<>();
    submission.onLoop(() -> submission.sink.onCancel(() -> cancelled.add("yes")));

    stream.onError(new IllegalStateException("the client's own fault"));

    assertThat(cancelled.poll(20, TimeUnit.SECONDS)).isEqualTo("yes");
    submission.fail(Failure.of(ErrorKind.CANCELLED, "left"));
    assertThat(core.budget.usedBytes()).isZero();
  }
}
