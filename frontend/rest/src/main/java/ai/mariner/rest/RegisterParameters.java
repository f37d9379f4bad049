package ai.mariner.rest;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.model.SwapModel;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the parameters of a registration, or of a swap, which begins like one. */
final class RegisterParameters {
  private static final Set<String> KNOWN =
      Set.of(
          "url",
          "model_name",
          "handler",
          "runtime",
          "batch_size",
          "max_batch_delay",
          "initial_workers",
          "synchronous",
          "response_timeout",
          "startup_timeout",
          "s3_sse_kms");
  private static final Set<String> KNOWN_TO_SWAP =
      Set.of(
          "url",
          "model_version",
          "keep_old",
          "handler",
          "runtime",
          "batch_size",
          "max_batch_delay",
          "initial_workers",
          "synchronous",
          "response_timeout",
          "startup_timeout");

  private RegisterParameters() {}

  /**
   * The order that the parameters give.
   *
   * @param parameters as the client sent them
   * @param strict whether an unknown parameter is refused
   * @throws ServeException that names parameter, value and what was expected
   */
  static RegisterModel order(Parameters parameters, boolean strict) {
    check(parameters, strict ? KNOWN : null);
    String url = parameters.text("url");
    if (url == null) {
      throw new ServeException(ErrorKind.BAD_REQUEST, "Parameter url is required.");
    }
    if (parameters.bool("s3_sse_kms", false)) {
      throw Parameters.refused("s3_sse_kms", "true", "false; encrypted S3 is not supported");
    }
    return new RegisterModel(
        url,
        parameters.text("model_name"),
        parameters.text("handler"),
        runtime(parameters.text("runtime")),
        parameters.integer("initial_workers", 0),
        overrides(parameters),
        parameters.bool("synchronous", true) ? Completion.READY : Completion.ACCEPTED,
        false);
  }

  /**
   * The order to replace a model's default version.
   *
   * @param model registered name
   * @throws ServeException that names parameter, value and what was expected
   */
  static SwapModel swap(String model, Parameters parameters, boolean strict) {
    check(parameters, strict ? KNOWN_TO_SWAP : null);
    if (!parameters.bool("synchronous", true)) {
      throw Parameters.refused(
          "synchronous", "false", "true or absent: a swap is answered when it is done");
    }
    boolean keepOld = parameters.bool("keep_old", false);
    String url = parameters.text("url");
    String version = parameters.text("model_version");
    if ((url == null) == (version == null)) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "url: "
              + (url == null ? "absent" : Replies.printable(url))
              + " (expected: either url or model_version)");
    }
    if (url == null) {
      return new SwapModel(model, null, version, keepOld);
    }
    RegisterModel archive =
        new RegisterModel(
            url,
            null,
            parameters.text("handler"),
            runtime(parameters.text("runtime")),
            parameters.integer("initial_workers", 0),
            overrides(parameters),
            Completion.READY,
            false);
    return new SwapModel(model, archive, null, keepOld);
  }

  private static void check(Parameters parameters, @Nullable Set<String> known) {
    for (String name : parameters.names()) {
      if (known != null && !known.contains(name)) {
        throw new ServeException(
            ErrorKind.BAD_REQUEST,
            "Unknown parameter: "
                + Replies.printable(name)
                + " (expected: one of "
                + String.join(", ", known.stream().sorted().toList())
                + ")");
      }
    }
  }

  private static ModelOverrides overrides(Parameters parameters) {
    return ModelOverrides.builder()
        .batchSize(parameters.integer("batch_size", 1))
        .maxBatchDelay(millis(parameters.integer("max_batch_delay", 0)))
        .responseTimeout(seconds(parameters.integer("response_timeout", 1)))
        .startupTimeout(seconds(parameters.integer("startup_timeout", 1)))
        .build();
  }

  private static @Nullable String runtime(@Nullable String runtime) {
    if (runtime != null && !runtime.equals("python") && !runtime.equals("python3")) {
      throw Parameters.refused("runtime", runtime, "python or python3");
    }
    return runtime;
  }

  private static @Nullable Duration millis(@Nullable Integer value) {
    return value == null ? null : Duration.ofMillis(value);
  }

  private static @Nullable Duration seconds(@Nullable Integer value) {
    return value == null ? null : Duration.ofSeconds(value);
  }
}
