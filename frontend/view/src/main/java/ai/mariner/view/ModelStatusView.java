package ai.mariner.view;

import ai.mariner.core.config.CrewOptions;
import ai.mariner.core.config.DeviceType;
import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.Parallelism;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.Signature;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.core.model.SwapProgress;
import ai.mariner.core.model.WorkerStatus;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One model version as a JSON object: TorchServe's fields in its order, then ours ({@code
 * defaultVersion}, {@code tensors}, {@code lastFailure} …).
 */
final class ModelStatusView {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private ModelStatusView() {}

  static ObjectNode node(ModelStatus model) {
    ObjectNode node = JsonText.object();
    node.put("modelName", model.key().name());
    node.put("modelVersion", model.key().version());
    node.put("modelUrl", model.location());
    node.put("runtime", model.runtime());
    putOptions(node, model);
    putModes(node, model.spec());
    node.put("loadedAtStartup", model.loadedAtStart());
    ArrayNode workers = node.putArray("workers");
    for (WorkerStatus worker : model.workers()) {
      workers.add(worker(worker, model.spec().workerGroup()));
    }
    node.putObject("jobQueueStatus")
        .put("remainingCapacity", Math.max(0, model.spec().jobQueueSize() - model.waiting()))
        .put("pendingRequests", model.waiting());
    // Without a window nothing waits, whatever maxBatchDelay says.
    node.put("batchPolicy", model.spec().batchPolicy().name().toLowerCase(Locale.ROOT));
    node.put("defaultVersion", model.isDefault());
    if (model.spec().workerGroup() != null) {
      node.put("workerGroup", model.spec().workerGroup());
    }
    Signature tensors = ToldTensors.of(model.signature(), model.declares());
    if (tensors != null) {
      ObjectNode shown = node.putObject("tensors");
      OpenInferenceView.tensors(shown.putArray("inputs"), tensors.inputs());
      OpenInferenceView.tensors(shown.putArray("outputs"), tensors.outputs());
    }
    if (model.unloaded()) {
      node.put("unloaded", true);
    }
    SwapProgress swap = model.swap();
    if (swap != null) {
      putSwap(node.putObject("swap"), swap);
    }
    if (model.lastFailure() != null) {
      node.put("lastFailure", model.lastFailure());
    }
    return node;
  }

  private static void putSwap(ObjectNode node, SwapProgress swap) {
    if (swap.to() != null) {
      node.put("to", swap.to());
    }
    node.put("step", swap.step().text());
    node.put("readyWorkers", swap.ready()).put("wantedWorkers", swap.wanted());
    ManagementView.putSteps(node, swap.steps());
  }

  private static void putOptions(ObjectNode node, ModelStatus model) {
    ModelSpec spec = model.spec();
    node.put("minWorkers", spec.minWorkers());
    node.put("maxWorkers", spec.maxWorkers());
    node.put("batchSize", spec.batchSize());
    node.put("maxBatchDelay", spec.maxBatchDelay().toMillis());
    node.put("responseTimeout", spec.responseTimeout().toSeconds());
    node.put("startupTimeout", spec.startupTimeout().toSeconds());
    node.put("maxRetryTimeoutInSec", spec.maxRetryTimeout().toSeconds());
    node.put("clientTimeoutInMills", millis(spec.requestTimeout()));
    Parallelism parallel = spec.parallelism();
    node.put(
        "parallelType", parallel == null ? "" : parallel.type().name().toLowerCase(Locale.ROOT));
    node.put("parallelLevel", parallel == null ? 0 : parallel.level());
    node.put("deviceType", deviceType(model).name().toLowerCase(Locale.ROOT));
    if (!spec.deviceIds().isEmpty()) {
      ArrayNode ids = node.putArray("deviceIds");
      spec.deviceIds().forEach(ids::add);
    }
  }

  private static void putModes(ObjectNode node, ModelSpec spec) {
    node.put("continuousBatching", spec.require(ProgramOptions.CONTINUOUS_BATCHING));
    node.put("useJobTicket", spec.require(ProgramOptions.USE_JOB_TICKET));
    node.put("useVenv", spec.require(CrewOptions.USE_VENV));
    node.put("stateful", spec.require(ProgramOptions.SEQUENCE_BATCHING));
    node.put("sequenceMaxIdleMSec", millis(spec.get(ProgramOptions.SEQUENCE_MAX_IDLE)));
    node.put("sequenceTimeoutMSec", millis(spec.get(ProgramOptions.SEQUENCE_TIMEOUT)));
    node.put("maxNumSequence", number(spec.get(ProgramOptions.MAX_NUM_SEQUENCE)));
    node.put(
        "maxSequenceJobQueueSize", number(spec.get(ProgramOptions.MAX_SEQUENCE_JOB_QUEUE_SIZE)));
  }

  private static int number(@Nullable Integer value) {
    return value == null ? 0 : value;
  }

  private static long millis(@Nullable Duration value) {
    return value == null ? 0 : value.toMillis();
  }

  private static DeviceType deviceType(ModelStatus model) {
    DeviceType wanted = model.spec().deviceType();
    if (wanted != null) {
      return wanted;
    }
    boolean accelerated = model.workers().stream().anyMatch(worker -> worker.gpuId() != null);
    return accelerated ? DeviceType.GPU : DeviceType.CPU;
  }

  private static ObjectNode worker(WorkerStatus worker, @Nullable String group) {
    ObjectNode node = JsonText.object();
    node.put("id", Integer.toString(worker.id()));
    Instant started = worker.startTime();
    node.put("startTime", TIME.format(started));
    node.put("status", worker.state().name());
    node.put("memoryUsage", worker.memoryBytes());
    if (worker.pid() != null) {
      node.put("pid", worker.pid());
    }
    Integer gpu = worker.gpuId();
    node.put("gpu", gpu != null);
    node.put("gpuUsage", gpu == null ? "N/A" : "gpuId::" + gpu);
    if (group != null) {
      putCompany(node, worker.sharesWith());
    }
    if (worker.lastFailure() != null) {
      node.put("lastFailure", worker.lastFailure());
    }
    return node;
  }

  /** With whom a worker of a group shares its process, or that it does not any more. */
  private static void putCompany(ObjectNode node, @Nullable List<ModelKey> sharesWith) {
    if (sharesWith == null) {
      node.put("apart", true);
      return;
    }
    ArrayNode names = node.putArray("sharesWith");
    sharesWith.forEach(key -> names.add(key.name() + "/" + key.version()));
  }
}
