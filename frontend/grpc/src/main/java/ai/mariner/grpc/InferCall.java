package ai.mariner.grpc;

import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Reply;
import ai.mariner.proto.openinference.ModelInferRequest;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import org.jspecify.annotations.Nullable;

/** One call with one request of tensors, answered once. */
final class InferCall extends OneRequestCall<ModelInferRequest> {
  InferCall(
      GrpcContext context, ServerCall<Received<ModelInferRequest>, Reply> call, Metadata metadata) {
    super(context, call, metadata);
  }

  @Override
  InferenceRequest inference(ModelInferRequest message, long id, @Nullable String label) {
    return new InferInputs(context, metadata).request(message, id, label, timeoutNanos(), false);
  }

  @Override
  CallSink sink(ModelInferRequest message, String label) {
    InferAnswer answer = InferAnswer.to(message);
    return new UnarySink(
        call,
        label,
        context.config().exposeErrors(),
        context.config().limits().maxResponseBytes(),
        whole -> answer.written(whole, response -> response));
  }
}
