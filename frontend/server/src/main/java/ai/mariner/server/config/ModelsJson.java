package ai.mariner.server.config;

import ai.mariner.core.config.Autoscale;
import ai.mariner.core.config.BatchPolicy;
import ai.mariner.core.config.CacheLimits;
import ai.mariner.core.config.DeviceType;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.Profile;
import ai.mariner.core.config.RateLimit;
import ai.mariner.core.config.RetryOnWorkerLoss;
import ai.mariner.core.config.WorkerLifespan;
import ai.mariner.core.message.ModelKey;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The {@code models} key: options by model and version. Every problem is named by its path. */
final class ModelsJson {
  /** Of snapshots; they say nothing about how a model runs. */
  private static final Set<String> WITHOUT_EFFECT = Set.of("defaultVersion", "marName");

  private static final List<String> KNOWN =
      List.of(
          "minWorkers",
          "maxWorkers",
          "batchSize",
          "maxBatchDelay",
          "batchPolicy",
          "responseTimeout",
          "startupTimeout",
          "jobQueueSize",
          "requestTimeout",
          "maxRetryTimeoutInSec",
          "deviceType",
          "deviceIds",
          "retryOnWorkerLoss",
          "prepareAhead",
          "runtimeType",
          "maxWorkerRequests",
          "maxWorkerRssMb",
          "maxWorkerAgeSec",
          "autoscale",
          "autoscaleQueueWaitMs",
          "autoscaleCooldownSec",
          "idleUnloadSec",
          "responseCacheMb",
          "responseCacheTtlSec",
          "rateLimit",
          "rateLimitBurst",
          "priorityAgeingMs");

  private final Profile profile;
  private final Findings findings;
  private final ObjectMapper mapper =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  ModelsJson(Profile profile, Findings findings) {
    this.profile = profile;
    this.findings = findings;
  }

  Map<ModelKey, ModelOverrides> read(String text) {
    Map<ModelKey, ModelOverrides> result = new LinkedHashMap<>();
    JsonNode root;
    try {
      root = mapper.readTree(text);
    } catch (JsonProcessingException e) {
      findings.malformed("models", text, "JSON; " + e.getOriginalMessage());
      return result;
    }
    if (!isObject("models", root)) {
      return result;
    }
    root.properties()
        .forEach(
            model -> {
              String path = "models." + model.getKey();
              if (isObject(path, model.getValue())) {
                readVersions(path, model.getKey(), model.getValue(), result);
              }
            });
    return result;
  }

  private void readVersions(
      String path, String name, JsonNode versions, Map<ModelKey, ModelOverrides> result) {
    versions
        .properties()
        .forEach(
            version -> {
              String versionPath = path + "." + version.getKey();
              if (isObject(versionPath, version.getValue())) {
                ModelOverrides overrides = readOptions(versionPath, version.getValue());
                result.put(new ModelKey(name, version.getKey()), overrides);
              }
            });
  }

  private ModelOverrides readOptions(String path, JsonNode options) {
    reportUnknown(path, options);
    Option option = new Option(path, options);
    String runtime = option.word("runtimeType", "python", "python3");
    if (runtime == null && options.hasNonNull("runtimeType")) {
      return ModelOverrides.NONE;
    }
    Integer minWorkers = option.whole("minWorkers", 1);
    Integer maxWorkers = option.whole("maxWorkers", 1);
    if (minWorkers != null && maxWorkers != null && maxWorkers < minWorkers) {
      findings.malformed(
          path + ".maxWorkers", maxWorkers.toString(), ">= minWorkers, " + minWorkers);
    }
    ModelOverrides.Builder overrides = ModelOverrides.builder();
    readFeatures(option, overrides);
    return overrides
        .workers(minWorkers, maxWorkers)
        .batchSize(option.whole("batchSize", 1))
        .maxBatchDelay(millis(option.whole("maxBatchDelay", 0)))
        .batchPolicy(constant(BatchPolicy.class, option.word("batchPolicy", "greedy", "window")))
        .responseTimeout(seconds(option.whole("responseTimeout", 1)))
        .startupTimeout(seconds(option.whole("startupTimeout", 1)))
        .jobQueueSize(option.whole("jobQueueSize", 1))
        .requestTimeout(millis(option.whole("requestTimeout", 1)))
        .maxRetryTimeout(seconds(option.whole("maxRetryTimeoutInSec", 1)))
        .devices(
            constant(DeviceType.class, option.word("deviceType", "cpu", "gpu")),
            option.wholes("deviceIds"))
        .retryOnWorkerLoss(
            constant(
                RetryOnWorkerLoss.class,
                option.word("retryOnWorkerLoss", "mates", "unstarted", "never")))
        .prepareAhead(option.bool("prepareAhead"))
        .build();
  }

  private static void readFeatures(Option option, ModelOverrides.Builder overrides) {
    overrides
        .lifespan(
            WorkerLifespan.of(
                option.whole("maxWorkerRequests", 1),
                option.whole("maxWorkerRssMb", 1),
                option.whole("maxWorkerAgeSec", 1)))
        .autoscale(
            Autoscale.of(
                option.bool("autoscale"),
                option.whole("autoscaleQueueWaitMs", 1),
                option.whole("autoscaleCooldownSec", 1)))
        .idleUnload(seconds(option.whole("idleUnloadSec", 1)))
        .responseCache(
            CacheLimits.of(
                option.whole("responseCacheMb", 1), option.whole("responseCacheTtlSec", 1)))
        .rateLimit(RateLimit.of(option.whole("rateLimit", 1), option.whole("rateLimitBurst", 1)))
        .priorityAgeing(millis(option.whole("priorityAgeingMs", 1)));
  }

  private void reportUnknown(String path, JsonNode options) {
    options
        .fieldNames()
        .forEachRemaining(
            key -> {
              if (!KNOWN.contains(key) && !WITHOUT_EFFECT.contains(key)) {
                String hint = NearestName.hint(key, KNOWN);
                String what = path + "." + key + ": unknown option";
                if (profile.unknownKeysFail()) {
                  findings.problem(what + " (expected: an option of models" + hint + ")");
                } else {
                  findings.warning(what + ", ignored" + hint);
                }
              }
            });
  }

  private boolean isObject(String path, JsonNode node) {
    if (!node.isObject()) {
      findings.malformed(path, node.toString(), "a JSON object");
    }
    return node.isObject();
  }

  private static @Nullable Duration seconds(@Nullable Integer number) {
    return number == null ? null : Duration.ofSeconds(number);
  }

  private static @Nullable Duration millis(@Nullable Integer number) {
    return number == null ? null : Duration.ofMillis(number);
  }

  private static <E extends Enum<E>> @Nullable E constant(Class<E> type, @Nullable String word) {
    return word == null ? null : Enum.valueOf(type, word.toUpperCase(Locale.ROOT));
  }

  /** Reads the options of one version. */
  private final class Option {
    private final String path;
    private final JsonNode options;

    Option(String path, JsonNode options) {
      this.path = path;
      this.options = options;
    }

    @Nullable Integer whole(String key, int least) {
      JsonNode node = options.get(key);
      if (node == null || node.isNull()) {
        return null;
      }
      if (!node.isIntegralNumber() || !node.canConvertToInt()) {
        findings.malformed(path + "." + key, node.toString(), "a whole number >= " + least);
        return null;
      }
      if (node.intValue() < least) {
        tooSmall(key, node.intValue(), least);
        return null;
      }
      return node.intValue();
    }

    /** TorchServe ignores such values, and files with them exist. */
    private void tooSmall(String key, int value, int least) {
      if (profile.unknownKeysFail()) {
        findings.malformed(path + "." + key, Integer.toString(value), ">= " + least);
      } else {
        findings.warning(
            path + "." + key + ": " + value + " is ignored (expected: >= " + least + ")");
      }
    }

    @Nullable Boolean bool(String key) {
      JsonNode node = options.get(key);
      if (node == null || node.isNull()) {
        return null;
      }
      if (!node.isBoolean()) {
        findings.malformed(path + "." + key, node.toString(), "true or false");
        return null;
      }
      return node.booleanValue();
    }

    @Nullable String word(String key, String... allowed) {
      JsonNode node = options.get(key);
      if (node == null || node.isNull()) {
        return null;
      }
      String word = node.isTextual() ? node.textValue().toLowerCase(Locale.ROOT) : "";
      if (!List.of(allowed).contains(word)) {
        findings.malformed(
            path + "." + key, node.toString(), "one of " + String.join(", ", allowed));
        return null;
      }
      return word;
    }

    @Nullable List<Integer> wholes(String key) {
      JsonNode node = options.get(key);
      if (node == null || node.isNull()) {
        return null;
      }
      List<Integer> numbers = new ArrayList<>();
      for (JsonNode element : node) {
        if (element.canConvertToInt() && element.isIntegralNumber() && element.intValue() >= 0) {
          numbers.add(element.intValue());
        }
      }
      if (!node.isArray() || numbers.size() != node.size()) {
        findings.malformed(path + "." + key, node.toString(), "a list of whole numbers >= 0");
        return null;
      }
      return numbers;
    }
  }
}
