package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Reply;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.PredictionResponse;
import io.grpc.CallOptions;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PredictionOutcomesTest {
  private final FakeCore core = new FakeCore();
  private final InProcessFixture fixture = new InProcessFixture(core, GrpcServices::inference);

  @BeforeEach
  void limitAnswers() {
    core.maxResponseBytes = 10;
  }

  @AfterEach
  void stop() {
    fixture.close();
  }

  @ParameterizedTest
  @EnumSource(ErrorKind.class)
  void everyFailureReachesTheClientWithItsCodeWordsAndRequestId(ErrorKind kind) {
    Failure failure = new Failure(kind, "Said the core.", 404, "secret");
    core.handler =
        (request, sink) -> {
          request.release();
          sink.fail(failure);
        };

    StatusRuntimeException thrown = fixture.refusal(NettyFixture.request("x"));

    assertThat(thrown.getStatus().getCode()).isEqualTo(GrpcErrors.code(failure));
    assertThat(thrown.getStatus().getDescription())
        .startsWith("Said the core.\n")
        .doesNotContain("secret");
    assertThat(thrown.getTrailers().get(GrpcErrors.REQUEST_ID)).isEqualTo(core.labels.of(1));
  }

  @Test
  void aClientThatLeavesCancelsAndALateAnswerIsDropped() throws Exception {
    var future = fixture.call(NettyFixture.request("x"));
    FakeCore.Submission submission = core.next();
    CountDownLatch told = new CountDownLatch(1);
    submission.onLoop(() -> submission.sink.onCancel(told::countDown));

    future.cancel(true);

    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    CountedBody late = CountedBody.of("late");
    submission.end(late);
    late.assertReleasedOnce();
  }

  @Test
  void aCancelBeforeTheCoreListensIsNotLost() throws Exception {
    var future = fixture.call(NettyFixture.request("x"));
    FakeCore.Submission submission = core.next();
    future.cancel(true);
    String line = core.accessLines.poll(10, TimeUnit.SECONDS);
    assertThat(line).endsWith("InferenceAPIsService/Predictions HTTP/2.0 1");
    CountDownLatch told = new CountDownLatch(1);

    submission.onLoop(() -> submission.sink.onCancel(told::countDown));

    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void whatTheCacheDidStandsInTheHeadersOfTheAnswer() {
    core.handler =
        (request, sink) -> {
          request.release();
          Reply reply = FakeCore.reply("x");
          List<Reply.Header> headers =
              List.of(new Reply.Header("Other", "o"), new Reply.Header("X-Cache", "hit"));
          sink.end(new Reply(null, null, null, headers, reply.body()));
        };
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    fixture
        .inference()
        .withInterceptors(MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
        .predictions(NettyFixture.request("x"));
    assertThat(headers.get().get(GrpcErrors.CACHE)).isEqualTo("hit");
    assertThat(headers.get().keys()).doesNotContain("other");
  }

  @Test
  void piecesOfAStreamingHandlerAreJoined() throws Exception {
    List<CountedBody> bodies =
        List.of(CountedBody.of("ab"), CountedBody.of("cd"), CountedBody.of("e"));
    core.handler =
        (request, sink) -> {
          sink.next(FakeCore.reply(bodies.get(0)));
          sink.next(FakeCore.reply(bodies.get(1)));
          sink.end(FakeCore.reply(bodies.get(2)));
        };

    assertThat(fixture.answer(NettyFixture.request("x"))).isEqualTo("abcde");
    for (CountedBody body : bodies) {
      body.assertReleasedOnce();
    }
  }

  @Test
  void joinedPiecesBeyondTheLimitFailAndStopTheHandler() throws Exception {
    List<CountedBody> bodies =
        List.of(CountedBody.of("123456"), CountedBody.of("789012"), CountedBody.of("x"));
    CountDownLatch told = new CountDownLatch(1);
    core.handler =
        (request, sink) -> {
          sink.onCancel(told::countDown);
          bodies.subList(0, 2).forEach(body -> sink.next(FakeCore.reply(body)));
          sink.end(FakeCore.reply(bodies.get(2)));
        };

    StatusRuntimeException thrown = fixture.refusal(NettyFixture.request("x"));

    assertThat(thrown.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(thrown.getStatus().getDescription()).contains("max_response_size, 10");
    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    for (CountedBody body : bodies) {
      body.assertReleasedOnce();
    }
  }

  @Test
  void aLastPieceBeyondTheLimitFailsToo() throws Exception {
    List<CountedBody> bodies = List.of(CountedBody.of("123456"), CountedBody.of("789012"));
    core.handler =
        (request, sink) -> {
          sink.next(FakeCore.reply(bodies.get(0)));
          sink.end(FakeCore.reply(bodies.get(1)));
        };

    assertThat(fixture.refusal(NettyFixture.request("x")).getStatus().getDescription())
        .startsWith("The pieces of the answer have 12 bytes together");
    for (CountedBody body : bodies) {
      body.assertReleasedOnce();
    }
  }

  @Test
  void noCallEndsTwice() throws Exception {
    CountedBody second = CountedBody.of("second");
    CountedBody third = CountedBody.of("third");
    CountDownLatch done = new CountDownLatch(1);
    core.handler =
        (request, sink) -> {
          sink.end(FakeCore.reply("first"));
          sink.end(FakeCore.reply(second));
          sink.fail(Failure.of(ErrorKind.INTERNAL, "too late"));
          sink.next(FakeCore.reply(third));
          done.countDown();
        };

    assertThat(fixture.answer(NettyFixture.request("x"))).isEqualTo("first");
    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    second.assertReleasedOnce();
    third.assertReleasedOnce();
  }

  @Test
  void theHandlersOwnStatusAndHeadersAreTrailersBesideTheAnswer() {
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    List<Reply.Header> headers =
        List.of(
            new Reply.Header("X-Mark", "mine"),
            new Reply.Header("grpc-status", "13"),
            new Reply.Header("x broken", "1"),
            new Reply.Header("x-line", "a\nb"),
            new Reply.Header("x-long", "x".repeat(5000)));
    core.handler =
        (request, sink) -> sink.end(new Reply(418, "teapot", null, headers, CountedBody.of("tea")));

    PredictionResponse response =
        fixture
            .inference()
            .withInterceptors(
                MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers))
            .predictions(NettyFixture.request("x"));

    assertThat(response.getPrediction().toStringUtf8()).isEqualTo("tea");
    assertThat(trailers.get().get(GrpcErrors.HANDLER_STATUS)).isEqualTo("418");
    assertThat(trailers.get().get(Metadata.Key.of("x-mark", Metadata.ASCII_STRING_MARSHALLER)))
        .isEqualTo("mine");
    assertThat(trailers.get().keys()).doesNotContain("grpc-status", "x broken", "x-line", "x-long");
  }

  @Test
  void aCallWithoutARequestIsRefused() throws Exception {
    Status status = callWith(0);

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).startsWith("The call has no request (expected: one).");
    assertThat(core.submissions).isEmpty();
  }

  @Test
  void aCallWithTwoRequestsRunsNone() throws Exception {
    assertThat(callWith(2).isOk()).isFalse();
    assertThat(core.submissions).isEmpty();
  }

  private Status callWith(int requests) throws Exception {
    var call =
        fixture
            .channel()
            .newCall(
                InferenceAPIsServiceGrpc.getPredictionsMethod().toBuilder()
                    .setType(MethodType.BIDI_STREAMING)
                    .build(),
                CallOptions.DEFAULT);
    StreamProbe<PredictionResponse> probe = new StreamProbe<>();
    call.start(probe, new Metadata());
    call.request(1);
    for (int i = 0; i < requests; i++) {
      call.sendMessage(NettyFixture.request("x"));
    }
    call.halfClose();
    return probe.status();
  }
}
