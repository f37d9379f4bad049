package ai.mariner.core.model;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.config.ProgramOptions;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Options that follow from what serves a model, where nobody gives them. */
final class ImpliedOptions {
  private static final String PLAIN_MODELS = "ts.runtimes.";

  /** Libraries whose models take rows of a table. */
  private static final Set<String> TABLES = Set.of("sklearn", "xgboost", "lightgbm", "catboost");

  private static final int ROWS = 32;

  private ImpliedOptions() {}

  /**
   * What is implied: models of tables answer many rows in nearly the time of one, each as if it
   * were alone, so they take what waits unless somebody has a word on batches.
   *
   * @param handler serves the model; absent: the server's default
   * @param given what the sources of options say
   */
  static ModelOverrides of(@Nullable String handler, List<ModelOverrides> given) {
    if (handler == null || !isOfTables(handler)) {
      return ModelOverrides.NONE;
    }
    boolean said =
        given.stream()
            .anyMatch(
                each ->
                    each.get(ProgramOptions.BATCH_SIZE) != null
                        || each.get(ProgramOptions.MAX_BATCH_DELAY) != null
                        || each.get(ProgramOptions.BATCH_POLICY) != null);
    return said ? ModelOverrides.NONE : ModelOverrides.builder().batchSize(ROWS).build();
  }

  private static boolean isOfTables(String handler) {
    return TABLES.contains(
        handler.startsWith(PLAIN_MODELS) ? handler.substring(PLAIN_MODELS.length()) : handler);
  }
}
