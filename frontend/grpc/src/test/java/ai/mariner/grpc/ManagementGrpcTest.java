package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.model.ScaleModel;
import ai.mariner.proto.management.DescribeModelRequest;
import ai.mariner.proto.management.ListModelsRequest;
import ai.mariner.proto.management.ManagementAPIsServiceGrpc;
import ai.mariner.proto.management.ManagementAPIsServiceGrpc.ManagementAPIsServiceBlockingStub;
import ai.mariner.proto.management.RegisterModelRequest;
import ai.mariner.proto.management.ScaleWorkerRequest;
import ai.mariner.proto.management.SetDefaultRequest;
import ai.mariner.proto.management.UnregisterModelRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManagementGrpcTest {
  private final FakeCore core = new FakeCore();
  private final InProcessFixture fixture = new InProcessFixture(core, GrpcServices::management);

  @AfterEach
  void stop() {
    fixture.close();
  }

  private ManagementAPIsServiceBlockingStub stub() {
    return ManagementAPIsServiceGrpc.newBlockingStub(fixture.channel())
        .withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private static Status status(ThrowingCallable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call).getStatus();
  }

  @Test
  void registersWithWhatIsGivenAndNothingElse() throws Exception {
    String text =
        stub().registerModel(RegisterModelRequest.newBuilder().setUrl("echo.mar").build()).getMsg();

    assertThat(text).isEqualTo("Processing worker updates...");
    assertThat(core.models.orders.remove())
        .isEqualTo(
            new RegisterModel(
                "echo.mar",
                null,
                null,
                null,
                null,
                ModelOverrides.NONE,
                Completion.ACCEPTED,
                false));
  }

  @Test
  void registersWithAllOptions() throws Exception {
    String text =
        stub()
            .registerModel(
                RegisterModelRequest.newBuilder()
                    .setUrl("echo.mar")
                    .setModelName("other")
                    .setHandler("h:f")
                    .setRuntime("python3")
                    .setInitialWorkers(2)
                    .setBatchSize(4)
                    .setMaxBatchDelay(50)
                    .setResponseTimeout(7)
                    .setStartupTimeout(8)
                    .setSynchronous(true)
                    .build())
            .getMsg();

    assertThat(text).isEqualTo("Model \"echo\" Version: 1.0 registered with 1 initial workers");
    assertThat(core.models.orders.remove())
        .isEqualTo(
            new RegisterModel(
                "echo.mar",
                "other",
                "h:f",
                "python3",
                2,
                ModelOverrides.builder()
                    .batchSize(4)
                    .maxBatchDelay(Duration.ofMillis(50))
                    .responseTimeout(Duration.ofSeconds(7))
                    .startupTimeout(Duration.ofSeconds(8))
                    .build(),
                Completion.READY,
                false));
  }

  @Test
  void badOptionsAreRefusedWithFieldValueAndExpectation() throws Exception {
    ManagementAPIsServiceBlockingStub stub = stub();
    RegisterModelRequest good = RegisterModelRequest.newBuilder().setUrl("echo.mar").build();

    assertRefused(() -> stub.registerModel(RegisterModelRequest.getDefaultInstance()), "url: \"\"");
    assertRefused(
        () -> stub.registerModel(good.toBuilder().setBatchSize(-1).build()),
        "batch_size: -1 (expected: >= 1");
    assertRefused(
        () -> stub.registerModel(good.toBuilder().setResponseTimeout(-5).build()),
        "response_timeout: -5 (expected: >= 1");
    assertRefused(
        () -> stub.registerModel(good.toBuilder().setRuntime("LSP").build()),
        "runtime: \"LSP\" (expected: one of [python, python3])");
    assertRefused(
        () -> stub.scaleWorker(scale(1, 2)),
        "max_worker cannot be less than min_worker. max_worker: 1 (expected: >= min_worker, 2)");
    assertRefused(() -> stub.scaleWorker(scale(0, -1)), "min_worker: -1 (expected: >= 1");
    assertRefused(
        () -> stub.setDefault(SetDefaultRequest.newBuilder().setModelName("echo").build()),
        "Parameter model_version is required.");
    assertRefused(
        () -> stub.describeModel(DescribeModelRequest.getDefaultInstance()),
        "Parameter model_name is required.");
    assertThat(core.models.orders).isEmpty();
  }

  @Test
  void requestsForAnArchiveMayBeSigned() throws Exception {
    var unused =
        stub()
            .registerModel(
                RegisterModelRequest.newBuilder().setUrl("echo.mar").setS3SseKms(true).build());
    assertThat(core.models.orders.remove())
        .isInstanceOfSatisfying(RegisterModel.class, order -> assertThat(order.signed()).isTrue());
  }

  private static ScaleWorkerRequest scale(int max, int min) {
    return ScaleWorkerRequest.newBuilder()
        .setModelName("echo")
        .setMaxWorker(max)
        .setMinWorker(min)
        .build();
  }

  private static void assertRefused(ThrowingCallable call, String text) {
    Status status = status(call);
    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains(text).endsWith("\nBadRequestException");
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 1, 1", "0, 3, 3, 3", "5, 2, 2, 5", "4, 0, 1, 4"})
  void absentWorkerNumbersMeanOneAndAsManyAtMost(int givenMax, int givenMin, int min, int max)
      throws Exception {
    core.models.workersWereThere = true;
    String text = stub().scaleWorker(scale(givenMax, givenMin)).getMsg();

    assertThat(text).isEqualTo("Workers scaled to " + min + " for model: echo");
    assertThat(core.models.orders.remove())
        .isEqualTo(new ScaleModel(ModelRef.of("echo"), min, max, Completion.ACCEPTED));
  }

  @ParameterizedTest
  @CsvSource({"0, 0, 100, 0", "7, 3, 7, 3", "101, -2, 100, 0", "-1, 0, 100, 0"})
  void listsWithinBounds(int limit, int token, int rows, int offset) throws Exception {
    String text =
        stub()
            .listModels(
                ListModelsRequest.newBuilder().setLimit(limit).setNextPageToken(token).build())
            .getMsg();

    assertThat(text).contains("\"modelName\": \"echo\"", "\"modelUrl\": \"echo.mar\"");
    assertThat(core.models.orders.remove()).isEqualTo(List.of(rows, offset));
  }

  @Test
  void describesOneVersionOrAll() throws Exception {
    ManagementAPIsServiceBlockingStub stub = stub();
    DescribeModelRequest one = DescribeModelRequest.newBuilder().setModelName("echo").build();

    assertThat(stub.describeModel(one).getMsg())
        .contains("\"modelVersion\": \"1.0\"")
        .doesNotContain("2.0", "customizedMetadata");
    assertThat(stub.describeModel(one.toBuilder().setModelVersion("all").build()).getMsg())
        .contains("\"modelVersion\": \"1.0\"", "\"modelVersion\": \"2.0\"");
  }

  @Test
  void asksTheHandlerForItsOwnDescription() throws Exception {
    AtomicReference<Operation> operation = new AtomicReference<>();
    AtomicReference<ModelRef> model = new AtomicReference<>();
    CountedBody piece = CountedBody.of("{\"any\":");
    CountedBody last = CountedBody.of("\"json\"}");
    core.handler =
        (request, sink) -> {
          operation.set(request.operation());
          model.set(request.model());
          sink.next(FakeCore.reply(piece));
          sink.end(FakeCore.reply(last));
        };

    String text = stub().describeModel(customized()).getMsg();

    assertThat(text).contains("\"customizedMetadata\"", "\"any\": \"json\"");
    assertThat(operation).hasValue(Operation.DESCRIBE);
    assertThat(model).hasValue(new ModelRef("echo", "1.0"));
    piece.assertReleasedOnce();
    last.assertReleasedOnce();
  }

  private static DescribeModelRequest customized() {
    return DescribeModelRequest.newBuilder().setModelName("echo").setCustomized(true).build();
  }

  @Test
  void aHandlerThatCannotDescribeFailsTheCall() throws Exception {
    core.handler =
        (request, sink) -> sink.fail(Failure.of(ErrorKind.NO_WORKER, "Model has no worker"));

    Status status = status(() -> stub().describeModel(customized()));

    assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(status.getDescription()).startsWith("Model has no worker\n");
  }

  @Test
  void leavingADescribeCallCancelsTheHandler() throws Exception {
    var future =
        ManagementAPIsServiceGrpc.newFutureStub(fixture.channel()).describeModel(customized());
    FakeCore.Submission submission = core.next();
    CountDownLatch told = new CountDownLatch(1);
    submission.onLoop(() -> submission.sink.onCancel(told::countDown));

    future.cancel(true);

    assertThat(told.await(10, TimeUnit.SECONDS)).isTrue();
    submission.fail(Failure.of(ErrorKind.CANCELLED, "The client left."));
  }

  @Test
  void setsTheDefaultAndUnregisters() throws Exception {
    ManagementAPIsServiceBlockingStub stub = stub();

    assertThat(
            stub.setDefault(
                    SetDefaultRequest.newBuilder()
                        .setModelName("echo")
                        .setModelVersion("2.0")
                        .build())
                .getMsg())
        .isEqualTo("Default version successfully updated for model \"echo\" to \"2.0\"");
    assertThat(
            stub.unregisterModel(UnregisterModelRequest.newBuilder().setModelName("echo").build())
                .getMsg())
        .isEqualTo("Model \"echo\" unregistered");
    assertThat(core.models.orders)
        .containsExactly(new ModelKey("echo", "2.0"), ModelRef.of("echo"));
  }

  @ParameterizedTest
  @CsvSource({
    "CONFLICT, ALREADY_EXISTS",
    "ARCHIVE_NOT_FOUND, NOT_FOUND",
    "URL_NOT_ALLOWED, PERMISSION_DENIED",
    "LOAD_FAILED, INTERNAL",
    "DEFAULT_VERSION_IN_USE, FAILED_PRECONDITION"
  })
  void refusalsOfTheServiceReachTheClient(ErrorKind kind, Status.Code code) throws Exception {
    ManagementAPIsServiceBlockingStub stub = stub();
    core.models.refusal = new ServeException(kind, "Said the service.");

    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> stub.registerModel(RegisterModelRequest.newBuilder().setUrl("e").build()),
            () -> stub.scaleWorker(scale(1, 1)),
            () ->
                stub.unregisterModel(UnregisterModelRequest.newBuilder().setModelName("e").build()),
            () ->
                stub.setDefault(
                    SetDefaultRequest.newBuilder()
                        .setModelName("echo")
                        .setModelVersion("9")
                        .build()))) {
      Status status = status(call);
      assertThat(status.getCode()).isEqualTo(code);
      assertThat(status.getDescription()).isEqualTo("Said the service.\n" + GrpcErrors.type(kind));
    }
  }

  @Test
  void theSwitchOfTheModelApiIsNamedAndStopsOnlyWhatItShould() throws Exception {
    core.modelApi = false;
    core.models.workersWereThere = true;
    ManagementAPIsServiceBlockingStub stub = stub();

    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> stub.registerModel(RegisterModelRequest.newBuilder().setUrl("e").build()),
            () ->
                stub.unregisterModel(
                    UnregisterModelRequest.newBuilder().setModelName("echo").build()))) {
      Status status = status(call);
      assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
      assertThat(status.getDescription())
          .startsWith("Model API disabled")
          .contains("enable_model_api");
    }
    assertThat(core.models.orders).isEmpty();
    assertThat(stub.scaleWorker(scale(1, 1)).getMsg()).startsWith("Workers scaled");
  }
}
