package ai.mariner.grpc;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.proto.management.DescribeModelRequest;
import ai.mariner.proto.management.ListModelsRequest;
import ai.mariner.proto.management.ManagementAPIsServiceGrpc.ManagementAPIsServiceImplBase;
import ai.mariner.proto.management.ManagementResponse;
import ai.mariner.proto.management.RegisterModelRequest;
import ai.mariner.proto.management.ScaleWorkerRequest;
import ai.mariner.proto.management.SetDefaultRequest;
import ai.mariner.proto.management.UnregisterModelRequest;
import ai.mariner.view.ManagementView;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The management service. Every answer is the text that the REST API would give. */
final class ManagementGrpc extends ManagementAPIsServiceImplBase {
  private static final String ALL_VERSIONS = "all";

  private final GrpcContext context;

  ManagementGrpc(GrpcContext context) {
    this.context = context;
  }

  @Override
  public void describeModel(
      DescribeModelRequest request, StreamObserver<ManagementResponse> observer) {
    CollectingSink sink = new CollectingSink();
    Long timeoutNanos = OneRequestCall.timeoutNanos();
    answer(
        observer,
        sink::cancel,
        () -> {
          ModelRef model =
              PredictionInputs.model(request.getModelName(), request.getModelVersion());
          if (ALL_VERSIONS.equals(model.version())) {
            return context.models().describeAll(model.name()).thenApply(ManagementView::describe);
          }
          CompletionStage<List<ModelStatus>> found = context.models().describe(model);
          return request.getCustomized()
              ? found.thenCompose(list -> customized(list.get(0), timeoutNanos, sink))
              : found.thenApply(ManagementView::describe);
        });
  }

  /** Asks the handler for its own description. */
  private CompletionStage<String> customized(
      ModelStatus model, @Nullable Long timeoutNanos, CollectingSink sink) {
    long id = context.inference().nextRequestId();
    InferenceRequest question = InferenceRequest.describe(id, model.key(), null, timeoutNanos);
    context.inference().submit(question, sink);
    return sink.answer().thenApply(metadata -> ManagementView.describe(model, metadata));
  }

  @Override
  public void listModels(ListModelsRequest request, StreamObserver<ManagementResponse> observer) {
    answer(
        observer,
        () ->
            done(
                ManagementView.list(
                    context
                        .models()
                        .list(
                            ManagementArguments.limit(request),
                            ManagementArguments.offset(request)))));
  }

  @Override
  public void registerModel(
      RegisterModelRequest request, StreamObserver<ManagementResponse> observer) {
    answer(
        observer,
        () -> {
          requireModelApi(context);
          return context
              .models()
              .register(ManagementArguments.register(request))
              .thenApply(ManagementView::registered);
        });
  }

  @Override
  public void scaleWorker(ScaleWorkerRequest request, StreamObserver<ManagementResponse> observer) {
    answer(
        observer,
        () ->
            context
                .models()
                .scale(ManagementArguments.scale(request))
                .thenApply(ManagementView::scaled));
  }

  @Override
  public void setDefault(SetDefaultRequest request, StreamObserver<ManagementResponse> observer) {
    answer(
        observer,
        () -> {
          ModelKey key = ManagementArguments.defaultVersion(request);
          context.models().setDefault(key);
          return done(ManagementView.defaultSet(key));
        });
  }

  @Override
  public void unregisterModel(
      UnregisterModelRequest request, StreamObserver<ManagementResponse> observer) {
    answer(
        observer,
        () -> {
          requireModelApi(context);
          ModelRef model =
              PredictionInputs.model(request.getModelName(), request.getModelVersion());
          return context.models().unregister(model).thenApply(ManagementView::unregistered);
        });
  }

  /** Refuses a call that adds or removes models where this is switched off. */
  static void requireModelApi(GrpcContext context) {
    if (!context.config().modelApi()) {
      throw new ServeException(
          ErrorKind.MODEL_API_DISABLED,
          "Model API disabled. enable_model_api: false (expected: true, or --enable-model-api at"
              + " start, to register and unregister models by a call)");
    }
  }

  private static CompletionStage<String> done(String text) {
    return CompletableFuture.completedFuture(text);
  }

  private void answer(
      StreamObserver<ManagementResponse> observer, Supplier<CompletionStage<String>> work) {
    answer(observer, () -> {}, work);
  }

  private void answer(
      StreamObserver<ManagementResponse> observer,
      Runnable onCancel,
      Supplier<CompletionStage<String>> work) {
    if (observer instanceof ServerCallStreamObserver<?> call) {
      // Without one, the observer throws when the client has left.
      call.setOnCancelHandler(onCancel);
    }
    CompletionStage<String> text;
    try {
      text = work.get();
    } catch (ServeException refusal) {
      text = CompletableFuture.failedStage(refusal);
    }
    var unused =
        text.handle(
            (message, thrown) -> {
              finish(observer, message, thrown);
              return null;
            });
  }

  private void finish(
      StreamObserver<ManagementResponse> observer,
      @Nullable String message,
      @Nullable Throwable thrown) {
    if (thrown != null || message == null) {
      Failure failure =
          thrown != null
              ? ServeException.failureOf(thrown)
              : Failure.of(ErrorKind.INTERNAL, "The call ended without a text.");
      observer.onError(
          GrpcErrors.status(failure, context.config().exposeErrors()).asRuntimeException());
      return;
    }
    observer.onNext(ManagementResponse.newBuilder().setMsg(message).build());
    observer.onCompleted();
  }
}
