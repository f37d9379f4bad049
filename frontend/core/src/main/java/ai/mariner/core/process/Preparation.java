package ai.mariner.core.process;

import ai.mariner.core.job.LossCause;
import ai.mariner.core.worker.ItemReply;
import ai.mariner.core.worker.LoadCommand;
import ai.mariner.core.worker.LoadOutcome;
import ai.mariner.core.worker.WorkerError;
import ai.mariner.core.worker.WorkerLink;
import ai.mariner.core.worker.WorkerMode;
import java.util.List;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a process does from its connection to its first run: it loads the model and answers sample
 * requests. For one process; touched only on the pool's loop.
 */
final class Preparation {
  private final WorkerPlan plan;
  private final LongSupplier runIds;

  /** Absent: not connected. */
  private @Nullable WorkerLink link;

  /** Absent: not begun, or done. */
  private @Nullable Warmup warmup;

  /**
   * Plans the preparation of a process.
   *
   * @param runIds numbers of runs
   */
  Preparation(WorkerPlan plan, LongSupplier runIds) {
    this.plan = plan;
    this.runIds = runIds;
  }

  /** The process has connected: it loads the model. */
  void begin(WorkerLink newLink) {
    link = newLink;
    newLink.load(new LoadCommand(WorkerPlan.MODEL_HANDLE, plan.loadFields()));
  }

  /** Takes the answer to the load; returns why it has failed, or {@code null}. */
  @Nullable LossCause loaded(LoadOutcome outcome) {
    WorkerMode wanted = plan.runMode().mode();
    if (outcome.error() != null) {
      return LossCause.loadFailed(outcome);
    }
    if (outcome.mode() != wanted) {
      String text = "mode: " + outcome.mode().word() + " (expected: " + wanted.word() + ')';
      return LossCause.loadFailed(LoadOutcome.failed(WorkerError.LOAD_FAILED, text, null));
    }
    warmup =
        new Warmup(
            plan.model(),
            plan.warmup(),
            plan.runMode().runSize(),
            Objects.requireNonNull(link),
            runIds);
    return null;
  }

  /** Sends the next sample request; false if all are answered. */
  boolean next() {
    Warmup current = warmup;
    if (current != null && current.next()) {
      return true;
    }
    warmup = null;
    return false;
  }

  /**
   * Takes what the process says of a sample request, and its bodies.
   *
   * @param spent whether the process must not be used again
   * @return why the preparation has failed; {@code null}: it has not
   */
  @Nullable LossCause replied(long runId, List<ItemReply> items, boolean ended, boolean spent) {
    return Objects.requireNonNull(warmup).replied(runId, items, ended, spent);
  }

  /** Whether this is the end of the sample request that was sent last. */
  boolean ends(long runId, boolean ended) {
    return Objects.requireNonNull(warmup).ends(runId, ended);
  }

  /** It takes too long. */
  LossCause late() {
    Warmup unfinished = warmup;
    return unfinished == null
        ? LossCause.notLoaded(plan.startupTimeout())
        : unfinished.late(plan.startupTimeout());
  }

  /** The same cause, said of the sample request that was under way, if one was. */
  LossCause during(LossCause cause) {
    Warmup unfinished = warmup;
    return unfinished == null ? cause : unfinished.during(cause);
  }
}
