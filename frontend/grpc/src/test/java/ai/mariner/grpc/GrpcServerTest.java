package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.ConnectionAge;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.model.Health;
import ai.mariner.core.testing.ScopeTokens;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.PredictionsRequest;
import ai.mariner.proto.management.ListModelsRequest;
import ai.mariner.proto.management.ManagementAPIsServiceGrpc;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc;
import ai.mariner.proto.openinference.ModelReadyRequest;
import ai.mariner.proto.openinference.ServerLiveRequest;
import ai.mariner.proto.openinference.ServerReadyRequest;
import com.google.protobuf.ByteString;
import com.google.protobuf.Empty;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ConnectivityState;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.grpc.reflection.v1.ServiceResponse;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class GrpcServerTest {
  private final FakeCore core = new FakeCore();
  private NettyFixture fixture;

  @AfterEach
  void stop() {
    if (fixture != null) {
      fixture.close();
    }
  }

  private NettyFixture start() throws IOException {
    fixture = new NettyFixture(core);
    return fixture;
  }

  private static Status status(ThrowingCallable call) {
    return catchThrowableOfType(StatusRuntimeException.class, call).getStatus();
  }

  private static PredictionsRequest request(int bytes) {
    byte[] content = new byte[bytes];
    new Random(1).nextBytes(content);
    return PredictionsRequest.newBuilder()
        .setModelName("echo")
        .putInput("data", ByteString.copyFrom(content))
        .build();
  }

  private void echo() {
    core.handler =
        (request, sink) ->
            sink.end(
                FakeCore.reply(new CountedBody(FakeCore.bytes(request.parts().get(0).body()))));
  }

  @Test
  void messagesUpToTheLimitGoBothWays() throws Exception {
    echo();
    PredictionsRequest request = request(FakeCore.MAX_BYTES);

    assertThat(start().blocking().predictions(request).getPrediction())
        .isEqualTo(request.getInputOrThrow("data"));
  }

  @Test
  void inputsBeyondTheLimitAreRefusedWithTheLimit() throws Exception {
    echo();
    Status status = status(() -> start().blocking().predictions(request(FakeCore.MAX_BYTES + 1)));

    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription())
        .startsWith("input: 6553501 bytes (expected: at most max_request_size, 6553500 bytes)");
  }

  @Test
  void messagesFarBeyondTheLimitAreRefusedUnread() throws Exception {
    echo();
    NettyFixture server = start();
    Status status = status(() -> server.blocking().predictions(request(8_000_000)));

    assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(status.getDescription()).contains("exceeds maximum size");
    assertThat(server.blocking().predictions(request(10)).getPrediction().size()).isEqualTo(10);
  }

  @Test
  void anUnreadableMessageIsRefused() throws Exception {
    echo();
    var garbled =
        InferenceAPIsServiceGrpc.getPredictionsMethod().toBuilder(
                new RawMarshaller(), new RawMarshaller())
            .build();
    Channel channel = start().inferenceChannel();

    Status status =
        status(
            () ->
                io.grpc.stub.ClientCalls.blockingUnaryCall(
                    channel, garbled, CallOptions.DEFAULT, new byte[] {0x0A, 0x7F, 1}));

    assertThat(status.getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
    assertThat(status.getDescription()).contains("not a PredictionsRequest");
  }

  @Test
  void bothListenersAnswerAndLeaveALine() throws Exception {
    NettyFixture server = start();
    String list =
        ManagementAPIsServiceGrpc.newBlockingStub(server.managementChannel())
            .listModels(ListModelsRequest.getDefaultInstance())
            .getMsg();

    assertThat(list).contains("echo.mar");
    assertThat(core.accessLines.poll(10, TimeUnit.SECONDS))
        .matches(
            "127\\.0\\.0\\.1:\\d+ gRPC org\\.pytorch\\.serve\\.grpc\\.management\\."
                + "ManagementAPIsService/ListModels HTTP/2\\.0 0");
  }

  @Test
  void aTakenPortIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      core.inference = ListenerAddress.tcp("127.0.0.1", taken.getLocalPort());

      assertThatThrownBy(this::start)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(
              "gRPC inference listener: 127.0.0.1:"
                  + taken.getLocalPort()
                  + " (expected: a free address of this machine)");
    }
    core.close();
  }

  @Test
  void reflectionNamesTheServices() throws Exception {
    Channel channel = start().inferenceChannel();
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    var requests =
        ServerReflectionGrpc.newStub(channel).serverReflectionInfo(new FirstAnswer<>(answer));
    requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
    ServerReflectionResponse response = answer.get(10, TimeUnit.SECONDS);
    requests.onCompleted();

    assertThat(response.getListServicesResponse().getServiceList())
        .extracting(ServiceResponse::getName)
        .contains(InferenceAPIsServiceGrpc.SERVICE_NAME, HealthGrpc.SERVICE_NAME);
  }

  @Test
  void reflectionDescribesThePredictionsCall() throws Exception {
    Channel channel = start().inferenceChannel();
    CompletableFuture<ServerReflectionResponse> answer = new CompletableFuture<>();
    var requests =
        ServerReflectionGrpc.newStub(channel).serverReflectionInfo(new FirstAnswer<>(answer));
    requests.onNext(
        ServerReflectionRequest.newBuilder()
            .setFileContainingSymbol(InferenceAPIsServiceGrpc.SERVICE_NAME + ".Predictions")
            .build());
    ServerReflectionResponse response = answer.get(10, TimeUnit.SECONDS);
    requests.onCompleted();

    assertThat(response.hasErrorResponse()).isFalse();
    assertThat(response.getFileDescriptorResponse().getFileDescriptorProtoList()).isNotEmpty();
  }

  private static HealthCheckRequest health(String service) {
    return HealthCheckRequest.newBuilder().setService(service).build();
  }

  @Test
  void healthFollowsTheServerItsServicesAndItsModels() throws Exception {
    var stub = HealthGrpc.newBlockingStub(start().inferenceChannel());

    for (String name : List.of("", InferenceAPIsServiceGrpc.SERVICE_NAME, "echo")) {
      assertThat(stub.check(health(name)).getStatus()).isEqualTo(ServingStatus.SERVING);
    }
    core.models.health = new Health(false, true, List.of("echo loads"));
    for (String name : List.of("", InferenceAPIsServiceGrpc.SERVICE_NAME, "echo")) {
      assertThat(stub.check(health(name)).getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    }
    Status unknown = status(() -> stub.check(health("nobody")));
    assertThat(unknown.getCode()).isEqualTo(Status.Code.NOT_FOUND);
  }

  @Test
  void theOpenInferenceProtocolHearsTheSameTruth() throws Exception {
    var stub = GRPCInferenceServiceGrpc.newBlockingStub(start().inferenceChannel());
    ServerReadyRequest server = ServerReadyRequest.getDefaultInstance();

    assertThat(stub.serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(stub.serverReady(server).getReady()).isTrue();
    assertThat(stub.modelReady(model("echo", "")).getReady()).isTrue();
    assertThat(stub.modelReady(model("echo", "2.0")).getReady()).isFalse();
    Status unknown = status(() -> stub.modelReady(model("nobody", "")));
    assertThat(unknown.getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(unknown.getDescription()).startsWith("Model not found: nobody");
    core.models.health = new Health(false, true, List.of("echo loads"));
    assertThat(stub.serverLive(ServerLiveRequest.getDefaultInstance()).getLive()).isTrue();
    assertThat(stub.serverReady(server).getReady()).isFalse();
    assertThat(stub.modelReady(model("echo", "")).getReady()).isFalse();
  }

  private static ModelReadyRequest model(String name, String version) {
    return ModelReadyRequest.newBuilder().setName(name).setVersion(version).build();
  }

  @Test
  void watchersHearOfChangesAndOfTheEnd() throws Exception {
    NettyFixture server = start();
    StreamProbe<HealthCheckResponse> probe = new StreamProbe<>();
    var call = server.inferenceChannel().newCall(HealthGrpc.getWatchMethod(), CallOptions.DEFAULT);
    call.start(probe, new Metadata());
    call.request(100);
    call.sendMessage(health(""));
    call.halfClose();

    assertThat(probe.next().getStatus()).isEqualTo(ServingStatus.SERVING);
    core.models.health = new Health(false, false, List.of("echo is gone"));
    assertThat(probe.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    core.models.health = new Health(true, false, List.of());
    assertThat(probe.next().getStatus()).isEqualTo(ServingStatus.SERVING);
    server.server.close(Duration.ofSeconds(10));
    assertThat(probe.next().getStatus()).isEqualTo(ServingStatus.NOT_SERVING);
    assertThat(probe.status().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void callsUnderWayEndBeforeTheServerDoes() throws Exception {
    NettyFixture server = start();
    var channel = server.inferenceChannel();
    var future =
        InferenceAPIsServiceGrpc.newFutureStub(channel).predictions(NettyFixture.request("x"));
    FakeCore.Submission submission = core.next();
    CompletableFuture<Void> closed =
        CompletableFuture.runAsync(
            () -> {
              try {
                server.server.close(Duration.ofSeconds(20));
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });

    submission.end(CountedBody.of("done"));

    assertThat(future.get(10, TimeUnit.SECONDS).getPrediction().toStringUtf8()).isEqualTo("done");
    closed.get(10, TimeUnit.SECONDS);
    assertThat(
            status(
                    () ->
                        InferenceAPIsServiceGrpc.newBlockingStub(channel)
                            .ping(Empty.getDefaultInstance()))
                .getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void callsThatOutliveTheDrainAreCutOff() throws Exception {
    NettyFixture server = start();
    var future =
        InferenceAPIsServiceGrpc.newFutureStub(server.inferenceChannel())
            .predictions(NettyFixture.request("x"));
    FakeCore.Submission submission = core.next();

    server.server.close(Duration.ofMillis(1));

    assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StatusRuntimeException.class);
    CountedBody late = CountedBody.of("late");
    submission.end(late);
    late.assertReleasedOnce();
  }

  @Test
  void aConnectionEndsWithItsAgeAndCallsWithTheGraceAfterIt() throws Exception {
    core.inferenceAge = new ConnectionAge(Duration.ofMillis(50), Duration.ofMillis(50));
    NettyFixture server = start();
    var future =
        InferenceAPIsServiceGrpc.newFutureStub(server.inferenceChannel())
            .predictions(NettyFixture.request("x"));

    assertThatThrownBy(() -> future.get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("UNAVAILABLE");
  }

  @Test
  void aCallThatIsUnderWayOutlivesItsConnectionsAgeWithoutAGrace() throws Exception {
    core.inferenceAge = new ConnectionAge(Duration.ofMillis(50), null);
    NettyFixture server = start();
    var channel = server.inferenceChannel();
    var future =
        InferenceAPIsServiceGrpc.newFutureStub(channel).predictions(NettyFixture.request("x"));
    FakeCore.Submission submission = core.next();
    // The client has been told to connect anew.
    CompletableFuture<Void> told = new CompletableFuture<>();
    channel.notifyWhenStateChanged(ConnectivityState.READY, () -> told.complete(null));
    told.get(20, TimeUnit.SECONDS);

    submission.end(CountedBody.of("done"));

    assertThat(future.get(10, TimeUnit.SECONDS).getPrediction().toStringUtf8()).isEqualTo("done");
  }

  @Test
  void tokensOpenTheirOwnListenerAndHealthNeedsNone() throws Exception {
    core.access = new ScopeTokens();
    echo();
    NettyFixture server = start();
    Channel inference = server.inferenceChannel();
    Channel management = server.managementChannel();

    var predictions = InferenceAPIsServiceGrpc.newBlockingStub(inference);
    Status refused = status(() -> predictions.predictions(request(1)));
    assertThat(refused.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refused.getDescription()).isEqualTo("no token\nInvalidKeyException");
    assertThat(status(() -> predictions.ping(Empty.getDefaultInstance())).getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(
            predictions
                .withInterceptors(BearerToken.of(TokenScope.INFERENCE))
                .predictions(request(1)))
        .isNotNull();

    var models = ManagementAPIsServiceGrpc.newBlockingStub(management);
    assertThat(
            status(
                    () ->
                        models
                            .withInterceptors(BearerToken.of(TokenScope.INFERENCE))
                            .listModels(ListModelsRequest.getDefaultInstance()))
                .getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(
            models
                .withInterceptors(BearerToken.of(TokenScope.MANAGEMENT))
                .listModels(ListModelsRequest.getDefaultInstance()))
        .isNotNull();

    var health = HealthGrpc.newBlockingStub(inference);
    assertThat(health.check(health("")).getStatus()).isEqualTo(ServingStatus.SERVING);
    assertThat(status(() -> health.check(health("echo"))).getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
    var probes = GRPCInferenceServiceGrpc.newBlockingStub(inference);
    assertThat(probes.serverReady(ServerReadyRequest.getDefaultInstance()).getReady()).isTrue();
    assertThat(status(() -> probes.modelReady(model("echo", ""))).getCode())
        .isEqualTo(Status.Code.PERMISSION_DENIED);
  }
}
