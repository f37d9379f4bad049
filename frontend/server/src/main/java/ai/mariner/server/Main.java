package ai.mariner.server;

import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.error.ServeException;
import ai.mariner.plugins.PluginException;
import ai.mariner.server.config.CommandLine;
import ai.mariner.server.config.ConfigLoader;
import ai.mariner.server.config.ConfigOutcome;
import ai.mariner.server.config.ConfigReport;
import ai.mariner.server.config.ConfigSummary;
import ai.mariner.server.config.Machine;
import ai.mariner.server.logging.ServerLogs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** The server process of the {@code mariner} command. */
public final class Main {
  /** Version of the product. */
  static final String VERSION = "0.13.0";

  private static final int FAILED = 1;
  private static final int BAD_ARGUMENTS = 2;

  private Main() {}

  /** Runs the server until it is told to stop. */
  public static void main(String[] arguments) {
    run(Profile.MARINER, arguments);
  }

  /**
   * Runs the server until a signal ends it (exit code 0). A start that fails ends the process with
   * 1, bad arguments with 2, and the reasons on standard error.
   */
  public static void run(Profile profile, String[] arguments) {
    CommandLine.Parsed parsed = CommandLine.parse(List.of(arguments));
    List<String> problems = argumentProblems(profile, parsed);
    if (!problems.isEmpty()) {
      fail(problems, BAD_ARGUMENTS);
      return;
    }
    CommandLine commandLine = parsed.commandLine();
    Map<String, String> environment = System.getenv();
    Path folder = Path.of("").toAbsolutePath();
    if (commandLine.showConfig()) {
      ServerLogs.silence();
      show(profile, load(profile, commandLine, environment, folder));
      return;
    }
    // Nothing that logs may come before.
    if (beginLogs(profile, environment)) {
      serve(profile, commandLine, environment, folder);
    }
  }

  private static void serve(
      Profile profile, CommandLine commandLine, Map<String, String> environment, Path folder) {
    AtomicReference<@Nullable Wiring> running = new AtomicReference<>();
    CommandFolder ownFolder = CommandFolder.of(commandLine);
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> end(running.get(), ownFolder), "shutdown"));
    StateReport state = StateReport.of(commandLine.stateFile(), profile);
    StartPlugins plugins = new StartPlugins(folder);
    ConfigOutcome outcome;
    try {
      outcome =
          loader(environment)
              .loadWithFile(
                  profile, commandLine, environment, folder, plugins.kept(profile, commandLine));
    } catch (PluginException e) {
      outcome =
          new ConfigOutcome.Refused(List.of(String.valueOf(e.getMessage())), List.of(), List.of());
    }
    if (outcome instanceof ConfigOutcome.Refused refused) {
      state.failed(refused.problems());
      fail(
          refused.problems().stream().map(problem -> "Invalid configuration: " + problem).toList(),
          FAILED);
      return;
    }
    ServerConfig config = ((ConfigOutcome.Loaded) outcome).config();
    Logger log = LoggerFactory.getLogger(Main.class);
    if (config.jsonLogs() && !ServerLogs.useJson()) {
      log.warn("log_format: json applies to nothing (expected: no --log-config)");
    }
    outcome.warnings().forEach(log::warn);
    ConfigSummary.lines(config, folder).forEach(log::info);
    Wiring server = start(config, environment, state, plugins, running);
    if (server != null) {
      System.out.println("Model server started.");
      System.out.flush();
      // gRPC logs through java.util.logging, and only once there are calls.
      SLF4JBridgeHandler.removeHandlersForRootLogger();
      SLF4JBridgeHandler.install();
      server.awaitStop();
    }
  }

  private static ConfigOutcome load(
      Profile profile, CommandLine commandLine, Map<String, String> environment, Path folder) {
    return loader(environment).loadWithFile(profile, commandLine, environment, folder);
  }

  private static ConfigLoader loader(Map<String, String> environment) {
    return new ConfigLoader(Machine.current(environment), VERSION);
  }

  /** What is wrong with the arguments; what is merely odd is printed. */
  private static List<String> argumentProblems(Profile profile, CommandLine.Parsed parsed) {
    if (parsed.problems().isEmpty() && !profile.unknownKeysFail()) {
      parsed.repeated().forEach(text -> System.err.println("warning: " + text));
      return List.of();
    }
    return Stream.concat(parsed.problems().stream(), parsed.repeated().stream()).toList();
  }

  /** Prints the configuration and ends the process: with 0 if a server would start with it. */
  private static void show(Profile profile, ConfigOutcome outcome) {
    System.out.println(ConfigReport.json(profile, outcome));
    System.out.flush();
    System.exit(outcome instanceof ConfigOutcome.Loaded ? 0 : FAILED);
  }

  /** Returns false when the process ends instead. */
  private static boolean beginLogs(Profile profile, Map<String, String> environment) {
    String problem = ServerLogs.ownConfigurationProblem();
    if (problem != null) {
      ServerLogs.dropOwnConfiguration();
      if (profile.unknownKeysFail()) {
        fail(List.of("log configuration " + problem), FAILED);
        return false;
      }
      System.err.println("warning: log configuration " + problem + "; the built-in one is used");
    }
    ServerLogs.begin(environment, System.err);
    return true;
  }

  private static @Nullable Wiring start(
      ServerConfig config,
      Map<String, String> environment,
      StateReport state,
      StartPlugins plugins,
      AtomicReference<@Nullable Wiring> running) {
    try {
      return Wiring.start(config, environment, state, plugins.of(config), running::set);
    } catch (IOException | RuntimeException e) {
      running.set(null);
      String message = e.getMessage() == null ? e.toString() : e.getMessage();
      // What is in the way of a start is told by its message; only a fault of our own needs its
      // stack.
      Logger log = LoggerFactory.getLogger(Main.class);
      if (e instanceof IOException || e instanceof ServeException) {
        log.error("The server could not start: {}", message);
      } else {
        log.error("The server could not start", e);
      }
      state.failed(List.of(message));
      fail(List.of(message), FAILED);
      return null;
    }
  }

  /**
   * Runs in the shutdown hook. Ends the process itself when there is a server, since the exit code
   * after a signal would not be 0 otherwise.
   *
   * @param server what runs; absent: nothing yet, or the start has failed
   * @param folder to be removed; absent: none
   */
  private static void end(@Nullable Wiring server, @Nullable CommandFolder folder) {
    if (server == null) {
      remove(folder);
      return;
    }
    int exitCode = FAILED;
    try {
      server.stop();
      exitCode = 0;
    } catch (RuntimeException | Error e) {
      LoggerFactory.getLogger(Main.class).error("The server could not stop cleanly", e);
    } finally {
      remove(folder);
      ServerLogs.close();
      Runtime.getRuntime().halt(exitCode);
    }
  }

  private static void remove(@Nullable CommandFolder folder) {
    if (folder != null) {
      folder.remove();
    }
  }

  private static void fail(List<String> problems, int exitCode) {
    problems.forEach(problem -> System.err.println("error: " + problem));
    ServerLogs.close();
    System.exit(exitCode);
  }
}
