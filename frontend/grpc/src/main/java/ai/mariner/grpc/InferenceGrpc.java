package ai.mariner.grpc;

import ai.mariner.core.message.Reply;
import ai.mariner.core.model.Health;
import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.PredictionResponse;
import ai.mariner.proto.inference.PredictionsRequest;
import ai.mariner.proto.inference.TorchServeHealthResponse;
import ai.mariner.view.HealthView;
import com.google.protobuf.Empty;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCallHandler;
import io.grpc.ServerMethodDefinition;
import io.grpc.ServerServiceDefinition;
import io.grpc.ServiceDescriptor;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;

/**
 * The inference service. Predictions bypass the generated base class: its observers hide metadata,
 * flow control and the moment when a message has been written.
 */
final class InferenceGrpc {
  private final GrpcContext context;

  InferenceGrpc(GrpcContext context) {
    this.context = context;
  }

  /** The service with its methods bound. */
  ServerServiceDefinition definition() {
    ServiceDescriptor declared = InferenceAPIsServiceGrpc.getServiceDescriptor();
    MethodDescriptor<Received<PredictionsRequest>, Reply> predictions =
        withoutCopies(InferenceAPIsServiceGrpc.getPredictionsMethod());
    MethodDescriptor<Received<PredictionsRequest>, Reply> streamPredictions =
        withoutCopies(InferenceAPIsServiceGrpc.getStreamPredictionsMethod());
    MethodDescriptor<PredictionsRequest, PredictionResponse> many =
        InferenceAPIsServiceGrpc.getStreamPredictions2Method();
    MethodDescriptor<Received<PredictionsRequest>, PredictionResponse> sequences =
        many.toBuilder(requests(), many.getResponseMarshaller()).build();
    ServiceDescriptor service =
        ServiceDescriptor.newBuilder(declared.getName())
            .setSchemaDescriptor(declared.getSchemaDescriptor())
            .addMethod(InferenceAPIsServiceGrpc.getPingMethod())
            .addMethod(predictions)
            .addMethod(streamPredictions)
            .addMethod(sequences)
            .build();
    return ServerServiceDefinition.builder(service)
        .addMethod(InferenceAPIsServiceGrpc.getPingMethod(), ServerCalls.asyncUnaryCall(this::ping))
        .addMethod(ServerMethodDefinition.create(predictions, predictionCalls(false)))
        .addMethod(ServerMethodDefinition.create(streamPredictions, predictionCalls(true)))
        .addMethod(
            ServerMethodDefinition.create(
                sequences, (call, metadata) -> new SequenceCall(context, call, metadata)))
        .build();
  }

  private MethodDescriptor<Received<PredictionsRequest>, Reply> withoutCopies(
      MethodDescriptor<PredictionsRequest, ?> declared) {
    return declared.toBuilder(requests(), new ReplyMarshaller()).build();
  }

  private RequestMarshaller<PredictionsRequest> requests() {
    return new RequestMarshaller<>(
        context.budget(), PredictionsRequest.parser(), "PredictionsRequest");
  }

  private ServerCallHandler<Received<PredictionsRequest>, Reply> predictionCalls(
      boolean streaming) {
    return (call, metadata) -> new PredictionCall(context, call, metadata, streaming);
  }

  private void ping(Empty request, StreamObserver<TorchServeHealthResponse> observer) {
    Health health = context.models().health();
    boolean healthy =
        health.ready() || (context.config().profile().legacyStatuses() && health.firstLoad());
    observer.onNext(
        TorchServeHealthResponse.newBuilder().setHealth(HealthView.ping(healthy)).build());
    observer.onCompleted();
  }
}
