package ai.mariner.core.crew;

import ai.mariner.core.time.Loop;
import ai.mariner.core.worker.HostMemory;
import ai.mariner.core.worker.ResidentMemory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at memory away from the loops, since that may block, and sees to it that no two pools count
 * on the same free memory. Thread-safe.
 */
public final class MemoryWatch {
  private static final Logger log = LoggerFactory.getLogger(MemoryWatch.class);

  private final ResidentMemory resident;
  private final HostMemory host;
  private final Executor executor;

  /** Promised to workers that have not loaded yet. */
  private final AtomicLong granted = new AtomicLong();

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

  /**
   * Promises one more worker of a pool its memory.
   *
   * @param survey of the pool's workers and the machine
   * @return to be ended when the worker has loaded or will not; {@code null}: there is no room,
   *     also counting what others were promised
   */
  @Nullable MemoryGrant grant(MemorySurvey survey) {
    long bytes = survey.workerBytes();
    long before;
    do {
      before = granted.get();
      if (!survey.hasRoom(before)) {
        return null;
      }
    } while (!granted.compareAndSet(before, before + bytes));
    return new MemoryGrant(granted, bytes);
  }

  /** Why there was no grant, for logs. */
  String shortage(MemorySurvey survey) {
    return survey.shortage(granted.get());
  }

  private MemorySurvey look(List<Long> pids) {
    Map<Long, Long> bytes = new HashMap<>();
    for (long pid : pids) {
      bytes.put(pid, resident.bytesOf(pid));
    }
    return new MemorySurvey(Map.copyOf(bytes), host.read());
  }
}
