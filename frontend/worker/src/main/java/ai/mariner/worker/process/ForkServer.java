package ai.mariner.worker.process;

import java.io.BufferedInputStream;
import java.io.BufferedReader;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Python process that has imported what many workers need, and forks them ({@code
 * ts/_worker/fork_server.py}; the lines between the two are defined in {@code proto/wire}). When it
 * ends, the kernel ends its forks. {@link #fork} is for one thread, the one that started it.
 */
final class ForkServer {
  private static final Logger LOG = LoggerFactory.getLogger(ForkServer.class);

  /** The end of a fork whose fork server has ended: the kernel kills it. */
  private static final int KILLED = 128 + 9;

  private final Process process;
  private final Path pipes;
  private final Duration patience;
  private final OutputStream requests;
  private final CompletableFuture<String> ready = new CompletableFuture<>();
  private final Map<String, Child> children = new ConcurrentHashMap<>();
  private int forks;

  private ForkServer(Process process, Path pipes, Duration patience) {
    this.process = process;
    this.pipes = pipes;
    this.patience = patience;
    this.requests = process.getOutputStream();
  }

  /**
   * Starts one and waits until it has imported everything.
   *
   * @param command the worker's command, whose environment all its forks share
   * @param modules what to import
   * @param directory private folder, where it runs and its pipes are
   * @param patience how long that and each fork may take
   * @throws IOException naming why there can't be one; nothing is left then
   */
  static ForkServer start(
      PythonCommand command, List<String> modules, Path directory, Duration patience)
      throws IOException {
    List<String> arguments = new ArrayList<>(command.arguments());
    arguments.add("--fork-server");
    arguments.addAll(modules);
    ProcessBuilder builder = new ProcessBuilder(arguments).directory(directory.toFile());
    builder.environment().clear();
    builder.environment().putAll(command.environment());
    ForkServer server = new ForkServer(builder.start(), directory, patience);
    daemon("fork-server-answers", server::readAnswers);
    daemon("fork-server-stderr", server::readErrors);
    try {
      server.await(server.ready);
      return server;
    } catch (IOException e) {
      server.kill();
      throw e;
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Kills it; its forks end with it. */
  void kill() {
    process.destroyForcibly();
  }

  /**
   * Forks a worker.
   *
   * @param directory its working directory
   * @param environment what its environment has that the fork server's has not
   * @throws IOException if it can't be forked
   */
  Process fork(Path directory, Map<String, String> environment) throws IOException {
    String id = Integer.toString(++forks);
    File stdout = pipes.resolve("fork-" + id + ".out").toFile();
    File stderr = pipes.resolve("fork-" + id + ".err").toFile();
    List<String> words =
        new ArrayList<>(
            List.of("fork", id, directory.toString(), stdout.toString(), stderr.toString()));
    environment.forEach((name, value) -> words.add(name + '=' + value));
    Child child = new Child();
    children.put(id, child);
    try {
      send(words);
      long pid = Long.parseLong(await(child.pid));
      try {
        return open(pid, stdout, stderr, child.exit);
      } finally {
        send(List.of("opened", id));
      }
    } finally {
      Files.deleteIfExists(stdout.toPath());
      Files.deleteIfExists(stderr.toPath());
    }
  }

  private static Process open(long pid, File stdout, File stderr, CompletableFuture<Integer> exit)
      throws IOException {
    InputStream out = null;
    try {
      out = reading(stdout);
      return new ForkedProcess(pid, out, reading(stderr), exit);
    } catch (IOException e) {
      if (out != null) {
        out.close();
      }
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
      throw e;
    }
  }

  /** A file stream of its own would look for the position in a pipe, which has none. */
  private static InputStream reading(File pipe) throws IOException {
    return new BufferedInputStream(new FileInputStream(pipe));
  }

  private void send(List<String> words) throws IOException {
    List<String> encoded =
        words.stream()
            .map(word -> URLEncoder.encode(word, StandardCharsets.UTF_8).replace("+", "%20"))
            .toList();
    requests.write((String.join(" ", encoded) + '\n').getBytes(StandardCharsets.US_ASCII));
    requests.flush();
  }

  private String await(CompletableFuture<String> answer) throws IOException {
    try {
      return answer.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // What it may still do can't be told from what it does for others.
      kill();
      throw new IOException(
          "the fork server has not answered within " + patience.toSeconds() + " s", e);
    } catch (ExecutionException e) {
      String reason = e.getCause() == null ? null : e.getCause().getMessage();
      throw new IOException(reason == null ? e.toString() : reason, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void readAnswers() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        take(line.split(" ", -1));
      }
    } catch (IOException e) {
      LOG.debug("the fork server's answers broke off", e);
    }
    // Whatever is asked for from now on fails when it is written.
    IOException ended = new IOException("the fork server has ended");
    ready.completeExceptionally(ended);
    children.forEach(
        (id, child) -> {
          child.pid.completeExceptionally(ended);
          child.exit.complete(KILLED);
        });
    children.clear();
  }

  private void take(String[] words) {
    switch (words[0]) {
      case "ready" -> ready.complete(words[0]);
      case "refused" -> ready.completeExceptionally(reason(words[1]));
      default -> {
        boolean last = !words[0].equals("forked");
        Child child = last ? children.remove(words[1]) : children.get(words[1]);
        if (child != null) {
          child.take(words[0], words[2]);
        }
      }
    }
  }

  private static IOException reason(String word) {
    return new IOException(URLDecoder.decode(word, StandardCharsets.UTF_8));
  }

  private void readErrors() {
    new LineReader(process.getErrorStream(), line -> LOG.info("fork server: {}", line)).readAll();
  }

  private static void daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    thread.start();
  }

  /** What is known of a fork. */
  private static final class Child {
    private final CompletableFuture<String> pid = new CompletableFuture<>();
    private final CompletableFuture<Integer> exit = new CompletableFuture<>();

    void take(String what, String word) {
      switch (what) {
        case "forked" -> pid.complete(word);
        case "failed" -> pid.completeExceptionally(reason(word));
        case "ended" -> exit.complete(Integer.parseInt(word));
        default -> LOG.warn("the fork server says {}, which is not known", what);
      }
    }
  }
}
