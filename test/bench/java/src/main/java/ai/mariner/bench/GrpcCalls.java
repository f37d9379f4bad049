package ai.mariner.bench;

import ai.mariner.proto.inference.InferenceAPIsServiceGrpc;
import ai.mariner.proto.inference.PredictionResponse;
import ai.mariner.proto.inference.PredictionsRequest;
import ai.mariner.proto.openload.GRPCInferenceServiceGrpc;
import ai.mariner.proto.openload.ModelInferRequest;
import ai.mariner.proto.openload.ModelInferRequest.InferInputTensor;
import ai.mariner.proto.openload.ModelInferResponse;
import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;

/** Sends one unary call; the observer hears of its end. */
interface GrpcCalls {
  /** Starts a call on a channel. */
  void call(Channel channel, StreamObserver<Object> end);

  /** TorchServe's Predictions with one input named `data`. */
  static GrpcCalls torchserve(String model, ByteString body) {
    PredictionsRequest request =
        PredictionsRequest.newBuilder().setModelName(model).putInput("data", body).build();
    return (channel, end) ->
        ClientCalls.asyncUnaryCall(
            channel.newCall(InferenceAPIsServiceGrpc.getPredictionsMethod(), CallOptions.DEFAULT),
            request,
            new Forwarding<PredictionResponse>(end));
  }

  /** The open protocol's ModelInfer with one UINT8 tensor of the shape [1, bytes]. */
  static GrpcCalls openInference(String model, ByteString body) {
    ModelInferRequest request =
        ModelInferRequest.newBuilder()
            .setModelName(model)
            .addInputs(
                InferInputTensor.newBuilder()
                    .setName("data")
                    .setDatatype("UINT8")
                    .addShape(1)
                    .addShape(body.size()))
            .addRawInputContents(body)
            .build();
    return (channel, end) ->
        ClientCalls.asyncUnaryCall(
            channel.newCall(GRPCInferenceServiceGrpc.getModelInferMethod(), CallOptions.DEFAULT),
            request,
            new Forwarding<ModelInferResponse>(end));
  }

  /** Hands on what a typed call says. */
  record Forwarding<T>(StreamObserver<Object> to) implements StreamObserver<T> {
    @Override
    public void onNext(T value) {
      to.onNext(value);
    }

    @Override
    public void onError(Throwable cause) {
      to.onError(cause);
    }

    @Override
    public void onCompleted() {
      to.onCompleted();
    }
  }
}
