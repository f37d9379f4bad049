package ai.mariner.worker.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.mariner.core.config.WorkerConfig;
import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerOutput;
import ai.mariner.core.worker.WorkerProcess;
import ai.mariner.worker.TestWorkers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real processes: how they end and what they print. */
class ProcessSpawnerTest {
  private static final long PATIENCE_SECONDS = 30;

  @TempDir Path folder;

  private final LinkedBlockingQueue<String> stdout = new LinkedBlockingQueue<>();
  private final LinkedBlockingQueue<String> stderr = new LinkedBlockingQueue<>();
  private final CompletableFuture<ProcessExit> exit = new CompletableFuture<>();
  private final List<ProcessSpawner> spawners = new ArrayList<>();

  @AfterEach
  void close() {
    spawners.forEach(ProcessSpawner::close);
  }

  private ProcessSpawner spawner(String script, String... hidden) {
    Path home = TestWorkers.scripted(folder.resolve("home"), script);
    WorkerConfig config = TestWorkers.config(TestWorkers.python(), home, hidden);
    ProcessSpawner spawner =
        new ProcessSpawner(
            config,
            (worker, stream, line) ->
                (stream == WorkerOutput.Stream.STDOUT ? stdout : stderr).add(line),
            System.getenv());
    spawners.add(spawner);
    return spawner;
  }

  private WorkerProcess spawn(ProcessSpawner spawner) {
    return spawner.spawn(
        TestWorkers.launch(9000, folder), folder.resolve("none.sock"), "ab", exit::complete);
  }

  private WorkerProcess run(String script) {
    return spawn(spawner(script));
  }

  private ProcessExit exit() throws Exception {
    return exit.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  private static String next(LinkedBlockingQueue<String> lines) throws InterruptedException {
    String line = lines.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(line).as("a line of output").isNotNull();
    return line == null ? "" : line;
  }

  /** All lines up to the last one. */
  @Test
  void saysOfAStoppedProcessThatItHasNoStacks() throws Exception {
    WorkerProcess process =
        run(
            """
            print("ready", flush=True)
            os.kill(os.getpid(), signal.SIGSTOP)
            forever()
            """);
    assertThat(next(stdout)).isEqualTo("ready");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    // It is stopped a moment after its word; asking too early only sends a signal that waits.
    while (!process.lastErrorLines().contains("stopped by a signal")
        && System.nanoTime() < deadline) {
      process.dumpStacks();
      Thread.onSpinWait();
    }
    assertThat(process.lastErrorLines()).contains("stopped by a signal");
    process.kill();
    assertThat(exit().killed()).isTrue();
  }

  private static List<String> upTo(String last, LinkedBlockingQueue<String> lines)
      throws InterruptedException {
    List<String> read = new ArrayList<>();
    while (read.isEmpty() || !read.get(read.size() - 1).equals(last)) {
      read.add(next(lines));
    }
    return read;
  }

  @Test
  void passesTheExitCodeOn() throws Exception {
    run("sys.exit(23)");
    assertThat(exit()).isEqualTo(new ProcessExit(23, null, null));
  }

  @Test
  void namesTheSignalThatEndedIt() throws Exception {
    run("os.kill(os.getpid(), signal.SIGSEGV)");
    assertThat(exit()).hasToString("was ended by signal 11 (SIGSEGV)");
  }

  @Test
  void runsInTheModelFolderWithNothingToRead() throws Exception {
    run("print(os.path.realpath('.'), repr(sys.stdin.read()))");
    assertThat(next(stdout)).isEqualTo(folder.toRealPath() + " ''");
  }

  @Test
  void killsTheProcessAndItsChildren() throws Exception {
    WorkerProcess process =
        run(
            """
            import subprocess
            child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
            print(child.pid)
            forever()
            """);
    ProcessHandle child = ProcessHandle.of(Long.parseLong(next(stdout))).orElseThrow();

    process.kill();

    assertThat(exit().killed()).isTrue();
    assertThat(exit()).hasToString("was ended by signal 9 (SIGKILL)");
    child.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    assertThat(child.isAlive()).isFalse();
    process.kill();
    process.dumpStacks();
  }

  @Test
  void whatAnEndedWorkerLeavesBehindInItsGroupEndsToo() throws Exception {
    run(
        """
        import os, subprocess
        os.setpgid(0, 0)
        child = subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
        print(child.pid, flush=True)
        os._exit(7)
        """);
    Optional<ProcessHandle> child = ProcessHandle.of(Long.parseLong(next(stdout)));

    assertThat(exit().code()).isEqualTo(7);
    if (child.isPresent()) {
      child.get().onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }
    assertThat(child.map(ProcessHandle::isAlive).orElse(false)).isFalse();
  }

  @Test
  void killsAProcessThatHasJustBeenAskedFor() throws Exception {
    WorkerProcess process = run("forever()");
    process.kill();
    assertThat(exit().toString())
        .isIn(
            "was ended by signal 9 (SIGKILL)",
            "could not be started: it was stopped before it started");
  }

  @Test
  void asksForStacksBySignal() throws Exception {
    WorkerProcess process =
        run(
            """
            import faulthandler
            faulthandler.register(signal.SIGUSR1, all_threads=True)
            print("ready")
            while True:
                signal.pause()
                sys.exit(42)
            """);
    assertThat(next(stdout)).isEqualTo("ready");

    process.dumpStacks();

    assertThat(exit().code()).isNotNull().isEqualTo(42);
    assertThat(upTo("File", stderr, 5)).anyMatch(line -> line.contains("_worker.py"));
    assertThat(process.lastErrorLines()).contains("_worker.py");
  }

  private static List<String> upTo(String start, LinkedBlockingQueue<String> lines, int most)
      throws InterruptedException {
    List<String> read = new ArrayList<>();
    while (read.size() < most && read.stream().noneMatch(line -> line.strip().startsWith(start))) {
      read.add(next(lines));
    }
    return read;
  }

  @Test
  void handsOnAHundredThousandLinesInOrder() throws Exception {
    run(
        """
        sys.stdout.write("".join(f"line {i}\\n" for i in range(100000)))
        sys.stdout.write("end")
        sys.stdout.flush()
        """);
    List<String> expected =
        new ArrayList<>(IntStream.range(0, 100_000).mapToObj(i -> "line " + i).toList());
    expected.add("end");
    List<String> read = upTo("end", stdout);
    assertThat(read.equals(expected)).as("%d lines, the same in order", read.size()).isTrue();
    assertThat(exit().code()).isEqualTo(0);
  }

  @Test
  void handsOnOddOutputCompletely() throws Exception {
    run(
        """
        out = sys.stdout.buffer
        out.write("é".encode() * 150000 + b"\\n" + b"bad \\xff\\xfe utf-8\\n" + b"\\n" + b"cr\\r\\n")
        out.write(b"no end of line")
        out.flush()
        """);
    List<String> read = upTo("no end of line", stdout);
    int odd = read.size() - 4;
    assertThat(String.join("", read.subList(0, odd)).equals("é".repeat(150_000))).isTrue();
    assertThat(read.subList(odd, read.size()))
        .containsExactly("bad \uFFFD\uFFFD utf-8", "", "cr", "no end of line");
  }

  @Test
  void keepsTheTwoOutputsApartAndTheLastErrorLinesBounded() throws Exception {
    WorkerProcess process =
        run(
            """
            print("to stdout")
            for i in range(5000):
                print(f"error {i}", file=sys.stderr)
            print("x" * 100000, file=sys.stderr)
            print("last words", file=sys.stderr)
            sys.exit(1)
            """);
    List<String> errors = upTo("last words", stderr);
    assertThat(exit().code()).isEqualTo(1);
    assertThat(errors.subList(0, 5000))
        .isEqualTo(IntStream.range(0, 5000).mapToObj(i -> "error " + i).toList());
    assertThat(stdout).containsExactly("to stdout");
    assertThat(process.lastErrorLines()).endsWith("\nlast words").contains("error 4999\nxxx");
    assertThat(process.lastErrorLines().length()).isLessThanOrEqualTo(8192);
  }

  @Test
  void hidesVariablesFromTheRealProcess() throws Exception {
    spawn(spawner("print('PATH' in os.environ, 'HOME' in os.environ)", "HOM.", "ATH"));
    assertThat(next(stdout)).isEqualTo("True False");
  }

  @Test
  void saysThatTheFolderIsMissing() throws Exception {
    Path gone = folder.resolve("gone");
    spawner("forever()")
        .spawn(TestWorkers.launch(9000, gone), folder.resolve("s"), "ab", exit::complete);
    assertThat(exit().startFailure()).contains(gone.toString());
    assertThat(Files.exists(gone)).isFalse();
  }

  @Test
  void livesOnAfterAStartThatFailsOddly() throws Exception {
    // A pattern that does not compile is the configuration's fault; it must not end the thread
    // whose death would take all workers with it.
    ProcessSpawner spawner = spawner("print('alive')", "(");
    for (int i = 0; i < 2; i++) {
      CompletableFuture<ProcessExit> told = new CompletableFuture<>();
      spawner.spawn(TestWorkers.launch(9000, folder), folder.resolve("s"), "ab", told::complete);
      assertThat(told.get(PATIENCE_SECONDS, TimeUnit.SECONDS).startFailure())
          .contains("Unclosed group");
    }
  }
}
