package ai.mariner.worker.install;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A program that installs: its output goes to the log, and its end is waited for. */
final class InstallProcess {
  private static final Logger log = LoggerFactory.getLogger(InstallProcess.class);
  private static final int KEPT_LINES = 20;
  private static final int KEPT_CHARS = 500;

  /** How long the end of a process waits for the rest of its output. */
  private static final Duration OUTPUT_GRACE = Duration.ofSeconds(2);

  private final Process process;
  private final Thread reader;
  private final ArrayDeque<String> lines = new ArrayDeque<>();
  private volatile boolean killed;

  private InstallProcess(Process process, String title) {
    this.process = process;
    this.reader = new Thread(() -> read(title), title + "-output");
    reader.setDaemon(true);
    reader.start();
  }

  /**
   * Starts one, which leads a process group of its own.
   *
   * @param title what it is for, in the log
   */
  static InstallProcess start(
      String title, List<String> command, Path directory, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectErrorStream(true);
    builder.redirectInput(ProcessBuilder.Redirect.from(new java.io.File("/dev/null")));
    return new InstallProcess(builder.start(), title);
  }

  /**
   * Waits for its end; when the time is over, it is killed.
   *
   * @return its last lines
   * @throws InstallException if it failed, or was killed
   */
  List<String> await(Duration limit) throws InstallException {
    try {
      boolean ended = process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
      boolean stopped = killed;
      kill();
      reader.join(OUTPUT_GRACE.toMillis());
      if (stopped) {
        throw new InstallException("the server is shutting down");
      }
      if (!ended) {
        throw new InstallException(
            "it was not done within " + limit.toSeconds() + " s" + said(". Its last lines:"));
      }
    } catch (InterruptedException e) {
      kill();
      Thread.currentThread().interrupt();
      throw new InstallException("the server is shutting down", e);
    }
    if (process.exitValue() != 0) {
      throw new InstallException(
          "the installer ended with status " + process.exitValue() + said(". Its last lines:"));
    }
    return last();
  }

  /** Kills it with all that it has started. */
  void kill() {
    killed = true;
    List<ProcessHandle> started = process.descendants().toList();
    try {
      // Without the dashes some of them take a group for an option.
      new ProcessBuilder("kill", "-KILL", "--", "-" + process.pid())
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor(5, TimeUnit.SECONDS);
    } catch (IOException e) {
      log.debug("kill could not be started", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    process.destroyForcibly();
    started.forEach(ProcessHandle::destroyForcibly);
  }

  private String said(String before) {
    List<String> last = last();
    return last.isEmpty() ? "" : before + '\n' + String.join("\n", last);
  }

  private List<String> last() {
    synchronized (lines) {
      return List.copyOf(lines);
    }
  }

  private void read(String title) {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        log.info("{}: {}", title, line);
        keep(line.stripTrailing());
      }
    } catch (IOException e) {
      log.debug("the output of {} broke off", title, e);
    }
  }

  private void keep(String line) {
    if (line.isEmpty()) {
      return;
    }
    synchronized (lines) {
      lines.addLast(line.length() > KEPT_CHARS ? line.substring(0, KEPT_CHARS) + '…' : line);
      if (lines.size() > KEPT_LINES) {
        lines.removeFirst();
      }
    }
  }
}
