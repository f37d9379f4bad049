package ai.mariner.archive;

import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.DeviceType;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.RetryOnWorkerLoss;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the options in an archive's {@code model-config.yaml}. */
final class ModelYamlReader {
  private static final List<String> SWITCHES =
      List.of(
          "continuousBatching",
          "sequenceBatching",
          "asyncCommunication",
          "useJobTicket",
          "useVenv");

  /** Keys that only mean something together with one that is not supported yet. */
  private static final List<String> COMPANIONS =
      List.of(
          "parallelLevel",
          "sequenceMaxIdleMSec",
          "sequenceTimeoutMSec",
          "maxSequenceJobQueueSize",
          "maxNumSequence");

  private static final List<String> OPTIONS =
      List.of(
          "minWorkers",
          "maxWorkers",
          "batchSize",
          "maxBatchDelay",
          "batchPolicy",
          "responseTimeout",
          "startupTimeout",
          "maxRetryTimeoutInSec",
          "requestTimeout",
          "clientTimeoutInMills",
          "jobQueueSize",
          "deviceType",
          "deviceIds",
          "retryOnWorkerLoss",
          "prepareAhead",
          "parallelType",
          "torchrun");

  private static final List<String> PARALLEL_TYPES = List.of("pp", "tp", "pptp", "custom");

  private final boolean misspeltFails;
  private final YamlFeatures features = new YamlFeatures();

  ModelYamlReader(Profile profile) {
    this.misspeltFails = profile.unknownKeysFail();
  }

  /**
   * What a file says.
   *
   * @param overrides options
   * @param warnings what was probably not meant so, one line each
   */
  record Result(ModelOverrides overrides, List<String> warnings) {}

  /**
   * Reads the options. Keys that are not ours belong to the handler, which gets the whole file.
   *
   * @param text YAML
   * @param label the file's name in messages
   * @throws ai.mariner.core.error.ServeException that names every problem
   */
  Result read(String text, String label) {
    YamlOptions options = new YamlOptions(label, YamlText.parse(text, label));
    ModelOverrides.Builder overrides = ModelOverrides.builder();
    workers(options, overrides);
    overrides
        .batchSize(options.integer("batchSize", 1))
        .maxBatchDelay(options.millis("maxBatchDelay"))
        .batchPolicy(options.choice("batchPolicy", BatchPolicy.class))
        .responseTimeout(options.seconds("responseTimeout", 1))
        .startupTimeout(options.seconds("startupTimeout", 1))
        .maxRetryTimeout(options.seconds("maxRetryTimeoutInSec", 0))
        .jobQueueSize(options.positiveOrOff("jobQueueSize"))
        .requestTimeout(requestTimeout(options))
        .devices(options.choice("deviceType", DeviceType.class), options.integers("deviceIds"))
        .retryOnWorkerLoss(options.choice("retryOnWorkerLoss", RetryOnWorkerLoss.class))
        .prepareAhead(options.bool("prepareAhead"));
    features.read(options, overrides);
    SWITCHES.forEach(options::mustBeOff);
    COMPANIONS.forEach(key -> options.integer(key, 0));
    options.mustBeEmpty("parallelType", PARALLEL_TYPES);
    options.mustBeAbsent("torchrun");
    options.findMisspelt(known(), misspeltFails);
    if (!options.problems().isEmpty()) {
      throw Refusals.invalid(label + String.join(";", options.problems()));
    }
    return new Result(overrides.build(), List.copyOf(options.warnings()));
  }

  private static List<String> known() {
    List<String> known = new ArrayList<>(OPTIONS);
    known.addAll(YamlFeatures.KEYS);
    known.addAll(SWITCHES);
    known.addAll(COMPANIONS);
    return known;
  }

  private static void workers(YamlOptions options, ModelOverrides.Builder overrides) {
    Integer min = options.integer("minWorkers", 0);
    Integer max = options.integer("maxWorkers", 0);
    if (min != null && min == 0) {
      // As archives in use expect; a model without workers is made by scaling it down.
      options.warn("minWorkers", "minWorkers: 0 is taken as 1 (expected: >= 1)");
      min = 1;
    }
    if (max != null && max < Math.max(1, min == null ? 1 : min)) {
      options.problem("maxWorkers", max, ">= " + (min == null ? "1" : "minWorkers, " + min));
    }
    overrides.workers(min, max);
  }

  private static @Nullable Duration requestTimeout(YamlOptions options) {
    Integer own = options.positiveOrOff("requestTimeout");
    Integer legacy = options.positiveOrOff("clientTimeoutInMills");
    if (own != null && legacy != null && !own.equals(legacy)) {
      options.problem("clientTimeoutInMills", legacy, "the same as requestTimeout, or only one");
    }
    Integer millis = own != null ? own : legacy;
    return millis == null ? null : Duration.ofMillis(millis);
  }
}
