package ai.mariner.server;

import ai.mariner.core.model.Model;
import ai.mariner.core.model.ModelService;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.core.model.WorkerStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Process ids of all workers.
 *
 * @param models tells the models
 */
record WorkerPids(ModelService models) {
  private static final Duration LIMIT = Duration.ofSeconds(5);

  /** Those that run now, as far as their models can tell. Blocks for a moment. */
  List<Long> now() {
    List<Long> pids = new ArrayList<>();
    for (Model model : models.models()) {
      try {
        List<ModelStatus> found =
            models
                .describeAll(model.key().name())
                .toCompletableFuture()
                .get(LIMIT.toMillis(), TimeUnit.MILLISECONDS);
        for (ModelStatus status : found) {
          for (WorkerStatus worker : status.workers()) {
            Long pid = worker.pid();
            if (pid != null && !pids.contains(pid)) {
              pids.add(pid);
            }
          }
        }
      } catch (ExecutionException | TimeoutException e) {
        // It was removed meanwhile, or is too busy to tell.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return pids;
      }
    }
    return pids;
  }
}
