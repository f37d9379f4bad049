package ai.mariner.server.logging;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.core.Appender;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractOutputStreamAppender;
import org.apache.logging.log4j.core.appender.FileManager;
import org.jspecify.annotations.Nullable;

/** Beginning and end of logging. */
public final class ServerLogs {
  private static final List<String> OWN_CONFIGURATION =
      List.of("log4j.configurationFile", "log4j2.configurationFile");

  private static final String CONSOLE_ONLY = "log4j2-console.xml";

  private ServerLogs() {}

  /**
   * Looks at an operator's own configuration of Log4j, if there is one.
   *
   * @return what is wrong with it, by file; absent: nothing
   */
  public static @Nullable String ownConfigurationProblem() {
    for (String key : OWN_CONFIGURATION) {
      String location = System.getProperty(key);
      String problem = location == null ? null : LogConfigurationFile.problem(location);
      if (problem != null) {
        return problem;
      }
    }
    return null;
  }

  /** Has the built-in configuration of Log4j used in place of the operator's own. */
  public static void dropOwnConfiguration() {
    OWN_CONFIGURATION.forEach(System::clearProperty);
  }

  /** Has nothing logged and no file made. To be called before anything logs. */
  public static void silence() {
    dropOwnConfiguration();
    System.setProperty("log4j2.configurationFile", "log4j2-silent.xml");
  }

  /**
   * Leaves the log to the console when its files can't be written, which Log4j would take for a
   * reason to end the process. To be called before anything logs; an operator's own configuration
   * of Log4j is left alone.
   *
   * @param environment where the folders of the files are named
   * @param warnings told when there will be no files
   */
  public static void begin(Map<String, String> environment, PrintStream warnings) {
    if (OWN_CONFIGURATION.stream().anyMatch(key -> System.getProperty(key) != null)) {
      return;
    }
    for (String variable : List.of("LOG_LOCATION", "METRICS_LOCATION")) {
      Path folder = Path.of(environment.getOrDefault(variable, "logs"));
      String problem = problem(folder);
      if (problem != null) {
        warnings.println(
            "warning: no log files, only the console: "
                + folder.toAbsolutePath()
                + ": "
                + problem
                + " ("
                + variable
                + ", expected: a folder that can be written)");
        System.setProperty("log4j2.configurationFile", CONSOLE_ONLY);
        return;
      }
    }
  }

  /**
   * Has each line written as a JSON object from now on.
   *
   * @return false: an operator's own configuration of Log4j says how lines look
   */
  public static boolean useJson() {
    for (String key : OWN_CONFIGURATION) {
      String location = System.getProperty(key);
      if (location != null && !location.equals(CONSOLE_ONLY)) {
        return false;
      }
    }
    boolean console = System.getProperty("log4j2.configurationFile") != null;
    JsonLogs.use(console ? CONSOLE_ONLY : "log4j2.xml");
    return true;
  }

  private static @Nullable String problem(Path folder) {
    try {
      Files.createDirectories(folder);
      return Files.isWritable(folder) ? null : "it can't be written";
    } catch (FileAlreadyExistsException e) {
      return "it is no folder";
    } catch (IOException e) {
      return "it can't be made: " + e;
    }
  }

  /**
   * Hands the buffered lines of a logger's files to the system. Does nothing under another
   * implementation of Log4j's API.
   *
   * @param logger name of a logger
   */
  static void flush(String logger) {
    if (LogManager.getContext(false) instanceof LoggerContext context) {
      for (Appender appender :
          context.getConfiguration().getLoggerConfig(logger).getAppenders().values()) {
        if (appender instanceof AbstractOutputStreamAppender<?> file) {
          file.getManager().flush();
        }
      }
    }
  }

  /** The files that are written now, by name without folder, whoever has configured them. */
  static Map<String, Path> files() {
    Map<String, Path> found = new TreeMap<>();
    if (LogManager.getContext(false) instanceof LoggerContext context) {
      for (Appender appender : context.getConfiguration().getAppenders().values()) {
        if (appender instanceof AbstractOutputStreamAppender<?> stream
            && stream.getManager() instanceof FileManager file) {
          Path path = Path.of(file.getFileName()).toAbsolutePath();
          found.put(String.valueOf(path.getFileName()), path);
        }
      }
    }
    return found;
  }

  /** Hands what all files have buffered to the system. */
  static void flushAll() {
    if (LogManager.getContext(false) instanceof LoggerContext context) {
      for (Appender appender : context.getConfiguration().getAppenders().values()) {
        if (appender instanceof AbstractOutputStreamAppender<?> file) {
          file.getManager().flush();
        }
      }
    }
  }

  /**
   * Writes out everything that waits and closes the files. The last thing before the process ends:
   * the configuration switches Log4j's own shutdown hook off, which would cut the log of the drain.
   */
  public static void close() {
    LogManager.shutdown();
  }
}
