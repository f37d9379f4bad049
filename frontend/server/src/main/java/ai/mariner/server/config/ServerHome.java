package ai.mariner.server.config;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the Python package of the workers lies: as the environment says, else the command line,
 * else the file.
 *
 * @param folder working directory
 */
record ServerHome(Machine machine, Path folder, Findings findings) {
  private static final String VARIABLE = "TS_MODEL_SERVER_HOME";
  private static final String OPTION = "--server-home";

  /**
   * The folder that holds {@code ts}; a problem is found if there is none.
   *
   * @param environment variables of this process
   * @param option of the command line; absent: not given
   * @param key name of the configuration key
   * @param configured value of that key; absent: not given
   */
  Path find(
      Map<String, String> environment,
      @Nullable Path option,
      String key,
      @Nullable Path configured) {
    String variable = environment.get(VARIABLE);
    if (variable != null) {
      return checked(VARIABLE, variable);
    }
    if (option != null) {
      return checked(OPTION, option.toString());
    }
    return configured != null ? checked(key, configured.toString()) : none(OPTION, "nothing");
  }

  private Path checked(String origin, String text) {
    try {
      Path home = folder.resolve(text).normalize();
      return machine.isFolder().test(home.resolve("ts")) ? home : none(origin, text);
    } catch (InvalidPathException e) {
      return none(origin, text);
    }
  }

  private Path none(String origin, String text) {
    findings.malformed(origin, text, "the folder that holds ts");
    return folder;
  }
}
