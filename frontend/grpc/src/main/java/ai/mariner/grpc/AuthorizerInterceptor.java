package ai.mariner.grpc;

import ai.mariner.core.access.AskedCall;
import ai.mariner.core.access.CallArea;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.Headers;
import ai.mariner.core.message.ModelRef;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.health.v1.HealthCheckRequest;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Set;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Lets only calls pass that the operator's authorizer allows. Questions for the server's health
 * pass, as probes have nothing to show.
 */
final class AuthorizerInterceptor implements ServerInterceptor {
  /** Methods that ask for the health of nothing but the server. */
  private static final Set<String> OF_SERVER =
      Set.of(
          InferenceAPIsServiceGrpc.getPingMethod().getFullMethodName(),
          GRPCInferenceServiceGrpc.getServerLiveMethod().getFullMethodName(),
          GRPCInferenceServiceGrpc.getServerReadyMethod().getFullMethodName(),
          GrpcServices.TORCHSERVES_OPEN_INFERENCE.getName() + "/ServerLive",
          GrpcServices.TORCHSERVES_OPEN_INFERENCE.getName() + "/ServerReady");

  private final GrpcContext context;
  private final Function<String, CallArea> areas;
  private final HealthChecks health;

  /**
   * Makes the interceptor of one listener.
   *
   * @param areas what its calls belong to, by the full name of their method
   * @param health tells names of the server's parts from those of models
   */
  AuthorizerInterceptor(
      GrpcContext context, Function<String, CallArea> areas, HealthChecks health) {
    this.context = context;
    this.areas = areas;
    this.health = health;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    return OF_SERVER.contains(method) || !context.authorizer().guards(areas.apply(method))
        ? next.startCall(call, headers)
        : new AuthorizedCall<>(this, call, headers, next);
  }

  /** Whether a message is one about which nobody is asked. */
  boolean passes(@Nullable Object message) {
    return message instanceof HealthCheckRequest asked && health.isOfServer(asked.getService());
  }

  /** Asks, and tells why the call is refused, or {@code null}, on an event loop. */
  void ask(
      ServerCall<?, ?> call,
      Metadata headers,
      @Nullable ModelRef model,
      Consumer<@Nullable Failure> outcome) {
    String method = call.getMethodDescriptor().getFullMethodName();
    AskedCall asked =
        new AskedCall(
            areas.apply(method),
            true,
            method,
            method,
            '/' + method,
            model == null ? null : model.name(),
            model == null ? null : model.version(),
            headers(headers),
            peer(call));
    context
        .authorizer()
        .authorize(
            asked,
            refusal -> {
              try {
                context.timer().execute(() -> outcome.accept(refusal));
              } catch (RejectedExecutionException loopsHaveEnded) {
                outcome.accept(refusal);
              }
            });
  }

  boolean exposeErrors() {
    return context.config().exposeErrors();
  }

  /** Gives back what a message took that nobody gets. */
  void refund(@Nullable Object message) {
    if (message instanceof Received<?> received) {
      context.budget().release(received.chargedBytes());
    }
  }

  private static Headers headers(Metadata metadata) {
    return consumer -> {
      for (String name : metadata.keys()) {
        if (name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
          continue;
        }
        Iterable<String> values =
            metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
        if (values != null) {
          values.forEach(value -> consumer.accept(name, value));
        }
      }
    };
  }

  private static @Nullable InetAddress peer(ServerCall<?, ?> call) {
    SocketAddress remote = call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR);
    return remote instanceof InetSocketAddress tcp ? tcp.getAddress() : null;
  }
}
