package ai.mariner.grpc;

import ai.mariner.core.access.CallArea;
import ai.mariner.core.access.TokenScope;
import ai.mariner.proto.extension.MarinerManagementServiceGrpc;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.management.ManagementAPIsServiceGrpc;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc;
import io.grpc.BindableService;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.util.List;
import java.util.Set;

/**
 * What one listener serves: its own services, health and reflection, behind token check and access
 * log.
 *
 * @param own the services that the listener is there for
 * @param health health of the server and its models
 * @param scope what a token must be good for
 */
record GrpcServices(List<ServerServiceDefinition> own, HealthChecks health, TokenScope scope) {
  /** The Open Inference Protocol under the name that clients of TorchServe 0.12 call. */
  static final ServiceDescriptor TORCHSERVES_OPEN_INFERENCE =
      ai.mariner.proto.openinference.torchserve.GRPCInferenceServiceGrpc.getServiceDescriptor();

  static GrpcServices inference(GrpcContext context) {
    OpenInferenceServices open = new OpenInferenceGrpc(context).services();
    return new GrpcServices(
        List.of(
            new InferenceGrpc(context).definition(),
            open.as(GRPCInferenceServiceGrpc.getServiceDescriptor()),
            open.as(TORCHSERVES_OPEN_INFERENCE)),
        new HealthChecks(
            context,
            Set.of(
                InferenceAPIsServiceGrpc.SERVICE_NAME,
                GRPCInferenceServiceGrpc.SERVICE_NAME,
                TORCHSERVES_OPEN_INFERENCE.getName())),
        TokenScope.INFERENCE);
  }

  static GrpcServices management(GrpcContext context) {
    return new GrpcServices(
        List.of(
            new ManagementGrpc(context).bindService(),
            new SwapGrpc(context).bindService(),
            new RepositoryGrpc(context).bindService()),
        new HealthChecks(
            context,
            Set.of(
                ManagementAPIsServiceGrpc.SERVICE_NAME,
                MarinerManagementServiceGrpc.SERVICE_NAME,
                GRPCInferenceServiceGrpc.SERVICE_NAME)),
        TokenScope.MANAGEMENT);
  }

  /** Adds everything to a server; calls run on the connection's own thread. */
  void addTo(ServerBuilder<?> builder, GrpcContext context) {
    boolean exposeErrors = context.config().exposeErrors();
    CallArea area = scope == TokenScope.MANAGEMENT ? CallArea.MANAGEMENT : CallArea.INFERENCE;
    // The interceptor that is added last sees a call first.
    if (context.authorizer().guards(area)) {
      builder.intercept(new AuthorizerInterceptor(context, area, health));
    }
    builder
        .directExecutor()
        .addServices(own)
        .addService(health)
        .addService(ProtoReflectionServiceV1.newInstance())
        .addService(olderReflection())
        .intercept(new TokenInterceptor(context.access(), scope, exposeErrors))
        .intercept(
            new AccessLogInterceptor(
                context.accessLog(), context.config().trustedProxies(), context.nanoTime()));
  }

  /** What clients of before 2024 ask: Python's reflection client, older grpcurl and Postman. */
  @SuppressWarnings("deprecation")
  private static BindableService olderReflection() {
    return io.grpc.protobuf.services.ProtoReflectionService.newInstance();
  }
}
