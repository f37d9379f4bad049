package ai.mariner.grpc;

import ai.mariner.core.access.CallArea;
import ai.mariner.core.access.TokenScope;
import ai.mariner.proto.extension.MarinerManagementServiceGrpc;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.management.ManagementAPIsServiceGrpc;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc;
import ai.mariner.proto.openinference.repository.ModelRepositoryServiceGrpc;
import io.grpc.BindableService;
import io.grpc.ServerBuilder;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What one listener serves: its own services, health and reflection, behind token check and access
 * log.
 *
 * @param own the services that the listener is there for
 * @param health health of the server and its models
 * @param management whether a method, by its full name, is management; else it is inference
 */
record GrpcServices(
    List<ServerServiceDefinition> own, HealthChecks health, Predicate<String> management) {
  /** The Open Inference Protocol under the name that clients of TorchServe 0.12 call. */
  static final ServiceDescriptor TORCHSERVES_OPEN_INFERENCE =
      ai.mariner.proto.openinference.torchserve.GRPCInferenceServiceGrpc.getServiceDescriptor();

  private static final String OPEN_INFERENCE = GRPCInferenceServiceGrpc.SERVICE_NAME;

  private static final Set<String> OF_INFERENCE =
      Set.of(
          InferenceAPIsServiceGrpc.SERVICE_NAME,
          OPEN_INFERENCE,
          TORCHSERVES_OPEN_INFERENCE.getName());

  private static final Set<String> OF_MANAGEMENT =
      Set.of(
          ManagementAPIsServiceGrpc.SERVICE_NAME,
          MarinerManagementServiceGrpc.SERVICE_NAME,
          ModelRepositoryServiceGrpc.SERVICE_NAME);

  static GrpcServices inference(GrpcContext context) {
    OpenInferenceServices open = new OpenInferenceGrpc(context).services();
    return new GrpcServices(
        List.of(
            new InferenceGrpc(context).definition(),
            open.as(GRPCInferenceServiceGrpc.getServiceDescriptor()),
            open.as(TORCHSERVES_OPEN_INFERENCE)),
        new HealthChecks(context, OF_INFERENCE),
        method -> false);
  }

  static GrpcServices management(GrpcContext context) {
    return new GrpcServices(
        List.of(
            new ManagementGrpc(context).bindService(),
            new SwapGrpc(context).bindService(),
            new RepositoryGrpc(context).bindService(),
            repository(context)),
        new HealthChecks(context, joined(OF_MANAGEMENT, Set.of(OPEN_INFERENCE))),
        method -> true);
  }

  /** Those of both, for a listener that serves both; each call needs its own kind of token. */
  static GrpcServices both(GrpcContext context) {
    OpenInferenceServices open =
        new OpenInferenceGrpc(context).services().with(new RepositoryGrpc(context).bindService());
    return new GrpcServices(
        List.of(
            new InferenceGrpc(context).definition(),
            open.as(GRPCInferenceServiceGrpc.getServiceDescriptor()),
            open.as(TORCHSERVES_OPEN_INFERENCE),
            new ManagementGrpc(context).bindService(),
            new SwapGrpc(context).bindService(),
            repository(context)),
        new HealthChecks(context, joined(OF_INFERENCE, OF_MANAGEMENT)),
        GrpcServices::isManagement);
  }

  /** The repository as a service of its own, as older clients call it. */
  private static ServerServiceDefinition repository(GrpcContext context) {
    return new OpenInferenceGrpc(context)
        .services()
        .with(new RepositoryGrpc(context).bindService())
        .as(ModelRepositoryServiceGrpc.getServiceDescriptor());
  }

  private static boolean isManagement(String method) {
    int slash = method.indexOf('/');
    String service = method.substring(0, Math.max(0, slash));
    return OF_MANAGEMENT.contains(service)
        || (service.equals(OPEN_INFERENCE)
            && method.startsWith(OpenInferenceServices.REPOSITORY, slash + 1));
  }

  private static Set<String> joined(Set<String> some, Set<String> others) {
    Set<String> all = new HashSet<>(some);
    all.addAll(others);
    return all;
  }

  private TokenScope scope(String method) {
    return management.test(method) ? TokenScope.MANAGEMENT : TokenScope.INFERENCE;
  }

  private CallArea area(String method) {
    return management.test(method) ? CallArea.MANAGEMENT : CallArea.INFERENCE;
  }

  /** Adds everything to a server; calls run on the connection's own thread. */
  void addTo(ServerBuilder<?> builder, GrpcContext context) {
    boolean exposeErrors = context.config().exposeErrors();
    // The interceptor that is added last sees a call first.
    if (context.authorizer().guards(CallArea.INFERENCE)
        || context.authorizer().guards(CallArea.MANAGEMENT)) {
      builder.intercept(new AuthorizerInterceptor(context, this::area, health));
    }
    builder
        .directExecutor()
        .addServices(own)
        .addService(health)
        .addService(ProtoReflectionServiceV1.newInstance())
        .addService(olderReflection())
        .intercept(new TokenInterceptor(context.access(), this::scope, exposeErrors))
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
