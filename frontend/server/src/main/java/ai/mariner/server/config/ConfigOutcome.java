package ai.mariner.server.config;

import ai.mariner.core.config.ServerConfig;
import java.util.List;

/** What came of reading the configuration. */
public sealed interface ConfigOutcome {
  /** What is odd but does no harm; one sentence each. */
  List<String> warnings();

  /** What holds for each key; empty when the file could not be read. */
  List<SettingInForce> settings();

  /**
   * The server can start.
   *
   * @param config what it was told
   * @param warnings what is odd
   * @param settings what holds for each key
   */
  record Loaded(ServerConfig config, List<String> warnings, List<SettingInForce> settings)
      implements ConfigOutcome {}

  /**
   * The server can't start.
   *
   * @param problems everything that is wrong, not only the first
   * @param warnings what is odd
   * @param settings what holds for each key; empty when the file could not be read
   */
  record Refused(List<String> problems, List<String> warnings, List<SettingInForce> settings)
      implements ConfigOutcome {}
}
