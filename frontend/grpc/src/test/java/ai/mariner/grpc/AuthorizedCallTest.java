package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import ai.mariner.core.access.AskedCall;
import ai.mariner.core.access.CallArea;
import ai.mariner.core.access.CallAuthorizer;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Body;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.PredictionResponse;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.Status.Code;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls that wait for an operator's authorizer. */
class AuthorizedCallTest implements CallAuthorizer {
  private record Question(AskedCall call, Consumer<@Nullable Failure> outcome) {}

  private final FakeCore core = new FakeCore();
  private final InProcessFixture fixture = new InProcessFixture(core, GrpcServices::inference);
  private final BlockingQueue<Question> questions = new LinkedBlockingQueue<>();
  private final List<String> served = new CopyOnWriteArrayList<>();

  AuthorizedCallTest() {
    core.authorizer = this;
    core.handler =
        (request, sink) -> {
          String name = request.model().name();
          served.add(name);
          request.release();
          sink.end(FakeCore.reply(Body.of(name.getBytes(StandardCharsets.UTF_8))));
        };
  }

  @AfterEach
  void stop() {
    fixture.close();
    assertThat(core.budget.usedBytes()).isZero();
  }

  @Override
  public boolean guards(CallArea area) {
    return area == CallArea.INFERENCE;
  }

  @Override
  public void authorize(AskedCall call, Consumer<@Nullable Failure> outcome) {
    questions.add(new Question(call, outcome));
  }

  private Question question() throws InterruptedException {
    return Objects.requireNonNull(questions.poll(20, TimeUnit.SECONDS), "nobody was asked");
  }

  private static PredictionsRequest request(String model) {
    return PredictionsRequest.newBuilder()
        .setModelName(model)
        .setModelVersion("2.0")
        .setSequenceId("s")
        .putInput("data", ByteString.copyFromUtf8("x"))
        .build();
  }

  private static Failure refusal(int status) {
    return new Failure(ErrorKind.REFUSED, "Not you.", status, null);
  }

  @Test
  void aCallGoesOnWhenTheAuthorizerAllowsIt() throws Exception {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("X-User", Metadata.ASCII_STRING_MARSHALLER), "eve");
    ListenableFuture<PredictionResponse> answer =
        InferenceAPIsServiceGrpc.newFutureStub(fixture.channel())
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
            .predictions(request("echo"));
    Question question = question();
    assertThat(answer.isDone()).isFalse();
    AskedCall call = question.call();
    assertThat(call.remote()).isTrue();
    assertThat(call.method())
        .isEqualTo("org.pytorch.serve.grpc.inference.InferenceAPIsService/Predictions");
    assertThat(call.model()).isEqualTo("echo");
    assertThat(call.version()).isEqualTo("2.0");
    assertThat(call.headers().first("x-user")).isEqualTo("eve");
    question.outcome().accept(null);
    assertThat(answer.get(20, TimeUnit.SECONDS).getPrediction().toStringUtf8()).isEqualTo("echo");
  }

  @ParameterizedTest
  @CsvSource({
    "401, UNAUTHENTICATED",
    "403, PERMISSION_DENIED",
    "404, NOT_FOUND",
    "418, FAILED_PRECONDITION",
    "429, RESOURCE_EXHAUSTED",
    "500, INTERNAL",
    "503, UNAVAILABLE",
  })
  void aRefusalHasTheCodeThatGoesWithItsStatus(int status, Code code) throws Exception {
    ListenableFuture<PredictionResponse> answer = fixture.call(request("echo"));
    question().outcome().accept(refusal(status));
    Status told = Status.fromThrowable(catchThrowable(() -> answer.get(20, TimeUnit.SECONDS)));
    assertThat(told.getCode()).isEqualTo(code);
    assertThat(told.getDescription()).startsWith("Not you.\n");
  }

  @Test
  void aStreamIsAskedAboutForEachModelThatItsMessagesName() throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    StreamObserver<PredictionsRequest> client = stream(seen);
    client.onNext(request("a"));
    question().outcome().accept(null);
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("a");
    client.onNext(request("a"));
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("a");
    client.onNext(request("b"));
    Question second = question();
    assertThat(second.call().model()).isEqualTo("b");
    assertThat(seen).isEmpty();
    second.outcome().accept(refusal(403));
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("PERMISSION_DENIED");
    assertThat(questions).isEmpty();
  }

  @Test
  void aCallWithoutAMessageIsAskedAboutAtItsEnd() throws Exception {
    BlockingQueue<String> seen = new LinkedBlockingQueue<>();
    stream(seen).onCompleted();
    Question question = question();
    assertThat(question.call().model()).isNull();
    question.outcome().accept(null);
    assertThat(seen.poll(20, TimeUnit.SECONDS)).isEqualTo("completed");
  }

  @Test
  void aCallThatIsGivenUpMeanwhileIsNotServed() throws Exception {
    ListenableFuture<PredictionResponse> answer = fixture.call(request("echo"));
    Question question = question();
    answer.cancel(true);
    question.outcome().accept(null);
    ListenableFuture<PredictionResponse> other = fixture.call(request("other"));
    question().outcome().accept(null);
    other.get(20, TimeUnit.SECONDS);
    assertThat(served).containsExactly("other");
  }

  @Test
  void healthOfTheServerIsNotAskedAboutButThatOfAModelIs() throws Exception {
    assertThat(fixture.inference().ping(Empty.getDefaultInstance()).getHealth()).isNotEmpty();
    var health = HealthGrpc.newFutureStub(fixture.channel());
    health.check(HealthCheckRequest.getDefaultInstance()).get(20, TimeUnit.SECONDS);
    assertThat(questions).isEmpty();
    var unused = health.check(HealthCheckRequest.newBuilder().setService("echo").build());
    Question question = question();
    assertThat(question.call().model()).isEqualTo("echo");
    question.outcome().accept(refusal(403));
  }

  /** A stream whose answers become the models' names, and whose end becomes a word. */
  private StreamObserver<PredictionsRequest> stream(BlockingQueue<String> seen) {
    return InferenceAPIsServiceGrpc.newStub(fixture.channel())
        .streamPredictions2(
            new StreamObserver<>() {
              @Override
              public void onNext(PredictionResponse value) {
                seen.add(value.getPrediction().toStringUtf8());
              }

              @Override
              public void onError(Throwable t) {
                seen.add(Status.fromThrowable(t).getCode().name());
              }

              @Override
              public void onCompleted() {
                seen.add("completed");
              }
            });
  }
}
