package ai.mariner.bench.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.bench.UsageException;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LimitGrpcTest {
  @Test
  void bodiesOfAnySizeComeBackUnchanged() throws Exception {
    var options = new LimitServer.Options(0, 0, "python3", 2, 4, 8);
    try (LimitServer server = LimitServer.start(options)) {
      int port = Objects.requireNonNull(server.grpcPort());
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", port)
              .usePlaintext()
              .maxInboundMessageSize(1 << 25)
              .build();
      try {
        var stub = InferenceAPIsServiceGrpc.newBlockingStub(channel);
        for (int size : new int[] {0, 1, 1024, 20_000, 10 << 20}) {
          byte[] body = new byte[size];
          new Random(size).nextBytes(body);
          var request =
              PredictionsRequest.newBuilder()
                  .setModelName("echo")
                  .putInput("data", ByteString.copyFrom(body))
                  .build();
          byte[] answer = stub.predictions(request).getPrediction().toByteArray();
          assertThat(answer).isEqualTo(body);
        }
      } finally {
        channel.shutdownNow();
      }
    }
  }

  @Test
  void callsThatTheirClientCancelsHarmNoOther() throws Exception {
    var options = new LimitServer.Options(0, 0, "python3", 1, 4, 8);
    try (LimitServer server = LimitServer.start(options)) {
      ManagedChannel channel =
          NettyChannelBuilder.forAddress("127.0.0.1", Objects.requireNonNull(server.grpcPort()))
              .usePlaintext()
              .build();
      try {
        var request =
            PredictionsRequest.newBuilder()
                .putInput("data", ByteString.copyFrom(new byte[1 << 20]))
                .build();
        var calls = InferenceAPIsServiceGrpc.newFutureStub(channel);
        for (int i = 0; i < 50; i++) {
          var left = calls.predictions(request);
          var kept = calls.predictions(request);
          left.cancel(true);
          assertThat(kept.get().getPrediction().size()).isEqualTo(1 << 20);
        }
      } finally {
        channel.shutdownNow();
      }
    }
  }

  @Test
  void interpreterThatEndsIsReportedAtOnce() {
    assertThatThrownBy(() -> LimitServer.start(new LimitServer.Options(0, null, "false", 1, 1, 1)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--python: false (expected: a Python that connects)")
        .hasMessageContaining("ended with 1");
  }
}
