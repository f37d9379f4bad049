package ai.mariner.rest;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.RegisterModel;
import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the parameters of a registration. */
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

  private RegisterParameters() {}

  /**
   * The order that the parameters give.
   *
   * @param parameters as the client sent them
   * @param strict whether an unknown parameter is refused
   * @throws ServeException that names parameter, value and what was expected
   */
  static RegisterModel order(Parameters parameters, boolean strict) {
    for (String name : parameters.names()) {
      if (strict && !KNOWN.contains(name)) {
        throw new ServeException(
            ErrorKind.BAD_REQUEST,
            "Unknown parameter: "
                + Replies.printable(name)
                + " (expected: one of "
                + known()
                + ")");
      }
    }
    String url = parameters.text("url");
    if (url == null) {
      throw new ServeException(ErrorKind.BAD_REQUEST, "Parameter url is required.");
    }
    if (parameters.bool("s3_sse_kms", false)) {
      throw Parameters.refused("s3_sse_kms", "true", "false; encrypted S3 is not supported");
    }
    ModelOverrides overrides =
        ModelOverrides.builder()
            .batchSize(parameters.integer("batch_size", 1))
            .maxBatchDelay(millis(parameters.integer("max_batch_delay", 0)))
            .responseTimeout(seconds(parameters.integer("response_timeout", 1)))
            .startupTimeout(seconds(parameters.integer("startup_timeout", 1)))
            .build();
    return new RegisterModel(
        url,
        parameters.text("model_name"),
        parameters.text("handler"),
        runtime(parameters.text("runtime")),
        parameters.integer("initial_workers", 0),
        overrides,
        parameters.bool("synchronous", true) ? Completion.READY : Completion.ACCEPTED,
        false);
  }

  private static @Nullable String runtime(@Nullable String runtime) {
    if (runtime != null && !runtime.equals("python") && !runtime.equals("python3")) {
      throw Parameters.refused("runtime", runtime, "python or python3");
    }
    return runtime;
  }

  private static String known() {
    return String.join(", ", KNOWN.stream().sorted().toList());
  }

  private static @Nullable Duration millis(@Nullable Integer value) {
    return value == null ? null : Duration.ofMillis(value);
  }

  private static @Nullable Duration seconds(@Nullable Integer value) {
    return value == null ? null : Duration.ofSeconds(value);
  }
}
