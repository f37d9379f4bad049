package ai.mariner.archive;

import ai.mariner.core.config.Autoscale;
import ai.mariner.core.config.CacheLimits;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.RateLimit;
import ai.mariner.core.config.WarmupInput;
import ai.mariner.core.config.WorkerLifespan;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The options of {@code model-config.yaml} that switch something on that is off otherwise. */
final class YamlFeatures {
  /** Keys that are read here. */
  static final List<String> KEYS =
      List.of(
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
          "priorityAgeingMs",
          "warmup");

  private static final String WARMUP_EXPECTED =
      "a list of mappings with one of file, json or text, and perhaps contentType";

  private final ObjectMapper json = new ObjectMapper();

  void read(YamlOptions options, ModelOverrides.Builder overrides) {
    overrides
        .lifespan(
            WorkerLifespan.of(
                options.integer("maxWorkerRequests", 1),
                options.integer("maxWorkerRssMb", 1),
                options.integer("maxWorkerAgeSec", 1)))
        .autoscale(
            Autoscale.of(
                options.bool("autoscale"),
                options.integer("autoscaleQueueWaitMs", 1),
                options.integer("autoscaleCooldownSec", 1)))
        .idleUnload(options.seconds("idleUnloadSec", 1))
        .responseCache(
            CacheLimits.of(
                options.integer("responseCacheMb", 1), options.integer("responseCacheTtlSec", 1)))
        .rateLimit(
            RateLimit.of(options.integer("rateLimit", 1), options.integer("rateLimitBurst", 1)))
        .priorityAgeing(
            options.integer("priorityAgeingMs", 1) == null
                ? null
                : options.millis("priorityAgeingMs"))
        .warmup(warmup(options));
  }

  private @Nullable List<WarmupInput> warmup(YamlOptions options) {
    Object value = options.value("warmup");
    if (value == null) {
      return null;
    }
    if (!(value instanceof List<?> items)) {
      options.problem("warmup", value, WARMUP_EXPECTED);
      return null;
    }
    List<WarmupInput> inputs = new ArrayList<>();
    for (Object item : items) {
      WarmupInput input = item instanceof Map<?, ?> fields ? input(fields) : null;
      if (input == null) {
        options.problem("warmup", value, WARMUP_EXPECTED);
        return null;
      }
      inputs.add(input);
    }
    return inputs;
  }

  private @Nullable WarmupInput input(Map<?, ?> fields) {
    Object type = fields.get("contentType");
    if (type != null && !(type instanceof String)) {
      return null;
    }
    String given = (String) type;
    int kinds = given == null ? 1 : 2;
    if (fields.size() != kinds) {
      return null;
    }
    if (fields.get("file") instanceof String file && isInside(file)) {
      return new WarmupInput(given == null ? "application/octet-stream" : given, file, null);
    }
    if (fields.get("text") instanceof String text) {
      return new WarmupInput(given == null ? "text/plain" : given, null, text);
    }
    if (fields.containsKey("json")) {
      String text = jsonText(fields.get("json"));
      return text == null
          ? null
          : new WarmupInput(given == null ? "application/json" : given, null, text);
    }
    return null;
  }

  private static boolean isInside(String file) {
    if (file.isEmpty() || file.indexOf('\0') >= 0) {
      return false;
    }
    Path path = Path.of(file);
    return !path.isAbsolute() && !path.normalize().startsWith("..");
  }

  /** A mapping in YAML may contain itself; such a text is as good as none. */
  private @Nullable String jsonText(@Nullable Object value) {
    try {
      return json.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
