package ai.mariner.server.logging;

import ai.mariner.core.message.ModelKey;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerOutput.Stream;
import java.nio.file.Path;
import org.slf4j.LoggerFactory;

/** A process that logs a little of everything, for {@link LogFilesTest}. */
final class LoggingScenario {
  static final int MODEL_LINES = 20_000;

  private LoggingScenario() {}

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
