package ai.mariner.view;

import ai.mariner.core.message.Signature;
import ai.mariner.core.message.TensorSpec;
import ai.mariner.core.metrics.ModelCounts;
import ai.mariner.core.model.ModelStatistics;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.core.model.RepositoryEntry;
import ai.mariner.core.model.TensorBatches;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the Open Inference Protocol tells of the server and its models, as indented JSON. */
public final class OpenInferenceView {
  /** Name of the server. */
  public static final String SERVER = "mariner";

  /** The protocol's word for what TorchServe's archives are; other formats have their own. */
  public static final String PLATFORM = "pytorch_mar";

  /** Triton's word for what runs models. */
  public static final String BACKEND = "python";

  /** Triton's names of what there is beyond the protocol. */
  public static final List<String> EXTENSIONS =
      List.of(
          "binary_tensor_data",
          "model_configuration",
          "model_repository",
          "sequence",
          "statistics");

  private OpenInferenceView() {}

  /** What the server is. */
  public static String server(String version) {
    ObjectNode node = JsonText.object().put("name", SERVER).put("version", version);
    ArrayNode extensions = node.putArray("extensions");
    EXTENSIONS.forEach(extensions::add);
    return JsonText.of(node);
  }

  /**
   * What a model takes and gives.
   *
   * @param versions all of its versions
   * @param signature the tensors that it declares; absent: none
   */
  public static String model(String name, List<String> versions, @Nullable Signature signature) {
    ObjectNode node = JsonText.object().put("name", name);
    ArrayNode all = node.putArray("versions");
    versions.forEach(all::add);
    node.put("platform", PLATFORM);
    List<TensorSpec> none = List.of();
    tensors(node.putArray("inputs"), signature == null ? none : signature.inputs());
    tensors(node.putArray("outputs"), signature == null ? none : signature.outputs());
    return JsonText.of(node);
  }

  static void tensors(ArrayNode array, List<TensorSpec> tensors) {
    for (TensorSpec tensor : tensors) {
      ObjectNode node = array.addObject().put("name", tensor.name());
      node.put("datatype", tensor.datatype().name());
      ArrayNode shape = node.putArray("shape");
      tensor.shape().forEach(shape::add);
    }
  }

  /** What Triton's clients read of a model's configuration. */
  public static String config(ModelStatus model, @Nullable Signature signature) {
    TensorBatches batches = TensorBatches.of(model.spec(), signature);
    ObjectNode node = JsonText.object().put("name", model.key().name());
    node.put("platform", PLATFORM).put("backend", BACKEND);
    node.put("max_batch_size", batches.most());
    configured(node.putArray("input"), batches.inputs(), batches);
    configured(node.putArray("output"), batches.outputs(), batches);
    return JsonText.of(node);
  }

  private static void configured(ArrayNode array, List<TensorSpec> tensors, TensorBatches batches) {
    for (TensorSpec tensor : tensors) {
      ObjectNode node = array.addObject().put("name", tensor.name());
      node.put("data_type", TensorBatches.configName(tensor.datatype()));
      ArrayNode dims = node.putArray("dims");
      batches.dims(tensor).forEach(dims::add);
      if (tensor.optional()) {
        node.put("optional", true);
      }
    }
  }

  /** Models as the repository lists them. */
  public static String repository(List<RepositoryEntry> entries) {
    ArrayNode array = JsonText.array();
    for (RepositoryEntry entry : entries) {
      ObjectNode node = array.addObject().put("name", entry.key().name());
      node.put("version", entry.key().version());
      node.put("state", entry.state().name()).put("reason", entry.reason());
    }
    return JsonText.of(array);
  }

  /** What models have done, in the words that Triton's clients read. */
  public static String statistics(List<ModelStatistics> models) {
    ObjectNode node = JsonText.object();
    ArrayNode array = node.putArray("model_stats");
    for (ModelStatistics model : models) {
      ModelCounts counts = model.counts();
      ObjectNode entry = array.addObject().put("name", model.key().name());
      entry.put("version", model.key().version()).put("last_inference", counts.lastMillis());
      entry.put("inference_count", counts.answered()).put("execution_count", counts.batches());
      ObjectNode stats = entry.putObject("inference_stats");
      duration(stats, "success", counts.answered(), counts.totalNanos());
      duration(stats, "fail", counts.failed(), 0);
      duration(stats, "queue", counts.answered(), counts.queueNanos());
      duration(stats, "compute_input", counts.answered(), 0);
      duration(stats, "compute_infer", counts.answered(), counts.runNanos());
      duration(stats, "compute_output", counts.answered(), 0);
      duration(stats, "cache_hit", counts.cacheHits(), 0);
      duration(stats, "cache_miss", counts.cacheMisses(), 0);
      entry.putArray("batch_stats");
    }
    return JsonText.of(node);
  }

  /** Triton's settings of traces: there are none. */
  public static String traceSettings() {
    ObjectNode node = JsonText.object();
    node.putArray("trace_level").add("OFF");
    node.put("trace_rate", "0").put("trace_count", "0").put("log_frequency", "0");
    return JsonText.of(node.put("trace_file", "").put("trace_mode", "triton"));
  }

  /** Triton's settings of logs, as far as they mean something here. */
  public static String logSettings() {
    ObjectNode node = JsonText.object().put("log_file", "");
    node.put("log_info", true).put("log_warning", true).put("log_error", true);
    return JsonText.of(node.put("log_verbose_level", 0).put("log_format", "default"));
  }

  private static void duration(ObjectNode stats, String name, long count, long nanos) {
    stats.putObject(name).put("count", count).put("ns", nanos);
  }
}
