package ai.mariner.grpc;

import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelRef;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import ai.mariner.proto.openinference.ModelReadyRequest;
import ai.mariner.proto.openinference.ModelReadyResponse;
import ai.mariner.proto.openinference.ServerLiveRequest;
import ai.mariner.proto.openinference.ServerLiveResponse;
import ai.mariner.proto.openinference.ServerReadyRequest;
import ai.mariner.proto.openinference.ServerReadyResponse;
import io.grpc.stub.StreamObserver;

/** Health as the Open Inference Protocol (KServe's V2) asks for it. */
final class OpenInferenceGrpc extends GRPCInferenceServiceImplBase {
  private final GrpcContext context;

  OpenInferenceGrpc(GrpcContext context) {
    this.context = context;
  }

  @Override
  public void serverLive(ServerLiveRequest request, StreamObserver<ServerLiveResponse> observer) {
    observer.onNext(ServerLiveResponse.newBuilder().setLive(true).build());
    observer.onCompleted();
  }

  @Override
  public void serverReady(
      ServerReadyRequest request, StreamObserver<ServerReadyResponse> observer) {
    boolean ready = context.models().health().ready();
    observer.onNext(ServerReadyResponse.newBuilder().setReady(ready).build());
    observer.onCompleted();
  }

  /** Needs a token where tokens are on: models are none of the business of a caller without. */
  @Override
  public void modelReady(ModelReadyRequest request, StreamObserver<ModelReadyResponse> observer) {
    boolean exposeErrors = context.config().exposeErrors();
    String version = request.getVersion();
    ModelRef model = new ModelRef(request.getName(), version.isEmpty() ? null : version);
    boolean ready;
    try {
      ready = context.models().health(model).ready();
    } catch (ServeException noSuchModel) {
      Failure failure = noSuchModel.failure();
      observer.onError(GrpcErrors.status(failure, exposeErrors).asRuntimeException());
      return;
    }
    observer.onNext(ModelReadyResponse.newBuilder().setReady(ready).build());
    observer.onCompleted();
  }
}
