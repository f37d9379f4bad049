package ai.mariner.core.crew;

import ai.mariner.core.config.WorkerLifespan;
import ai.mariner.core.metrics.RecycleReason;
import ai.mariner.core.process.Worker;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Which workers have lived long enough. On the pool's loop. */
final class WorkerAges {
  private static final Logger log = LoggerFactory.getLogger(WorkerAges.class);

  /** Limits are spread by this share, so that workers that started together don't go together. */
  private static final double SPREAD = 0.1;

  private final WorkerLifespan limits;
  private final RandomGenerator random;
  private final Map<Worker, Life> lives = new HashMap<>();
  private MemorySurvey memory = new MemorySurvey(Map.of(), null);

  /**
   * The present process of a worker.
   *
   * @param share what it gets of the limits, about 1
   * @param large whether it was above the limit of memory before it had served anything
   */
  private record Life(double share, boolean large) {}

  WorkerAges(WorkerLifespan limits, RandomGenerator random) {
    this.limits = limits;
    this.random = random;
  }

  /** A process takes runs from now on. */
  void begin(Worker worker) {
    lives.put(worker, new Life(1 + SPREAD * (2 * random.nextDouble() - 1), false));
  }

  /** A worker has ended for good. */
  void end(Worker worker) {
    lives.remove(worker);
  }

  /**
   * The memory of a process that has just loaded the model. One that is too large from the start is
   * never too large: replacing it would not help, and never end.
   */
  void newborn(Worker worker, MemorySurvey survey) {
    Life life = lives.get(worker);
    Long limit = limits.rssBytes();
    long bytes = survey.of(worker.pid());
    if (life != null && limit != null && bytes > limit) {
      lives.put(worker, new Life(life.share(), true));
      log.warn(
          "{} takes {} MiB once it is loaded, so maxWorkerRssMb: {} is not applied to it"
              + " (expected: more than that)",
          worker.name(),
          bytes >> 20,
          limit >> 20);
    }
  }

  /** The memory of all workers as of now. */
  void surveyed(MemorySurvey survey) {
    memory = survey;
  }

  /** Why a worker should go; {@code null}: it should not. */
  @Nullable RecycleReason reason(Worker worker, long now) {
    Life life = lives.get(worker);
    if (life == null) {
      return null;
    }
    Integer requests = limits.requests();
    if (requests != null && worker.served() >= Math.max(1, requests * life.share())) {
      return RecycleReason.REQUESTS;
    }
    Duration age = limits.age();
    if (age != null && worker.readyNanos(now) >= age.toNanos() * life.share()) {
      return RecycleReason.AGE;
    }
    Long rss = limits.rssBytes();
    if (rss != null && !life.large() && memory.of(worker.pid()) > rss) {
      return RecycleReason.MEMORY;
    }
    return null;
  }

  /** The reason in figures, for logs. */
  String describe(Worker worker, RecycleReason reason, long now) {
    return switch (reason) {
      case REQUESTS ->
          "it has served "
              + worker.served()
              + " requests (maxWorkerRequests: "
              + limits.requests()
              + ")";
      case MEMORY -> "it takes " + (memory.of(worker.pid()) >> 20) + " MiB (maxWorkerRssMb)";
      case AGE ->
          "it has served for "
              + Duration.ofNanos(worker.readyNanos(now)).toSeconds()
              + " s (maxWorkerAgeSec)";
    };
  }
}
