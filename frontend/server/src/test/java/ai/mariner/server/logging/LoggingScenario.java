package ai.mariner.server.logging;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerOutput.Stream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/** A process that logs a little of everything. */
final class LoggingScenario {
  static final int MODEL_LINES = 20_000;

  private LoggingScenario() {}

  /**
   * Plays the scenario in a process of its own.
   *
   * @param folder where it runs; its {@code console.txt} is made there
   * @param logLocation {@code LOG_LOCATION} of its environment; absent: not set
   * @param arguments any: lines are JSON objects
   * @return what the console got
   */
  static List<String> play(Path folder, @Nullable Path logLocation, String... arguments)
      throws IOException, InterruptedException {
    Path output = folder.resolve("console.txt");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(LoggingScenario.class.getName());
    command.addAll(List.of(arguments));
    ProcessBuilder java =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    java.environment().keySet().removeAll(Set.of("LOG_LOCATION", "METRICS_LOCATION"));
    if (logLocation != null) {
      java.environment().put("LOG_LOCATION", logLocation.toString());
    }
    Process process = java.start();
    try {
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      List<String> console = Files.readAllLines(output);
      assertThat(process.exitValue()).as(console.toString()).isZero();
      return console;
    } finally {
      process.destroyForcibly();
    }
  }

  public static void main(String[] args) {
    if (args.length > 0) {
      ServerLogs.useJson();
    }
    WorkerLaunch worker =
        new WorkerLaunch(9000, 1, new ModelKey("echo", "1.0"), Path.of("/m"), "python", null);
    WorkerOutputLog output = new WorkerOutputLog((model, line) -> true, true);
    try (AccessLogFile access = new AccessLogFile()) {
      access.line("127.0.0.1:34602", "POST /predictions/echo HTTP/1.1", 200, 3);
    }
    LoggerFactory.getLogger("ai.mariner.server.Main").info("server line {}", 1);
    LoggerFactory.getLogger("ai.mariner.server.Main").debug("too fine");
    LoggerFactory.getLogger("ai.mariner.Fault")
        .error("it \"failed\"\n", new IllegalStateException("why"));
    LoggerFactory.getLogger("io.netty.x").warn("netty warning");
    LoggerFactory.getLogger("TS_METRICS").info("Requests2XX.Count:1.0|#Level:Host");
    output.line(worker, Stream.STDOUT, "model says {}");
    output.line(worker, Stream.STDERR, "model warns");
    output.line(
        worker, Stream.STDOUT, "[METRICS]T.ms:0.5|#Level:Model|#type:GAUGE|#hostname:vm,12,id-1");
    for (int i = 0; i < MODEL_LINES; i++) {
      output.line(worker, Stream.STDOUT, "line " + i);
    }
    ServerLogs.close();
  }
}
