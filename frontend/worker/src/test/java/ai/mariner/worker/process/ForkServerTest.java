package ai.mariner.worker.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.config.WorkerConfig;
import ai.mariner.worker.TestWorkers;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The real fork server, and forks that are real workers. */
@EnabledOnOs(OS.LINUX)
class ForkServerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  private final List<ForkServer> started = new ArrayList<>();

  @AfterEach
  void kill() {
    started.forEach(ForkServer::kill);
  }

  private ForkServer start(Duration patience, String... modules) throws IOException {
    WorkerConfig config = TestWorkers.config(TestWorkers.python(), TestWorkers.repository());
    PythonCommand command =
        PythonCommand.of(
            config, TestWorkers.launch(9000, folder), socket(), "5ec7e7", environment());
    Path pipes = Files.createDirectories(folder.resolve("pipes"));
    ForkServer server = ForkServer.start(command.shared(), List.of(modules), pipes, patience);
    started.add(server);
    return server;
  }

  /** The test's own, in which Python finds modules of the folder. */
  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("PYTHONPATH", folder.toString());
    return environment;
  }

  private ForkServer start() throws IOException {
    return start(PATIENCE, "json");
  }

  private Path socket() {
    return folder.resolve("w.sock");
  }

  private Process fork(ForkServer server, Path directory) throws IOException {
    return server.fork(
        directory,
        Map.of(
            "MARINER_SOCKET", socket().toString(),
            "MARINER_WORKER", "9000",
            "MARINER_GENERATION", "1",
            "MARINER_NONCE", "5ec7e7"));
  }

  private static String text(InputStream output) throws IOException {
    try (output) {
      return new String(output.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void ended(Process process) throws InterruptedException {
    assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  /** A socket that takes connections and never says anything, so that workers wait. */
  private ServerSocketChannel listening() throws IOException {
    return ServerSocketChannel.open(StandardProtocolFamily.UNIX)
        .bind(UnixDomainSocketAddress.of(socket()));
  }

  @Test
  void tellsTheExitCodeAndTheWholeOutput() throws Exception {
    Process worker = fork(start(), folder);
    assertThat(text(worker.getErrorStream())).contains("worker: cannot start").endsWith("\n");
    assertThat(text(worker.getInputStream())).isEmpty();
    ended(worker);
    assertThat(worker.exitValue()).isEqualTo(1);
    assertThat(worker.isAlive()).isFalse();
  }

  @Test
  void forksManyFromOneProcess() throws Exception {
    try (ServerSocketChannel listener = listening()) {
      ForkServer server = start();
      List<Process> workers = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        workers.add(fork(server, folder));
        listener.accept();
      }
      assertThat(workers).extracting(Process::pid).doesNotHaveDuplicates();
      assertThat(workers).allMatch(Process::isAlive);
      try (var pipes = Files.list(folder.resolve("pipes"))) {
        assertThat(pipes).isEmpty();
      }
    }
  }

  @Test
  void tellsTheSignalThatEndedAFork() throws Exception {
    try (ServerSocketChannel listener = listening()) {
      Process worker = fork(start(), folder);
      listener.accept();
      assertThatThrownBy(worker::exitValue).isInstanceOf(IllegalThreadStateException.class);
      worker.destroyForcibly();
      ended(worker);
      assertThat(worker.exitValue()).isEqualTo(128 + 9);
      assertThat(text(worker.getErrorStream())).isEmpty();
    }
  }

  @Test
  void itsForksEndWithIt() throws Exception {
    try (ServerSocketChannel listener = listening()) {
      ForkServer server = start();
      Process worker = fork(server, folder);
      listener.accept();
      ProcessHandle handle = ProcessHandle.of(worker.pid()).orElseThrow();
      server.kill();
      ended(worker);
      assertThat(worker.exitValue()).isEqualTo(128 + 9);
      handle.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
      assertThatThrownBy(() -> fork(server, folder)).isInstanceOf(IOException.class);
    }
  }

  @Test
  void runsAForkInAFolderOfAnyName() throws Exception {
    Path odd = Files.createDirectories(folder.resolve("a b%20\nä=+"));
    try (ServerSocketChannel listener = listening()) {
      Process worker = fork(start(), odd);
      listener.accept();
      assertThat(Path.of("/proc", Long.toString(worker.pid()), "cwd").toRealPath())
          .isEqualTo(odd.toRealPath());
    }
  }

  @Test
  void namesTheFolderThatIsMissingAndGoesOn() throws Exception {
    ForkServer server = start();
    Path gone = folder.resolve("gone");
    assertThatThrownBy(() -> fork(server, gone)).hasMessageContaining(gone.toString());
    ended(fork(server, folder));
  }

  @Test
  void saysWhatCouldNotBeImported() {
    assertThatThrownBy(() -> start(PATIENCE, "json", "no.such.module"))
        .hasMessageContaining("No module named 'no'");
  }

  @Test
  void givesAnImportUpThatTakesTooLong() throws Exception {
    Path told = folder.resolve("told");
    Files.writeString(
        folder.resolve("endless.py"),
        "import os, threading\n"
            + "open('"
            + told
            + "', 'w').write(str(os.getpid()))\n"
            + "threading.Event().wait()\n");
    assertThatThrownBy(() -> start(Duration.ofSeconds(5), "endless"))
        .hasMessage("the fork server has not answered within 5 s");
    Optional<ProcessHandle> left = ProcessHandle.of(Long.parseLong(Files.readString(told)));
    if (left.isPresent()) {
      left.get().onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }
  }
}
