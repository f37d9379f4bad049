package ai.mariner.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.bench.limit.LimitServer;
import ai.mariner.proto.openload.GRPCInferenceServiceGrpc;
import ai.mariner.proto.openload.ModelInferRequest;
import ai.mariner.proto.openload.ModelInferResponse;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class GrpcLoadTest {
  private static Map<String, @Nullable Object> load(int port, String... more)
      throws InterruptedException {
    String[] arguments = new String[more.length + 6];
    System.arraycopy(more, 0, arguments, 0, more.length);
    String[] common = {"--target", "127.0.0.1:" + port, "--warm-up", "0", "--streams", "8"};
    System.arraycopy(common, 0, arguments, more.length, common.length);
    return GrpcLoad.run(GrpcLoad.Options.parse(arguments));
  }

  @Test
  void yardstickAnswersPredictions() throws Exception {
    var options = new LimitServer.Options(0, 0, "python3", 1, 8, 4);
    try (LimitServer server = LimitServer.start(options)) {
      int port = Objects.requireNonNull(server.grpcPort());
      var report = load(port, "--channels", "2", "--seconds", "1");
      assertThat(report).containsEntry("errors", 0L).containsEntry("firstError", null);
      assertThat((Double) report.get("requestsPerSecond")).isPositive();
    }
  }

  @Test
  void openInferenceCallCarriesOneTensorOfBytes() throws Exception {
    Queue<ModelInferRequest> seen = new ConcurrentLinkedQueue<>();
    var service =
        new GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase() {
          @Override
          public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> to) {
            seen.add(request);
            to.onNext(ModelInferResponse.getDefaultInstance());
            to.onCompleted();
          }
        };
    Server server = NettyServerBuilder.forPort(0).addService(service).build().start();
    try {
      String[] flags = {"--api", "oip", "--model", "m", "--body-bytes", "5", "--seconds", "0.2"};
      assertThat(load(server.getPort(), flags)).containsEntry("errors", 0L);
      ModelInferRequest request = seen.remove();
      assertThat(request.getModelName()).isEqualTo("m");
      assertThat(request.getInputs(0).getShapeList()).containsExactly(1L, 5L);
      assertThat(request.getRawInputContents(0).toStringUtf8()).isEqualTo("xxxxx");
    } finally {
      server.shutdownNow().awaitTermination();
    }
  }

  @Test
  void failedCallsAreCountedAsErrors() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    var service =
        new GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase() {
          @Override
          public void modelInfer(ModelInferRequest request, StreamObserver<ModelInferResponse> to) {
            calls.incrementAndGet();
            to.onError(Status.INTERNAL.withDescription("broken").asException());
          }
        };
    Server server = NettyServerBuilder.forPort(0).addService(service).build().start();
    try {
      var report = load(server.getPort(), "--api", "oip", "--seconds", "0.3");
      // The first call only looks whether the server is there.
      assertThat(report).containsEntry("errors", calls.get() - 1L);
      assertThat(report).containsEntry("firstError", "INTERNAL: broken");
      assertThat(report).containsEntry("requestsPerSecond", 0.0);
    } finally {
      server.shutdownNow().awaitTermination();
    }
  }

  @Test
  void deadPortFailsAtOnce() throws Exception {
    int port;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = taken.getLocalPort();
    }
    long begin = System.nanoTime();
    assertThatThrownBy(() -> load(port, "--seconds", "60"))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("nothing reached (expected: a server)");
    assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin)).isLessThan(30);
  }
}
