package ai.mariner.grpc;

import ai.mariner.core.message.Reply;
import ai.mariner.proto.openinference.ModelInferRequest;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The Open Inference Protocol's service, under whatever package a client knows it by.
 *
 * @param questions the calls about the server and its models, and placeholders for the others
 * @param infer one request, one answer
 * @param inferHandler answers those
 * @param streamInfer requests in a stream
 * @param streamHandler answers those
 * @param repository its calls are taken in the place of the placeholders; absent: they are not
 */
record OpenInferenceServices(
    ServerServiceDefinition questions,
    MethodDescriptor<Received<ModelInferRequest>, Reply> infer,
    ServerCallHandler<Received<ModelInferRequest>, Reply> inferHandler,
    MethodDescriptor<Received<ModelInferRequest>, Reply> streamInfer,
    ServerCallHandler<Received<ModelInferRequest>, Reply> streamHandler,
    @Nullable ServerServiceDefinition repository) {
  /** How the calls of the repository begin. */
  static final String REPOSITORY = "Repository";

  /** The same with the calls that list, load and unload models. */
  OpenInferenceServices with(ServerServiceDefinition other) {
    return new OpenInferenceServices(
        questions, infer, inferHandler, streamInfer, streamHandler, other);
  }

  /** The service as it is declared: its name, and those of the methods that it has there. */
  ServerServiceDefinition as(ServiceDescriptor declared) {
    Map<String, ServerMethodDefinition<?, ?>> known = new HashMap<>();
    questions.getMethods().forEach(each -> known.put(bareName(each), each));
    if (repository != null) {
      repository.getMethods().stream()
          .filter(each -> bareName(each).startsWith(REPOSITORY))
          .forEach(each -> known.put(bareName(each), each));
    }
    known.put("ModelInfer", ServerMethodDefinition.create(infer, inferHandler));
    known.put("ModelStreamInfer", ServerMethodDefinition.create(streamInfer, streamHandler));
    List<ServerMethodDefinition<?, ?>> methods = new ArrayList<>();
    for (MethodDescriptor<?, ?> method : declared.getMethods()) {
      ServerMethodDefinition<?, ?> found = known.get(method.getBareMethodName());
      if (found == null) {
        throw new IllegalStateException("no such method: " + method.getFullMethodName());
      }
      methods.add(renamed(found, method));
    }
    ServiceDescriptor.Builder service =
        ServiceDescriptor.newBuilder(declared.getName())
            .setSchemaDescriptor(declared.getSchemaDescriptor());
    methods.forEach(each -> service.addMethod(each.getMethodDescriptor()));
    ServerServiceDefinition.Builder definition = ServerServiceDefinition.builder(service.build());
    methods.forEach(definition::addMethod);
    return definition.build();
  }

  private static String bareName(ServerMethodDefinition<?, ?> method) {
    String name = method.getMethodDescriptor().getBareMethodName();
    return name == null ? "" : name;
  }

  private static <Q, R> ServerMethodDefinition<Q, R> renamed(
      ServerMethodDefinition<Q, R> method, MethodDescriptor<?, ?> declared) {
    MethodDescriptor<Q, R> descriptor =
        method.getMethodDescriptor().toBuilder()
            .setFullMethodName(declared.getFullMethodName())
            .setSchemaDescriptor(declared.getSchemaDescriptor())
            .build();
    return ServerMethodDefinition.create(descriptor, method.getServerCallHandler());
  }
}
