package ai.mariner.grpc;

import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import ai.mariner.core.metrics.ModelCounts;
import ai.mariner.core.model.ModelStatistics;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.core.model.RepositoryEntry;
import ai.mariner.core.model.TensorBatches;
import ai.mariner.proto.openinference.DataType;
import ai.mariner.proto.openinference.InferStatistics;
import ai.mariner.proto.openinference.ModelConfig;
import ai.mariner.proto.openinference.ModelConfigResponse;
import ai.mariner.proto.openinference.ModelInput;
import ai.mariner.proto.openinference.ModelMetadataResponse;
import ai.mariner.proto.openinference.ModelMetadataResponse.TensorMetadata;
import ai.mariner.proto.openinference.ModelOutput;
import ai.mariner.proto.openinference.ModelStatisticsResponse;
import ai.mariner.proto.openinference.RepositoryIndexResponse;
import ai.mariner.proto.openinference.StatisticDuration;
import ai.mariner.view.OpenInferenceView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the Open Inference Protocol tells of models, as messages. */
final class OpenInferenceProto {
  private OpenInferenceProto() {}

  /** What a model takes and gives. */
  static ModelMetadataResponse metadata(
      String name, List<ModelStatus> versions, @Nullable Signature signature) {
    ModelMetadataResponse.Builder response =
        ModelMetadataResponse.newBuilder().setName(name).setPlatform(OpenInferenceView.PLATFORM);
    versions.forEach(each -> response.addVersions(each.key().version()));
    if (signature != null) {
      signature.inputs().forEach(each -> response.addInputs(tensor(each)));
      signature.outputs().forEach(each -> response.addOutputs(tensor(each)));
    }
    return response.build();
  }

  private static TensorMetadata tensor(TensorSpec tensor) {
    return TensorMetadata.newBuilder()
        .setName(tensor.name())
        .setDatatype(tensor.datatype().name())
        .addAllShape(tensor.shape())
        .build();
  }

  /** What Triton's clients read of a model's configuration. */
  static ModelConfigResponse config(ModelStatus model, @Nullable Signature signature) {
    TensorBatches batches = TensorBatches.of(model.spec(), signature);
    ModelConfig.Builder config = ModelConfig.newBuilder();
    config.setName(model.key().name());
    config.setPlatform(OpenInferenceView.PLATFORM).setBackend(OpenInferenceView.BACKEND);
    config.setMaxBatchSize(batches.most());
    for (TensorSpec tensor : batches.inputs()) {
      config.addInput(
          ModelInput.newBuilder()
              .setName(tensor.name())
              .setDataType(type(tensor))
              .addAllDims(batches.dims(tensor))
              .setOptional(tensor.optional()));
    }
    for (TensorSpec tensor : batches.outputs()) {
      config.addOutput(
          ModelOutput.newBuilder()
              .setName(tensor.name())
              .setDataType(type(tensor))
              .addAllDims(batches.dims(tensor)));
    }
    return ModelConfigResponse.newBuilder().setConfig(config).build();
  }

  private static DataType type(TensorSpec tensor) {
    return DataType.valueOf(TensorBatches.configName(tensor.datatype()));
  }

  /** What models have done. */
  static ModelStatisticsResponse statistics(List<ModelStatistics> models) {
    ModelStatisticsResponse.Builder response = ModelStatisticsResponse.newBuilder();
    for (ModelStatistics model : models) {
      ModelCounts counts = model.counts();
      response
          .addModelStatsBuilder()
          .setName(model.key().name())
          .setVersion(model.key().version())
          .setLastInference(counts.lastMillis())
          .setInferenceCount(counts.answered())
          .setExecutionCount(counts.batches())
          .setInferenceStats(durations(counts));
    }
    return response.build();
  }

  private static InferStatistics durations(ModelCounts counts) {
    return InferStatistics.newBuilder()
        .setSuccess(duration(counts.answered(), counts.totalNanos()))
        .setFail(duration(counts.failed(), 0))
        .setQueue(duration(counts.answered(), counts.queueNanos()))
        .setComputeInput(duration(counts.answered(), 0))
        .setComputeInfer(duration(counts.answered(), counts.runNanos()))
        .setComputeOutput(duration(counts.answered(), 0))
        .setCacheHit(duration(counts.cacheHits(), 0))
        .setCacheMiss(duration(counts.cacheMisses(), 0))
        .build();
  }

  private static StatisticDuration duration(long count, long nanos) {
    return StatisticDuration.newBuilder().setCount(count).setNs(nanos).build();
  }

  /** Models as the repository lists them. */
  static RepositoryIndexResponse index(List<RepositoryEntry> entries) {
    RepositoryIndexResponse.Builder response = RepositoryIndexResponse.newBuilder();
    for (RepositoryEntry entry : entries) {
      response
          .addModelsBuilder()
          .setName(entry.key().name())
          .setVersion(entry.key().version())
          .setState(entry.state().name())
          .setReason(entry.reason());
    }
    return response.build();
  }
}
