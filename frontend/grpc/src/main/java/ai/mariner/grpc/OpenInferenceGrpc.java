package ai.mariner.grpc;

import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import ai.mariner.proto.openinference.ModelInferRequest;
import ai.mariner.proto.openinference.ModelMetadataRequest;
import ai.mariner.proto.openinference.ModelMetadataResponse;
import ai.mariner.proto.openinference.ModelReadyRequest;
import ai.mariner.proto.openinference.ModelReadyResponse;
import ai.mariner.proto.openinference.ServerLiveRequest;
import ai.mariner.proto.openinference.ServerLiveResponse;
import ai.mariner.proto.openinference.ServerMetadataRequest;
import ai.mariner.proto.openinference.ServerMetadataResponse;
import ai.mariner.proto.openinference.ServerReadyRequest;
import ai.mariner.proto.openinference.ServerReadyResponse;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The Open Inference Protocol's questions about the server and its models. */
final class OpenInferenceGrpc extends GRPCInferenceServiceImplBase {
  /** The protocol's word for what TorchServe's archives are; other formats have their own. */
  private static final String PLATFORM = "pytorch_mar";

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
    boolean ready;
    try {
      ready = context.models().health(model(request.getName(), request.getVersion())).ready();
    } catch (ServeException noSuchModel) {
      fail(observer, noSuchModel);
      return;
    }
    observer.onNext(ModelReadyResponse.newBuilder().setReady(ready).build());
    observer.onCompleted();
  }

  @Override
  public void serverMetadata(
      ServerMetadataRequest request, StreamObserver<ServerMetadataResponse> observer) {
    observer.onNext(
        ServerMetadataResponse.newBuilder()
            .setName("mariner")
            .setVersion(context.config().version())
            .build());
    observer.onCompleted();
  }

  @Override
  public void modelMetadata(
      ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> observer) {
    if (observer instanceof ServerCallStreamObserver<?> call) {
      // Without one, the observer throws when the client has left.
      call.setOnCancelHandler(() -> {});
    }
    CompletionStage<List<ModelStatus>> versions;
    try {
      // Refuses a version that there is not.
      context.models().health(model(request.getName(), request.getVersion()));
      versions = context.models().describeAll(request.getName());
    } catch (ServeException noSuchModel) {
      fail(observer, noSuchModel);
      return;
    }
    var unused =
        versions.handle(
            (found, thrown) -> {
              if (thrown != null) {
                fail(observer, thrown);
              } else {
                observer.onNext(metadata(request.getName(), found));
                observer.onCompleted();
              }
              return null;
            });
  }

  private static ModelMetadataResponse metadata(String name, List<ModelStatus> versions) {
    ModelMetadataResponse.Builder response =
        ModelMetadataResponse.newBuilder().setName(name).setPlatform(PLATFORM);
    versions.forEach(each -> response.addVersions(each.key().version()));
    return response.build();
  }

  private static ModelRef model(String name, String version) {
    return PredictionInputs.model(name, version);
  }

  private void fail(StreamObserver<?> observer, Throwable thrown) {
    boolean exposeErrors = context.config().exposeErrors();
    observer.onError(
        GrpcErrors.status(ServeException.failureOf(thrown), exposeErrors).asRuntimeException());
  }

  /** The calls that the generated base class would copy tensors for. */
  OpenInferenceServices services() {
    RequestMarshaller<ModelInferRequest> requests =
        new RequestMarshaller<>(context.budget(), ModelInferRequest.parser(), "ModelInferRequest");
    ReplyMarshaller replies = new ReplyMarshaller(true);
    return new OpenInferenceServices(
        bindService(),
        GRPCInferenceServiceGrpc.getModelInferMethod()
            .<Received<ModelInferRequest>, Reply>toBuilder(requests, replies)
            .build(),
        (call, metadata) -> new InferCall(context, call, metadata),
        GRPCInferenceServiceGrpc.getModelStreamInferMethod()
            .<Received<ModelInferRequest>, Reply>toBuilder(requests, replies)
            .build(),
        (call, metadata) -> new InferStreamCall(context, call, metadata));
  }
}
