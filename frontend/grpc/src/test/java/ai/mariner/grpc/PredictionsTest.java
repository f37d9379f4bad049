package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.SequenceNames;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.PredictionResponse;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PredictionsTest {
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

  @Test
  void answersWithTheHandlersBytesAndReleasesThemOnce() throws Exception {
    CountedBody body = CountedBody.of("42");
    core.handler = (request, sink) -> sink.end(FakeCore.reply(body));

    PredictionResponse response = fixture.inference().predictions(NettyFixture.request("x"));

    assertThat(response.getPrediction().toStringUtf8()).isEqualTo("42");
    assertThat(response.hasStatus()).isFalse();
    body.assertReleasedOnce();
  }

  @Test
  void anEmptyAnswerIsAnAnswer() throws Exception {
    CountedBody body = CountedBody.of("");
    core.handler = (request, sink) -> sink.end(FakeCore.reply(body));

    assertThat(fixture.inference().predictions(NettyFixture.request("x")).getPrediction())
        .isEmpty();
    body.assertReleasedOnce();
  }

  @Test
  void inputsKeepTheirNamesAndHaveNoMediaType() throws Exception {
    var future =
        fixture.call(
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
    var future = fixture.call(PredictionsRequest.newBuilder().setModelName("echo").build());
    FakeCore.Submission submission = core.next();

    assertThat(submission.request.model()).isEqualTo(ModelRef.of("echo"));
    assertThat(FakeCore.texts(submission.request)).containsExactly(java.util.Map.entry("body", ""));
    submission.end(CountedBody.of("ok"));
    assertThat(future.get(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void aMissingModelNameIsRefusedWithTheFieldsName() {
    StatusRuntimeException refused = fixture.refusal(PredictionsRequest.getDefaultInstance());

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(refused.getStatus().getDescription())
        .startsWith("Parameter model_name is required.")
        .endsWith("\nBadRequestException");
    assertThat(core.submissions).isEmpty();
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
        fixture
            .inference()
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
        fixture
            .inference()
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
        InProcessFixture.refusal(
            fixture
                .inference()
                .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(metadata)),
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

    new CallHeaders(metadata, SequenceNames.DEFAULT)
        .forEach((name, value) -> seen.add(name + "=" + value));

    assertThat(seen).containsExactly("tenant=v", "tenant=w");
  }

  @Test
  void theDeadlineIsHandedOn() throws Exception {
    var future =
        InferenceAPIsServiceGrpc.newFutureStub(fixture.channel())
            .withDeadlineAfter(30, TimeUnit.SECONDS)
            .predictions(NettyFixture.request("x"));
    FakeCore.Submission submission = core.next();

    assertThat(submission.request.timeoutNanos())
        .isBetween(TimeUnit.SECONDS.toNanos(20), TimeUnit.SECONDS.toNanos(30));
    submission.end(CountedBody.of("ok"));
    assertThat(future.get(10, TimeUnit.SECONDS)).isNotNull();
  }

  @Test
  void messagesCountAgainstTheBudgetOfAllRequestsUntilTheirCallsEnd() throws Exception {
    ListenableFuture<PredictionResponse> first =
        fixture.call(NettyFixture.request("x".repeat(1000)));
    FakeCore.Submission running = core.submissions.take();
    long charged = core.budget.usedBytes();
    assertThat(charged).isGreaterThan(1000);
    long others = FakeCore.BUDGET_BYTES - charged - 100;
    assertThat(core.budget.tryAcquire(others)).isTrue();

    StatusRuntimeException refusal = fixture.refusal(NettyFixture.request("x".repeat(1000)));
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refusal.getStatus().getDescription()).contains("max_inflight_bytes");
    assertThat(core.submissions).isEmpty();

    running.end(CountedBody.of("42"));
    assertThat(first.get().getPrediction().toStringUtf8()).isEqualTo("42");
    assertThat(core.budget.usedBytes()).isEqualTo(others);

    ListenableFuture<PredictionResponse> left = fixture.call(NettyFixture.request("x".repeat(10)));
    core.submissions.take();
    left.cancel(true);
    assertThat(core.budget.usedBytes()).isEqualTo(others);
  }

  @Test
  void pingTellsReadinessAndInTheOtherProfileAlsoAFirstLoad() {
    assertThat(fixture.inference().ping(Empty.getDefaultInstance()).getHealth())
        .isEqualTo("{\n  \"status\": \"Healthy\"\n}\n");
    core.models.health = new ai.mariner.core.model.Health(false, true, List.of("echo loads"));
    assertThat(fixture.inference().ping(Empty.getDefaultInstance()).getHealth())
        .contains("\"Unhealthy\"");

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
