package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Reply;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc.InferenceAPIsServiceBlockingStub;
import ai.mariner.proto.inference.PredictionResponse;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PredictionsTest {
  private final FakeCore core = new FakeCore();
  private Server server;
  private ManagedChannel channel;

  @BeforeEach
  void start() throws IOException {
    core.maxResponseBytes = 10;
    String name = InProcessServerBuilder.generateName();
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
    GrpcContext context = core.context();
    GrpcServices.inference(context).addTo(builder, context);
    server = builder.build().start();
    channel = InProcessChannelBuilder.forName(name).directExecutor().build();
  }

  @AfterEach
  void stop() throws InterruptedException {
    channel.shutdownNow();
    server.shutdownNow();
    assertThat(server.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    core.close();
  }

  private InferenceAPIsServiceBlockingStub stub() {
    return InferenceAPIsServiceGrpc.newBlockingStub(channel);
  }

  private ListenableFuture<PredictionResponse> call(PredictionsRequest request) {
    return InferenceAPIsServiceGrpc.newFutureStub(channel).predictions(request);
  }

  private static StatusRuntimeException refusal(
      InferenceAPIsServiceBlockingStub stub, PredictionsRequest request) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> stub.predictions(request));
  }

  @Test
  void answersWithTheHandlersBytesAndReleasesThemOnce() throws Exception {
    CountedBody body = CountedBody.of("42");
    core.handler = (request, sink) -> sink.end(FakeCore.reply(body));

    PredictionResponse response = stub().predictions(NettyFixture.request("x"));

    assertThat(response.getPrediction().toStringUtf8()).isEqualTo("42");
    assertThat(response.hasStatus()).isFalse();
    body.assertReleasedOnce();
  }

  @Test
  void anEmptyAnswerIsAnAnswer() throws Exception {
    CountedBody body = CountedBody.of("");
    core.handler = (request, sink) -> sink.end(FakeCore.reply(body));

    assertThat(stub().predictions(NettyFixture.request("x")).getPrediction()).isEmpty();
    body.assertReleasedOnce();
  }

  @Test
  void inputsKeepTheirNamesAndHaveNoMediaType() throws Exception {
    var future =
        call(
            PredictionsRequest.newBuilder()
                .setModelName("echo")
                .setModelVersion("2.0")
                .putInput("data", ByteString.copyFromUtf8("abc"))
                .putInput("größe", ByteString.copyFromUtf8("{}"))
                .build());
    FakeCore.Submission submission = core.next();

    assertThat(submission.request.model()).isEqualTo(new ModelRef("echo", "2.0"));
    assertThat(submission.request.operation()).isEqualTo(Operation.PREDICT);
    assertThat(submission.request.streaming()).isFalse();
    assertThat(submission.request.timeoutNanos()).isNull();
    assertThat(FakeCore.texts(submission.request))
        .containsEntry("data", "abc")
        .containsEntry("größe", "{}")
        .hasSize(2);
    assertThat(submission.request.parts()).extracting(InputPart::contentType).containsOnlyNulls();
    submission.end(CountedBody.of("ok"));
    assertThat(future.get(10, TimeUnit.SECONDS).getPrediction().toStringUtf8()).isEqualTo("ok");
  }

  @Test
  void anEmptyVersionMeansTheDefaultAndNoInputAnEmptyBody() throws Exception {
    var future = call(PredictionsRequest.newBuilder().setModelName("echo").build());
    FakeCore.Submission submission = core.next();

    assertThat(submission.request.model()).isEqualTo(ModelRef.of("echo"));
    assertThat(FakeCore.texts(submission.request)).containsExactly(java.util.Map.entry("body", ""));
    submission.end(CountedBody.of("ok"));
    assertThat(future.get(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void aMissingModelNameIsRefusedWithTheFieldsName() {
    StatusRuntimeException refused = refusal(stub(), PredictionsRequest.getDefaultInstance());

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused.getStatus().getDescription())
        .startsWith("Parameter model_name is required.")
        .endsWith("\nBadRequestException");
    assertThat(core.submissions).isEmpty();
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

    StatusRuntimeException thrown = refusal(stub(), NettyFixture.request("x"));

    assertThat(thrown.getStatus().getCode()).isEqualTo(GrpcErrors.code(failure));
    assertThat(thrown.getStatus().getDescription())
        .startsWith("Said the core.\n")
        .doesNotContain("secret");
    assertThat(thrown.getTrailers().get(GrpcErrors.REQUEST_ID)).isEqualTo(core.labels.of(1));
  }

  @Test
  void theCallersRequestIdIsTheLabelAndComesBack() throws Exception {
    Metadata metadata = new Metadata();
    metadata.put(GrpcErrors.REQUEST_ID, "mine-7");
    AtomicReference<Metadata> headers = new AtomicReference<>();
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    AtomicReference<String> label = new AtomicReference<>();
    core.handler =
        (request, sink) -> {
          label.set(request.label());
          sink.end(FakeCore.reply("ok"));
        };

    var unused =
        stub()
            .withInterceptors(
                MetadataUtils.newAttachHeadersInterceptor(metadata),
                MetadataUtils.newCaptureMetadataInterceptor(headers, trailers))
            .predictions(NettyFixture.request("x"));

    assertThat(label).hasValue("mine-7");
    assertThat(headers.get().get(GrpcErrors.REQUEST_ID)).isEqualTo("mine-7");
  }

  @Test
  void withoutARequestIdOneIsMade() {
    AtomicReference<Metadata> headers = new AtomicReference<>();
    core.handler = (request, sink) -> sink.end(FakeCore.reply("ok"));

    var unused =
        stub()
            .withInterceptors(
                MetadataUtils.newCaptureMetadataInterceptor(headers, new AtomicReference<>()))
            .predictions(NettyFixture.request("x"));

    assertThat(headers.get().get(GrpcErrors.REQUEST_ID)).isEqualTo(core.labels.of(1));
  }

  @Test
  void anOverlongRequestIdIsRefused() {
    Metadata metadata = new Metadata();
    metadata.put(GrpcErrors.REQUEST_ID, "x".repeat(257));

    StatusRuntimeException refused =
        refusal(
            stub().withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata)),
            NettyFixture.request("x"));

    assertThat(refused.getStatus().getDescription())
        .startsWith("x-request-id: 257 characters (expected: at most 256)");
  }

  @Test
  void handlersSeeTheCallersMetadataButNeitherTokenNorSwitches() {
    Metadata metadata = new Metadata();
    for (String name :
        List.of("tenant", "authorization", "describe", "explain", "grpc-x", "user-agent")) {
      metadata.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), "v");
    }
    metadata.put(Metadata.Key.of("tenant", Metadata.ASCII_STRING_MARSHALLER), "w");
    metadata.put(Metadata.Key.of("raw-bin", Metadata.BINARY_BYTE_MARSHALLER), new byte[] {1});
    List<String> seen = new ArrayList<>();

    new CallHeaders(metadata).forEach((name, value) -> seen.add(name + "=" + value));

    assertThat(seen).containsExactly("tenant=v", "tenant=w");
  }

  @Test
  void theDeadlineIsHandedOn() throws Exception {
    var future =
        InferenceAPIsServiceGrpc.newFutureStub(channel)
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .predictions(NettyFixture.request("x"));
    FakeCore.Submission submission = core.next();

    assertThat(submission.request.timeoutNanos())
        .isBetween(TimeUnit.SECONDS.toNanos(20), TimeUnit.SECONDS.toNanos(30));
    submission.end(CountedBody.of("ok"));
    assertThat(future.get(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void aClientThatLeavesCancelsAndALateAnswerIsDropped() throws Exception {
    var future = call(NettyFixture.request("x"));
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
    var future = call(NettyFixture.request("x"));
    FakeCore.Submission submission = core.next();
    future.cancel(true);
    String line = core.accessLines.poll(10, TimeUnit.SECONDS);
    assertThat(line).endsWith("InferenceAPIsService/Predictions HTTP/2.0 1");
    CountDownLatch told = new CountDownLatch(1);

    submission.onLoop(() -> submission.sink.onCancel(told::countDown));

    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
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

    assertThat(stub().predictions(NettyFixture.request("x")).getPrediction().toStringUtf8())
        .isEqualTo("abcde");
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

    StatusRuntimeException thrown = refusal(stub(), NettyFixture.request("x"));

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

    assertThat(refusal(stub(), NettyFixture.request("x")).getStatus().getDescription())
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

    assertThat(stub().predictions(NettyFixture.request("x")).getPrediction().toStringUtf8())
        .isEqualTo("first");
    assertThat(done.await(10, TimeUnit.SECONDS)).isTrue();
    second.assertReleasedOnce();
    third.assertReleasedOnce();
  }

  @Test
  void theHandlersOwnStatusIsATrailerBesideTheAnswer() {
    AtomicReference<Metadata> trailers = new AtomicReference<>();
    core.handler =
        (request, sink) ->
            sink.end(new Reply(418, "teapot", null, List.of(), CountedBody.of("tea")));

    PredictionResponse response =
        stub()
            .withInterceptors(
                MetadataUtils.newCaptureMetadataInterceptor(new AtomicReference<>(), trailers))
            .predictions(NettyFixture.request("x"));

    assertThat(response.getPrediction().toStringUtf8()).isEqualTo("tea");
    assertThat(trailers.get().get(GrpcErrors.HANDLER_STATUS)).isEqualTo("418");
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
        channel.newCall(
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

  @Test
  void pingTellsReadinessAndInTheOtherProfileAlsoAFirstLoad() {
    assertThat(stub().ping(Empty.getDefaultInstance()).getHealth())
        .isEqualTo("{\n  \"status\": \"Healthy\"\n}\n");
    core.models.health = new ai.mariner.core.model.Health(false, true, List.of("echo loads"));
    assertThat(stub().ping(Empty.getDefaultInstance()).getHealth()).contains("\"Unhealthy\"");

    core.profile = ai.mariner.core.config.Profile.TORCHSERVE;
    assertThat(legacyPing()).contains("\"Healthy\"");
  }

  private String legacyPing() {
    String name = InProcessServerBuilder.generateName();
    GrpcContext context = core.context();
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
    GrpcServices.inference(context).addTo(builder, context);
    try {
      Server legacy = builder.build().start();
      ManagedChannel client = InProcessChannelBuilder.forName(name).directExecutor().build();
      try {
        return ClientCalls.blockingUnaryCall(
                client,
                InferenceAPIsServiceGrpc.getPingMethod(),
                CallOptions.DEFAULT,
                Empty.getDefaultInstance())
            .getHealth();
      } finally {
        client.shutdownNow();
        legacy.shutdownNow();
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
