package ai.mariner.grpc;

import ai.mariner.core.config.SequenceNames;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.Reply;
import ai.mariner.proto.inference.PredictionsRequest;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One call of TorchServe's API with one request, answered once or in pieces. */
final class PredictionCall extends OneRequestCall<PredictionsRequest> {
  private final boolean streaming;

  PredictionCall(
      GrpcContext context,
      ServerCall<Received<PredictionsRequest>, Reply> call,
      Metadata metadata,
      boolean streaming) {
    super(context, call, metadata);
    this.streaming = streaming;
  }

  @Override
  InferenceRequest inference(PredictionsRequest message, long id, @Nullable String label) {
    SequenceNames sequences = context.config().sequenceNames();
    List<InputPart> parts =
        PredictionInputs.parts(message, context.config().limits().maxRequestBytes());
    return InferenceRequest.builder(id, PredictionInputs.model(message), parts)
        .label(label)
        .headers(new SequenceInputs(sequences).named(message, new CallHeaders(metadata, sequences)))
        .timeoutNanos(timeoutNanos())
        .streaming(streaming)
        .build();
  }

  @Override
  CallSink sink(PredictionsRequest message, String label) {
    boolean exposeErrors = context.config().exposeErrors();
    return streaming
        ? new StreamSink(call, label, exposeErrors)
        : new UnarySink(call, label, exposeErrors, context.config().limits().maxResponseBytes());
  }
}
