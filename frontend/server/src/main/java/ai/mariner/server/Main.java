package ai.mariner.server;

import ai.mariner.core.config.Profile;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.server.config.CommandLine;
import ai.mariner.server.config.ConfigLoader;
import ai.mariner.server.config.ConfigOutcome;
import ai.mariner.server.config.ConfigSummary;
import ai.mariner.server.config.Machine;
import ai.mariner.server.logging.ServerLogs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
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
    if (!parsed.problems().isEmpty()) {
      fail(parsed.problems(), BAD_ARGUMENTS);
      return;
    }
    Map<String, String> environment = System.getenv();
    // Nothing that logs may come before.
    ServerLogs.begin(environment, System.err);
    CommandLine commandLine = parsed.commandLine();
    AtomicReference<@Nullable Wiring> running = new AtomicReference<>();
    Path runFolder = commandLine.runFolder();
    CommandFolder folder = runFolder == null ? null : new CommandFolder(runFolder);
    Runtime.getRuntime().addShutdownHook(new Thread(() -> end(running.get(), folder), "shutdown"));
    StateReport state = StateReport.of(commandLine.stateFile(), profile);
    ConfigOutcome outcome =
        new ConfigLoader(Machine.current(environment), VERSION)
            .loadWithFile(profile, commandLine, environment, Path.of("").toAbsolutePath());
    if (outcome instanceof ConfigOutcome.Refused refused) {
      state.failed(refused.problems());
      fail(
          refused.problems().stream().map(problem -> "Invalid configuration: " + problem).toList(),
          FAILED);
      return;
    }
    ServerConfig config = ((ConfigOutcome.Loaded) outcome).config();
    Logger log = LoggerFactory.getLogger(Main.class);
    outcome.warnings().forEach(log::warn);
    ConfigSummary.lines(config, Path.of("").toAbsolutePath()).forEach(log::info);
    Wiring server = start(config, environment, state);
    if (server != null) {
      running.set(server);
      System.out.println("Model server started.");
      System.out.flush();
      // gRPC logs through java.util.logging, and only once there are calls.
      SLF4JBridgeHandler.removeHandlersForRootLogger();
      SLF4JBridgeHandler.install();
      server.awaitStop();
    }
  }

  private static @Nullable Wiring start(
      ServerConfig config, Map<String, String> environment, StateReport state) {
    try {
      return Wiring.start(config, environment, state);
    } catch (IOException | RuntimeException e) {
      String message = e.getMessage() == null ? e.toString() : e.getMessage();
      // What is in the way of a start is told by its message; only a fault of our own needs its
      // stack.
      Logger log = LoggerFactory.getLogger(Main.class);
      if (e instanceof IOException) {
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
