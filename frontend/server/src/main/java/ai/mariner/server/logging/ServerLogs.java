package ai.mariner.server.logging;

import org.apache.logging.log4j.LogManager;

/** Beginning and end of logging. */
public final class ServerLogs {
  private ServerLogs() {}

  /**
   * Writes out everything that waits and closes the files. The last thing before the process ends:
   * the configuration switches Log4j's own shutdown hook off, which would cut the log of the drain.
   */
  public static void close() {
    LogManager.shutdown();
  }
}
