package ai.mariner.core.queue;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.config.ProgramOptions;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;

/** Finds the rules that models name in {@code batchPlugin}. Thread-safe. */
@FunctionalInterface
public interface BatchRules {
  /** There are none. */
  BatchRules NONE =
      (key, spec) -> {
        throw unknown(key, spec, "the batching policy of a plugin in plugins_path");
      };

  /**
   * The rule of a model that names one.
   *
   * @throws ServeException if there is none of that name
   */
  BatchRule of(ModelKey key, ModelSpec spec);

  /** The refusal of a name that nobody has. */
  static ServeException unknown(ModelKey key, ModelSpec spec, String expected) {
    return new ServeException(
        ErrorKind.ARCHIVE_INVALID,
        "Model "
            + key
            + ": "
            + ProgramOptions.BATCH_PLUGIN.key()
            + ": "
            + spec.require(ProgramOptions.BATCH_PLUGIN)
            + " (expected: "
            + expected
            + ")");
  }
}
