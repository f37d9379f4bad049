package ai.mariner.server.config;

import ai.mariner.core.config.ServerConfig;
import java.util.List;

/** What came of reading the configuration. */
public sealed interface ConfigOutcome {
  /** What is odd but does no harm; one sentence each. */
  List<String> warnings();

  /**
   * The server can start.
   *
   * @param config what it was told
   * @param warnings what is odd
   */
  record Loaded(ServerConfig config, List<String> warnings) implements ConfigOutcome {}

  /**
   * The server can't start.
   *
   * @param problems everything that is wrong, not only the first
   * @param warnings what is odd
   */
  record Refused(List<String> problems, List<String> warnings) implements ConfigOutcome {}
}
