package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.ModelRepository;
import ai.mariner.proto.openinference.GRPCInferenceServiceGrpc.GRPCInferenceServiceImplBase;
import ai.mariner.proto.openinference.RepositoryIndexRequest;
import ai.mariner.proto.openinference.RepositoryIndexResponse;
import ai.mariner.proto.openinference.RepositoryModelLoadRequest;
import ai.mariner.proto.openinference.RepositoryModelLoadResponse;
import ai.mariner.proto.openinference.RepositoryModelUnloadRequest;
import ai.mariner.proto.openinference.RepositoryModelUnloadResponse;
import io.grpc.stub.StreamObserver;

/**
 * The calls of the Open Inference Protocol that list, load and unload models; its other calls are
 * those of the inference listener.
 */
final class RepositoryGrpc extends GRPCInferenceServiceImplBase {
  private final GrpcContext context;
  private final StagedCalls calls;
  private final ModelRepository repository;

  RepositoryGrpc(GrpcContext context) {
    this.context = context;
    this.calls = new StagedCalls(context.config().exposeErrors());
    this.repository = new ModelRepository(context.models());
  }

  @Override
  public void repositoryIndex(
      RepositoryIndexRequest request, StreamObserver<RepositoryIndexResponse> observer) {
    calls.answer(
        observer, () -> repository.index(request.getReady()).thenApply(OpenInferenceProto::index));
  }

  @Override
  public void repositoryModelLoad(
      RepositoryModelLoadRequest request, StreamObserver<RepositoryModelLoadResponse> observer) {
    calls.answer(
        observer,
        () -> {
          ManagementGrpc.requireModelApi(context);
          if (request.getParametersCount() > 0) {
            throw new ServeException(
                ErrorKind.BAD_REQUEST,
                "parameters: "
                    + request.getParametersCount()
                    + " (expected: none; a model is configured by its archive)");
          }
          return repository
              .load(request.getModelName())
              .thenApply(key -> RepositoryModelLoadResponse.getDefaultInstance());
        });
  }

  @Override
  public void repositoryModelUnload(
      RepositoryModelUnloadRequest request,
      StreamObserver<RepositoryModelUnloadResponse> observer) {
    calls.answer(
        observer,
        () -> {
          ManagementGrpc.requireModelApi(context);
          return repository
              .unload(request.getModelName())
              .thenApply(done -> RepositoryModelUnloadResponse.getDefaultInstance());
        });
  }
}
