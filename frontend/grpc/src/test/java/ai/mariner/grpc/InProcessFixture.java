package ai.mariner.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc.InferenceAPIsServiceBlockingStub;
import ai.mariner.proto.inference.PredictionResponse;
import ai.mariner.proto.inference.PredictionsRequest;
import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One listener without sockets and its client; it starts with the first call. */
final class InProcessFixture implements AutoCloseable {
  private final FakeCore core;
  private final Function<GrpcContext, GrpcServices> services;
  private @Nullable Server server;
  private @Nullable ManagedChannel channel;

  InProcessFixture(FakeCore core, Function<GrpcContext, GrpcServices> services) {
    this.core = core;
    this.services = services;
  }

  /** The client; what the core is told from the first call of this on comes too late. */
  ManagedChannel channel() {
    ManagedChannel present = channel;
    if (present != null) {
      return present;
    }
    String name = InProcessServerBuilder.generateName();
    InProcessServerBuilder builder = InProcessServerBuilder.forName(name);
    GrpcContext context = core.context();
    services.apply(context).addTo(builder, context);
    try {
      server = builder.build().start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    ManagedChannel made = InProcessChannelBuilder.forName(name).directExecutor().build();
    channel = made;
    return made;
  }

  InferenceAPIsServiceBlockingStub inference() {
    return InferenceAPIsServiceGrpc.newBlockingStub(channel());
  }

  /** The text that a prediction answers. */
  String answer(PredictionsRequest request) {
    return inference().predictions(request).getPrediction().toStringUtf8();
  }

  /** Starts a prediction. */
  ListenableFuture<PredictionResponse> call(PredictionsRequest request) {
    return InferenceAPIsServiceGrpc.newFutureStub(channel()).predictions(request);
  }

  /** What a prediction that must fail is told. */
  StatusRuntimeException refusal(PredictionsRequest request) {
    return refusal(inference(), request);
  }

  static StatusRuntimeException refusal(
      InferenceAPIsServiceBlockingStub stub, PredictionsRequest request) {
    return catchThrowableOfType(StatusRuntimeException.class, () -> stub.predictions(request));
  }

  @Override
  public void close() {
    ManagedChannel used = channel;
    Server started = server;
    if (used != null && started != null) {
      used.shutdownNow();
      started.shutdownNow();
      assertThat(ended(started)).isTrue();
    }
    core.close();
  }

  private static boolean ended(Server server) {
    try {
      return server.awaitTermination(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
