package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Sequence;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.PredictionResponse;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Over real sockets, since flow control is the transport's. */
class StreamPredictionsTest {
  private static final int MANY = Integer.MAX_VALUE;
  private static final int PIECE_BYTES = 40_000;

  private final FakeCore core = new FakeCore();
  private final StreamProbe<PredictionResponse> probe = new StreamProbe<>();
  private NettyFixture fixture;

  @BeforeEach
  void start() throws IOException {
    fixture = new NettyFixture(core);
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  private ClientCall<PredictionsRequest, PredictionResponse> call(int messages) {
    ClientCall<PredictionsRequest, PredictionResponse> call =
        fixture
            .inferenceChannel()
            .newCall(InferenceAPIsServiceGrpc.getStreamPredictionsMethod(), CallOptions.DEFAULT);
    call.start(probe, new Metadata());
    call.request(messages);
    call.sendMessage(NettyFixture.request("x"));
    call.halfClose();
    return call;
  }

  private String text() throws InterruptedException {
    return probe.next().getPrediction().toStringUtf8();
  }

  @Test
  void piecesArriveAsTheyAreMade() throws Exception {
    var unused = call(MANY);
    FakeCore.Submission submission = core.next();
    assertThat(submission.request.streaming()).isTrue();
    List<CountedBody> bodies =
        List.of(CountedBody.of("a"), CountedBody.of("b"), CountedBody.of("c"));

    submission.next(bodies.get(0));
    assertThat(text()).isEqualTo("a");
    assertThat(probe.headers.get(GrpcErrors.REQUEST_ID)).isEqualTo(core.labels.of(1));
    submission.next(bodies.get(1));
    assertThat(text()).isEqualTo("b");
    submission.end(bodies.get(2));
    assertThat(text()).isEqualTo("c");
    assertThat(probe.status().getCode()).isEqualTo(Status.Code.OK);
    for (CountedBody body : bodies) {
      body.assertReleasedOnce();
    }
  }

  @Test
  void aHandlerThatDoesNotStreamGivesOneMessage() throws Exception {
    var unused = call(MANY);
    core.next().end(CountedBody.of("whole"));

    assertThat(text()).isEqualTo("whole");
    assertThat(probe.status().isOk()).isTrue();
    assertThat(probe.messages).isEmpty();
  }

  @Test
  void anEmptyLastPieceOnlyEndsTheStreamButAnEmptyAnswerIsOne() throws Exception {
    var unused = call(MANY);
    FakeCore.Submission submission = core.next();
    CountedBody last = CountedBody.of("");
    submission.next(CountedBody.of("a"));
    submission.end(last);

    assertThat(probe.status().isOk()).isTrue();
    assertThat(probe.messages).hasSize(1);
    last.assertReleasedOnce();

    StreamPredictionsTest other = new StreamPredictionsTest();
    other.start();
    try {
      var ignored = other.call(MANY);
      other.core.next().end(CountedBody.of(""));
      assertThat(other.probe.status().isOk()).isTrue();
      assertThat(other.probe.messages).hasSize(1);
    } finally {
      other.stop();
    }
  }

  @Test
  void aFailureComesAfterThePiecesBeforeIt() throws Exception {
    var unused = call(MANY);
    FakeCore.Submission submission = core.next();
    CountedBody body = CountedBody.of("a");
    submission.next(body);
    submission.fail(Failure.of(ErrorKind.HANDLER_FAILED, "Prediction failed"));

    assertThat(probe.status().getCode()).isEqualTo(Status.Code.INTERNAL);
    assertThat(probe.status().getDescription()).startsWith("Prediction failed\n");
    assertThat(text()).isEqualTo("a");
    body.assertReleasedOnce();
  }

  @Test
  void aSlowReaderIsNoticedCountedAndCaughtUpWith() throws Exception {
    ClientCall<PredictionsRequest, PredictionResponse> call = call(1);
    FakeCore.Submission submission = core.next();
    List<CountedBody> bodies = sendTooMuch(submission);
    CountDownLatch ready = new CountDownLatch(1);
    submission.onLoop(() -> submission.sink.onReady(ready::countDown));

    assertThat(submission.sink.isReady()).isFalse();
    assertThat(submission.sink.bufferedBytes()).isGreaterThanOrEqualTo(PIECE_BYTES);
    assertThat(ready.getCount()).isEqualTo(1);

    call.request(MANY);
    assertThat(ready.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(submission.sink.bufferedBytes()).isZero();
    submission.end(CountedBody.of("end"));
    assertThat(probe.status().isOk()).isTrue();
    assertThat(probe.messages.size()).isEqualTo(bodies.size() + 1);
    for (int i = 0; i < bodies.size(); i++) {
      assertThat(probe.next().getPrediction().byteAt(0)).isEqualTo((byte) i);
    }
    for (CountedBody body : bodies) {
      body.assertReleasedOnce();
    }
  }

  /** Far more than both ends' windows take up. */
  private List<CountedBody> sendTooMuch(FakeCore.Submission submission) throws Exception {
    List<CountedBody> bodies = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      byte[] bytes = new byte[PIECE_BYTES];
      bytes[0] = (byte) i;
      CountedBody body = new CountedBody(bytes);
      bodies.add(body);
      submission.next(body);
    }
    return bodies;
  }

  @Test
  void aReaderTaskThatComesLateIsCalledAtOnce() throws Exception {
    var unused = call(MANY);
    FakeCore.Submission submission = core.next();
    submission.next(CountedBody.of("a"));
    assertThat(text()).isEqualTo("a");
    CountDownLatch ready = new CountDownLatch(1);

    submission.onLoop(() -> submission.sink.onReady(ready::countDown));

    assertThat(ready.await(10, TimeUnit.SECONDS)).isTrue();
    submission.end(CountedBody.of("b"));
    assertThat(probe.status().isOk()).isTrue();
  }

  @Test
  void aStalledStreamGivesUpWhatWaitsAndFails() throws Exception {
    ClientCall<PredictionsRequest, PredictionResponse> call = call(1);
    FakeCore.Submission submission = core.next();
    List<CountedBody> bodies = sendTooMuch(submission);

    submission.fail(Failure.of(ErrorKind.STREAM_STALLED, "The reader is too slow."));

    for (CountedBody body : bodies) {
      body.assertReleasedOnce();
    }
    assertThat(submission.sink.bufferedBytes()).isZero();
    call.request(MANY);
    assertThat(probe.status().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(probe.messages.size()).isLessThan(bodies.size());
  }

  @Test
  void aClientThatLeavesCancelsAndWhatWaitsIsReleased() throws Exception {
    ClientCall<PredictionsRequest, PredictionResponse> call = call(1);
    FakeCore.Submission submission = core.next();
    CountDownLatch told = new CountDownLatch(1);
    submission.onLoop(() -> submission.sink.onCancel(told::countDown));
    List<CountedBody> bodies = sendTooMuch(submission);

    call.cancel("enough", null);

    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    for (CountedBody body : bodies) {
      body.assertReleasedOnce();
    }
    CountedBody late = CountedBody.of("late");
    submission.next(late);
    late.assertReleasedOnce();
    CountedBody last = CountedBody.of("last");
    submission.end(last);
    last.assertReleasedOnce();
    assertThat(core.accessLines.poll(10, TimeUnit.SECONDS))
        .matches("127\\.0\\.0\\.1:\\d+ gRPC .*/StreamPredictions HTTP/2\\.0 1");
  }

  @Test
  void theDeadlineEndsTheCallAndTheCoreIsTold() throws Exception {
    CountDownLatch told = new CountDownLatch(1);
    core.handler = (request, sink) -> sink.onCancel(told::countDown);
    ClientCall<PredictionsRequest, PredictionResponse> call =
        fixture
            .inferenceChannel()
            .newCall(
                InferenceAPIsServiceGrpc.getStreamPredictionsMethod(),
                CallOptions.DEFAULT.withDeadlineAfter(300, TimeUnit.MILLISECONDS));
    call.start(probe, new Metadata());
    call.request(MANY);
    call.sendMessage(NettyFixture.request("x"));
    call.halfClose();

    assertThat(probe.status().getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    // The client resets the stream at its deadline too, and either may be first.
    assertThat(core.accessLines.poll(10, TimeUnit.SECONDS))
        .matches(".*/StreamPredictions HTTP/2\\.0 [14]");
  }

  @Test
  void manyStreamsAtOnceKeepTheirPiecesApartAndEndOnce() throws Exception {
    int streams = 40;
    int pieces = 50;
    core.handler =
        (request, sink) -> {
          String name = FakeCore.texts(request).get("data");
          for (int i = 0; i < pieces; i++) {
            sink.next(FakeCore.reply(CountedBody.of(name + ':' + i)));
          }
          sink.end(FakeCore.reply(CountedBody.of(name + ":end")));
        };
    var channel = fixture.inferenceChannel();
    List<StreamProbe<PredictionResponse>> probes = new ArrayList<>();
    for (int i = 0; i < streams; i++) {
      StreamProbe<PredictionResponse> one = new StreamProbe<>();
      probes.add(one);
      var call =
          channel.newCall(
              InferenceAPIsServiceGrpc.getStreamPredictionsMethod(), CallOptions.DEFAULT);
      call.start(one, new Metadata());
      call.request(MANY);
      call.sendMessage(
          PredictionsRequest.newBuilder()
              .setModelName("echo")
              .putInput("data", ByteString.copyFromUtf8("s" + i))
              .build());
      call.halfClose();
    }

    for (int i = 0; i < streams; i++) {
      StreamProbe<PredictionResponse> one = probes.get(i);
      assertThat(one.status().isOk()).isTrue();
      assertThat(one.ends).hasValue(1);
      assertThat(one.messages).hasSize(pieces + 1);
      assertThat(one.next().getPrediction().toStringUtf8()).isEqualTo("s" + i + ":0");
    }
  }

  private ClientCall<PredictionsRequest, PredictionResponse> sequences() {
    ClientCall<PredictionsRequest, PredictionResponse> call =
        fixture
            .inferenceChannel()
            .newCall(InferenceAPIsServiceGrpc.getStreamPredictions2Method(), CallOptions.DEFAULT);
    call.start(probe, new Metadata());
    call.request(MANY);
    return call;
  }

  private static PredictionsRequest of(String sequence, String... flags) {
    PredictionsRequest.Builder request =
        NettyFixture.request("x").toBuilder().setSequenceId(sequence);
    for (String flag : flags) {
      request.putInput("ts_request_sequence_" + flag, ByteString.copyFromUtf8("true"));
    }
    return request.build();
  }

  @Test
  void eachMessageIsARequestOfItsSequence() throws Exception {
    ClientCall<PredictionsRequest, PredictionResponse> call = sequences();
    call.sendMessage(of("s1", "start"));
    FakeCore.Submission first = core.next();
    call.sendMessage(of("s2", "start", "end"));
    FakeCore.Submission second = core.next();
    assertThat(first.request.sequence()).isEqualTo(new Sequence("s1", true, false));
    assertThat(second.request.sequence()).isEqualTo(new Sequence("s2", true, true));
    assertThat(second.request.parts()).hasSize(1);
    second.end(CountedBody.of("two"));
    PredictionResponse answer = probe.next();
    assertThat(answer.getSequenceId()).isEqualTo("s2");
    assertThat(answer.getPrediction().toStringUtf8()).isEqualTo("two");
    call.halfClose();
    first.end(CountedBody.of("one"));

    assertThat(probe.next().getSequenceId()).isEqualTo("s1");
    assertThat(probe.status().isOk()).isTrue();
  }

  @Test
  void aRequestOfASequenceThatFailsIsToldInTheStreamAndItGoesOn() throws Exception {
    ClientCall<PredictionsRequest, PredictionResponse> call = sequences();
    call.sendMessage(of("s1", "start"));
    core.next().fail(Failure.of(ErrorKind.SEQUENCE_LOST, "Sequence lost."));
    PredictionResponse first = probe.next();
    call.sendMessage(PredictionsRequest.getDefaultInstance());
    PredictionResponse second = probe.next();
    call.sendMessage(NettyFixture.request("x"));
    PredictionResponse third = probe.next();
    call.halfClose();

    assertThat(first.getSequenceId()).isEqualTo("s1");
    assertThat(first.getStatus().getCode()).isEqualTo(Status.Code.ABORTED.value());
    assertThat(second.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT.value());
    assertThat(third.getStatus().getMessage()).startsWith("Parameter sequenceId is required.");
    assertThat(probe.status().isOk()).isTrue();
  }

  @Test
  void aSequenceThatIsBegunWithoutAnIdGetsOne() throws Exception {
    ClientCall<PredictionsRequest, PredictionResponse> call = sequences();
    call.sendMessage(of("", "start"));
    FakeCore.Submission submission = core.next();
    submission.end(CountedBody.of("a"));
    assertThat(probe.next().getSequenceId()).startsWith("ts-seq-");
    call.halfClose();
    assertThat(probe.status().isOk()).isTrue();
  }

  @Test
  void aClientThatLeavesTakesItsOpenRequestsWithIt() throws Exception {
    ClientCall<PredictionsRequest, PredictionResponse> call = sequences();
    call.sendMessage(of("s1", "start"));
    FakeCore.Submission submission = core.next();
    CountDownLatch left = new CountDownLatch(1);
    submission.onLoop(() -> submission.sink.onCancel(left::countDown));
    call.cancel("enough", null);
    assertThat(left.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
