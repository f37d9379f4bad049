package ai.mariner.grpc;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.Failure;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.health.v1.HealthGrpc;
import java.util.Set;
import java.util.function.Function;

/**
 * Lets only calls with a token of their scope pass. Questions for health pass without one, as
 * probes can't send it, and are told so in their context.
 */
final class TokenInterceptor implements ServerInterceptor {
  /** Why the caller has no right to more than the server's own health; absent: it has. */
  static final Context.Key<Failure> REFUSAL = Context.key("ai.mariner.grpc.refusal");

  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

  /** The methods that look at {@link #REFUSAL} themselves. */
  private static final Set<String> HEALTH =
      Set.of(
          HealthGrpc.getCheckMethod().getFullMethodName(),
          HealthGrpc.getWatchMethod().getFullMethodName(),
          GRPCInferenceServiceGrpc.getServerLiveMethod().getFullMethodName(),
          GRPCInferenceServiceGrpc.getServerReadyMethod().getFullMethodName(),
          GrpcServices.TORCHSERVES_OPEN_INFERENCE.getName() + "/ServerLive",
          GrpcServices.TORCHSERVES_OPEN_INFERENCE.getName() + "/ServerReady");

  private final AccessPolicy access;
  private final Function<String, TokenScope> scopes;
  private final boolean exposeErrors;

  /**
   * Makes the interceptor of one listener.
   *
   * @param scopes what a token must be good for, by the full name of a method
   */
  TokenInterceptor(AccessPolicy access, Function<String, TokenScope> scopes, boolean exposeErrors) {
    this.access = access;
    this.scopes = scopes;
    this.exposeErrors = exposeErrors;
  }

  @Override
  public <Q, R> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
    String method = call.getMethodDescriptor().getFullMethodName();
    Failure refusal = access.check(scopes.apply(method), headers.get(AUTHORIZATION));
    if (refusal == null) {
      return next.startCall(call, headers);
    }
    if (HEALTH.contains(method)) {
      Context restricted = Context.current().withValue(REFUSAL, refusal);
      return Contexts.interceptCall(restricted, call, headers, next);
    }
    call.close(GrpcErrors.status(refusal, exposeErrors), new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
