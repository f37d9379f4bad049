package ai.mariner.server.config;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts GPUs: those that {@code CUDA_VISIBLE_DEVICES} names, else those that the driver's command
 * lists.
 */
final class GpuProbe implements IntSupplier {
  private static final Logger log = LoggerFactory.getLogger(GpuProbe.class);

  private final Map<String, String> environment;
  private final List<String> command;
  private final Duration limit;

  /**
   * A probe.
   *
   * @param environment variables of this process
   * @param command prints one line for each GPU
   * @param limit how long the command may take; a hanging driver counts as no GPU
   */
  GpuProbe(Map<String, String> environment, List<String> command, Duration limit) {
    this.environment = environment;
    this.command = command;
    this.limit = limit;
  }

  @Override
  public int getAsInt() {
    String visible = environment.get("CUDA_VISIBLE_DEVICES");
    return visible != null ? countVisible(visible) : countListed();
  }

  /** As CUDA reads it: devices after the first invalid one are not visible. */
  private static int countVisible(String devices) {
    int count = 0;
    for (String device : devices.split(",")) {
      if (device.isBlank() || device.strip().startsWith("-")) {
        break;
      }
      count++;
    }
    return count;
  }

  private int countListed() {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      // No driver on this machine.
      return 0;
    }
    try {
      if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
        log.warn("{} has not answered within {}; no GPU is used", command.get(0), limit);
        return 0;
      }
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.exitValue() == 0
          ? (int) output.lines().filter(line -> line.strip().matches("\\d+")).count()
          : 0;
    } catch (IOException e) {
      log.warn("{}: {}; no GPU is used", command.get(0), e.getMessage());
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 0;
    } finally {
      process.destroyForcibly();
    }
  }
}
