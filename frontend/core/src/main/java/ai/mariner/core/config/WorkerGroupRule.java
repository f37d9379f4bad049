package ai.mariner.core.config;

import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which names groups of models have, and which models may share a process with others. */
public final class WorkerGroupRule {
  /** What a model says that wants processes of its own, whatever the server's default. */
  public static final String NONE = "none";

  /** What a name has to be, for messages. */
  public static final String EXPECTED =
      "letters, digits, _ - and ., at most 128 characters; none: a process of its own";

  static final String FORM = "[A-Za-z0-9][A-Za-z0-9_.-]{0,127}";

  private static final Pattern PATTERN = Pattern.compile(FORM);

  /** Options that concern a process as a whole, or that keep others from their turn. */
  private static final List<ModelOption<?>> OBSTACLES =
      List.of(
          ProgramOptions.ASYNC_COMMUNICATION,
          ProgramOptions.CONTINUOUS_BATCHING,
          ProgramOptions.PREPARE_AHEAD,
          ProgramOptions.USE_JOB_TICKET,
          CrewOptions.USE_VENV,
          CrewOptions.PYTHON_EXECUTABLE,
          CrewOptions.PARALLEL_TYPE,
          CrewOptions.MAX_WORKER_REQUESTS,
          CrewOptions.MAX_WORKER_RSS,
          CrewOptions.MAX_WORKER_AGE);

  private WorkerGroupRule() {}

  /** Whether a group may have this name. */
  public static boolean allows(String name) {
    return PATTERN.matcher(name).matches();
  }

  /**
   * What keeps a model from sharing a process; {@code null}: nothing does.
   *
   * @param runtime runtime of its manifest
   */
  public static @Nullable String obstacle(ModelSpec spec, String runtime) {
    if (runtime.equals("python3")) {
      return "runtime python3, an interpreter of its own";
    }
    for (ModelOption<?> option : OBSTACLES) {
      Object value = spec.get(option);
      if (value != null && !value.equals(false)) {
        return option.key();
      }
    }
    return null;
  }
}
