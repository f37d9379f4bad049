package ai.mariner.grpc;

import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import ai.mariner.core.message.Signature;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import ai.mariner.proto.openinference.ModelConfigRequest;
import ai.mariner.proto.openinference.ModelConfigResponse;
import ai.mariner.proto.openinference.ModelInferRequest;
import ai.mariner.proto.openinference.ModelMetadataRequest;
import ai.mariner.proto.openinference.ModelMetadataResponse;
import ai.mariner.proto.openinference.ModelReadyRequest;
import ai.mariner.proto.openinference.ModelReadyResponse;
import ai.mariner.proto.openinference.ModelStatisticsRequest;
import ai.mariner.proto.openinference.ModelStatisticsResponse;
import ai.mariner.proto.openinference.RepositoryIndexRequest;
import ai.mariner.proto.openinference.RepositoryIndexResponse;
import ai.mariner.proto.openinference.RepositoryModelLoadRequest;
import ai.mariner.proto.openinference.RepositoryModelLoadResponse;
import ai.mariner.proto.openinference.RepositoryModelUnloadRequest;
import ai.mariner.proto.openinference.RepositoryModelUnloadResponse;
import ai.mariner.proto.openinference.ServerLiveRequest;
import ai.mariner.proto.openinference.ServerLiveResponse;
import ai.mariner.proto.openinference.ServerMetadataRequest;
import ai.mariner.proto.openinference.ServerMetadataResponse;
import ai.mariner.proto.openinference.ServerReadyRequest;
import ai.mariner.proto.openinference.ServerReadyResponse;
import ai.mariner.view.OpenInferenceView;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** The Open Inference Protocol's questions about the server and its models. */
final class OpenInferenceGrpc extends GRPCInferenceServiceImplBase {
  private final GrpcContext context;
  private final StagedCalls calls;

  OpenInferenceGrpc(GrpcContext context) {
    this.context = context;
    this.calls = new StagedCalls(context.config().exposeErrors());
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
      calls.fail(observer, noSuchModel);
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
            .setName(OpenInferenceView.SERVER)
            .setVersion(context.config().version())
            .addAllExtensions(OpenInferenceView.EXTENSIONS)
            .build());
    observer.onCompleted();
  }

  @Override
  public void modelMetadata(
      ModelMetadataRequest request, StreamObserver<ModelMetadataResponse> observer) {
    ModelRef model = model(request.getName(), request.getVersion());
    calls.answer(
        observer,
        () -> {
          Signature signature = known(model);
          return context
              .models()
              .describeAll(model.name())
              .thenApply(found -> OpenInferenceProto.metadata(model.name(), found, signature));
        });
  }

  @Override
  public void modelConfig(
      ModelConfigRequest request, StreamObserver<ModelConfigResponse> observer) {
    ModelRef model = model(request.getName(), request.getVersion());
    calls.answer(
        observer,
        () -> {
          Signature signature = known(model);
          return context
              .models()
              .describe(model)
              .thenApply(found -> OpenInferenceProto.config(found.get(0), signature));
        });
  }

  @Override
  public void modelStatistics(
      ModelStatisticsRequest request, StreamObserver<ModelStatisticsResponse> observer) {
    ModelRef model =
        request.getName().isEmpty() ? null : model(request.getName(), request.getVersion());
    calls.answer(
        observer,
        () ->
            CompletableFuture.completedStage(
                OpenInferenceProto.statistics(context.models().statistics(model))));
  }

  @Override
  public void repositoryIndex(
      RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> observer) {
    elsewhere(observer);
  }

  @Override
  public void repositoryModelLoad(
      RepositoryModelLoadRequest request, StreamObserver<RepositoryModelLoadResponse> observer) {
    elsewhere(observer);
  }

  @Override
  public void repositoryModelUnload(
      RepositoryModelUnloadRequest request,
      StreamObserver<RepositoryModelUnloadResponse> observer) {
    elsewhere(observer);
  }

  private static void elsewhere(StreamObserver<?> observer) {
    observer.onError(
        Status.UNIMPLEMENTED
            .withDescription(
                "Loading and unloading models is management (expected: the gRPC management"
                    + " listener, grpc_management_port)")
            .asRuntimeException());
  }

  /** What a model takes and gives, as far as it is known; refuses one that there is not. */
  private @Nullable Signature known(ModelRef model) {
    var unused = context.models().health(model);
    return context.tensors().shown(model);
  }

  private static ModelRef model(String name, String version) {
    return PredictionInputs.model(name, version);
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
        (call, metadata) -> new InferStreamCall(context, call, metadata),
        null);
  }
}
