package ai.mariner.core.scheduling;

import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.HostMemory;
import ai.mariner.core.worker.ResidentMemory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Looks at memory away from the loops, since that may block. Thread-safe. */
public final class MemoryWatch {
  private static final Logger log = LoggerFactory.getLogger(MemoryWatch.class);

  private final ResidentMemory resident;
  private final HostMemory host;
  private final Executor executor;

  /**
   * Makes a watch.
   *
   * @param resident memory of worker processes
   * @param host memory of the machine
   * @param executor where it looks
   */
  public MemoryWatch(ResidentMemory resident, HostMemory host, Executor executor) {
    this.resident = resident;
    this.host = host;
    this.executor = executor;
  }

  /**
   * Looks at these processes and at the machine.
   *
   * @param told hears of it on the loop; never, when the server is shutting down
   */
  void survey(List<Long> pids, Loop loop, Consumer<MemorySurvey> told) {
    try {
      executor.execute(
          () -> {
            MemorySurvey survey = look(pids);
            loop.execute(() -> told.accept(survey));
          });
    } catch (RejectedExecutionException e) {
      log.debug("memory is not looked at any more: the server is shutting down");
    }
  }

  private MemorySurvey look(List<Long> pids) {
    Map<Long, Long> bytes = new HashMap<>();
    for (long pid : pids) {
      bytes.put(pid, resident.bytesOf(pid));
    }
    return new MemorySurvey(Map.copyOf(bytes), host.read());
  }
}
