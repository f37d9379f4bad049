package ai.mariner.rest;

import ai.mariner.core.config.ModelOptions;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.OptionFindings;
import ai.mariner.core.config.OptionReader;
import ai.mariner.core.config.OptionSource;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.RegisterModel;
import ai.mariner.core.model.SwapModel;
import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads the parameters of a registration, or of a swap, which begins like one. */
final class RegisterParameters {
  private static final Set<String> KNOWN =
      known(
          "url",
          "model_name",
          "handler",
          "runtime",
          "initial_workers",
          "synchronous",
          "s3_sse_kms");
  private static final Set<String> KNOWN_TO_SWAP =
      known(
          "url",
          "model_version",
          "keep_old",
          "handler",
          "runtime",
          "initial_workers",
          "synchronous");

  private static final String URL_REQUIRED = "Parameter url is required.";

  private RegisterParameters() {}

  /**
   * The order that the parameters give.
   *
   * @param parameters as the client sent them
   * @param strict whether an unknown parameter is refused instead of logged
   * @throws ServeException that names parameter, value and what was expected
   */
  static RegisterModel order(Parameters parameters, boolean strict) {
    String url = parameters.text("url");
    String unread = parameters.unread();
    if (url == null && unread != null) {
      throw new ServeException(ErrorKind.BAD_REQUEST, URL_REQUIRED + ' ' + unread);
    }
    parameters.expectOnly(KNOWN, strict);
    if (url == null) {
      throw new ServeException(ErrorKind.BAD_REQUEST, URL_REQUIRED);
    }
    return new RegisterModel(
        url,
        parameters.text("model_name"),
        parameters.text("handler"),
        runtime(parameters.text("runtime")),
        parameters.integer("initial_workers", 0),
        overrides(parameters),
        parameters.bool("synchronous", true) ? Completion.READY : Completion.ACCEPTED,
        false,
        parameters.bool("s3_sse_kms", false));
  }

  /**
   * The order to replace a model's default version.
   *
   * @param model registered name
   * @throws ServeException that names parameter, value and what was expected
   */
  static SwapModel swap(String model, Parameters parameters, boolean strict) {
    parameters.expectOnly(KNOWN_TO_SWAP, strict);
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

  private static Set<String> known(String... own) {
    Set<String> names = new TreeSet<>(ModelOptions.spellings(OptionSource.REQUEST));
    Collections.addAll(names, own);
    return Collections.unmodifiableSet(names);
  }

  private static ModelOverrides overrides(Parameters parameters) {
    return new OptionReader(OptionSource.REQUEST, OptionReader.Manner.TEXT, new Refusal())
        .read(parameters.given());
  }

  private static @Nullable String runtime(@Nullable String runtime) {
    if (runtime != null && !runtime.equals("python") && !runtime.equals("python3")) {
      throw Parameters.refused("runtime", runtime, "python or python3");
    }
    return runtime;
  }

  /** The first problem ends the call. */
  private static final class Refusal implements OptionFindings {
    @Override
    public void problem(String key, String what) {
      throw new ServeException(ErrorKind.BAD_REQUEST, what);
    }

    @Override
    public void warning(String key, String what) {
      problem(key, what);
    }
  }
}
