package ai.mariner.worker.process;

import ai.mariner.core.worker.ProcessExit;
import ai.mariner.core.worker.WorkerLaunch;
import ai.mariner.core.worker.WorkerOutput;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A running worker process: its output goes to the log line by line, its end is told once. */
final class SpawnedProcess {
  /**
   * How long the end of a process waits for the rest of its output; a child of its own may hold the
   * pipes open.
   */
  private static final long OUTPUT_GRACE_MILLIS = 50;

  private final Process process;
  private final LastLines errorLines;

  private SpawnedProcess(Process process, LastLines errorLines) {
    this.process = process;
    this.errorLines = errorLines;
  }

  /**
   * Watches a process that was just started.
   *
   * @param exited told how it ended, from any thread
   */
  static SpawnedProcess watch(
      Process process,
      WorkerLaunch launch,
      WorkerOutput output,
      LastLines errorLines,
      Consumer<ProcessExit> exited) {
    Thread out =
        pump(
            launch.name() + "-stdout",
            process.getInputStream(),
            line -> output.line(launch, WorkerOutput.Stream.STDOUT, line));
    Thread err =
        pump(
            launch.name() + "-stderr",
            process.getErrorStream(),
            line -> {
              errorLines.add(line);
              output.line(launch, WorkerOutput.Stream.STDERR, line);
            });
    Thread waiter =
        new Thread(
            () -> {
              int status = waitFor(process);
              killLeftBehind(process.pid());
              join(err);
              join(out);
              exited.accept(ProcessExit.ofStatus(status));
            },
            launch.name() + "-exit");
    waiter.setDaemon(true);
    waiter.start();
    return new SpawnedProcess(process, errorLines);
  }

  /** Kills it and what it started. */
  void kill() {
    if (!process.isAlive()) {
      // Its number may belong to another process by now.
      return;
    }
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  /**
   * Kills what an ended worker had started and did not wait for. A worker leads a process group of
   * its own, whose number no other process gets while it has members.
   */
  private static void killLeftBehind(long pid) {
    killGroups(List.of(pid));
  }

  /** Kills these groups; those that have no members are passed over. */
  static void killGroups(List<Long> leaders) {
    try {
      signal("-KILL", leaders.stream().map(pid -> "-" + pid).toList());
    } catch (IOException e) {
      // What is left behind can't be told from here; the worker's own end is what matters.
      return;
    }
  }

  /** Runs {@code kill}; without the dashes some of them take a group for an option. */
  private static void signal(String signal, List<String> targets) throws IOException {
    List<String> command = new ArrayList<>(List.of("kill", signal, "--"));
    command.addAll(targets);
    new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Sends the signal that makes a worker write its stacks, unless it is stopped and would not. */
  void dumpStacks() {
    dumpStacks(List.of(process.pid()));
  }

  /** The same of processes that it has started, or of itself. */
  void dumpStacks(List<Long> pids) {
    if (!process.isAlive()) {
      return;
    }
    List<String> targets = new ArrayList<>();
    for (long pid : pids) {
      if (isStopped(pid)) {
        String which = pid == process.pid() ? "the process" : "process " + pid;
        errorLines.add("(no stacks: " + which + " was stopped by a signal, as by SIGSTOP)");
      } else {
        targets.add(Long.toString(pid));
      }
    }
    if (targets.isEmpty()) {
      return;
    }
    try {
      signal("-USR1", targets);
    } catch (IOException e) {
      errorLines.add("(no stacks: " + e.getMessage() + ')');
    }
  }

  /** Whether a signal has stopped it; only Linux tells, elsewhere it counts as running. */
  private static boolean isStopped(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      // The state follows the name, which stands in parentheses and may hold anything.
      char state = stat.charAt(stat.lastIndexOf(')') + 2);
      return state == 'T' || state == 't';
    } catch (IOException | IndexOutOfBoundsException e) {
      return false;
    }
  }

  private static Thread pump(String name, InputStream input, Consumer<String> lines) {
    Thread thread = new Thread(() -> readAll(input, lines), name);
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void readAll(InputStream input, Consumer<String> lines) {
    try (input) {
      new LineReader(input, lines).readAll();
    } catch (IOException e) {
      // All was read; there is nothing to be done about a pipe that can't be closed.
      return;
    }
  }

  private static int waitFor(Process process) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return process.waitFor();
        } catch (InterruptedException e) {
          // Nobody interrupts this thread on purpose; the process is what ends it.
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void join(Thread thread) {
    try {
      TimeUnit.MILLISECONDS.timedJoin(thread, OUTPUT_GRACE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
