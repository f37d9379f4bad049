package ai.mariner.core.config;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The options of one model version, resolved: nothing is absent unless absence means something.
 *
 * @param minWorkers workers that are kept alive
 * @param maxWorkers upper bound of workers
 * @param batchSize most requests in a batch
 * @param maxBatchDelay longest wait for a batch to fill, under {@link BatchPolicy#WINDOW}
 * @param batchPolicy how batches are formed
 * @param responseTimeout longest run of a batch, or pause between two streamed pieces
 * @param startupTimeout longest load of the model
 * @param jobQueueSize most waiting requests
 * @param requestTimeout deadline of a request that brings none; absent: no deadline
 * @param maxRetryTimeout reported only
 * @param deviceType kind of device; absent: an accelerator if there is one
 * @param deviceIds devices that may be used; empty: all
 * @param retryOnWorkerLoss which requests of a lost worker run again
 * @param prepareAhead whether a worker preprocesses its next batch while one runs
 * @param lifespan when workers are replaced; absent: only after a loss
 * @param autoscale how the number of workers follows the load; absent: it does not
 * @param idleUnload time without requests after which all workers are stopped until the next one;
 *     absent: never
 * @param responseCache bounds of the cache of answers; absent: none
 * @param rateLimit most requests a second; absent: no bound
 * @param priorityAgeing wait that lifts a request by one priority lane; absent: there are no lanes
 * @param warmup sample requests that a worker answers before it is ready
 */
public record ModelSpec(
    int minWorkers,
    int maxWorkers,
    int batchSize,
    Duration maxBatchDelay,
    BatchPolicy batchPolicy,
    Duration responseTimeout,
    Duration startupTimeout,
    int jobQueueSize,
    @Nullable Duration requestTimeout,
    Duration maxRetryTimeout,
    @Nullable DeviceType deviceType,
    List<Integer> deviceIds,
    RetryOnWorkerLoss retryOnWorkerLoss,
    boolean prepareAhead,
    @Nullable WorkerLifespan lifespan,
    @Nullable Autoscale autoscale,
    @Nullable Duration idleUnload,
    @Nullable CacheLimits responseCache,
    @Nullable RateLimit rateLimit,
    @Nullable Duration priorityAgeing,
    List<WarmupInput> warmup) {

  private static final Duration DEFAULT_BATCH_DELAY = Duration.ofMillis(100);
  private static final Duration DEFAULT_RETRY = Duration.ofMinutes(5);

  /**
   * The only place that knows which source wins: for each option the first source that gives it,
   * else the server's default.
   *
   * @param sources highest precedence first: request, archive, {@code models} JSON
   * @param defaults what the server does when nobody says
   */
  public static ModelSpec resolve(List<ModelOverrides> sources, ModelDefaults defaults) {
    Pick pick = new Pick(sources);
    int min = pick.or(ModelOverrides::minWorkers, defaults.workers());
    int max = Math.max(min, pick.or(ModelOverrides::maxWorkers, min));
    Duration delay = pick.first(ModelOverrides::maxBatchDelay);
    BatchPolicy implied =
        delay != null && !delay.isZero() ? BatchPolicy.WINDOW : BatchPolicy.GREEDY;
    return new ModelSpec(
        min,
        max,
        pick.or(ModelOverrides::batchSize, 1),
        delay == null ? DEFAULT_BATCH_DELAY : delay,
        pick.or(ModelOverrides::batchPolicy, implied),
        pick.or(ModelOverrides::responseTimeout, defaults.responseTimeout()),
        pick.or(ModelOverrides::startupTimeout, defaults.startupTimeout()),
        pick.or(ModelOverrides::jobQueueSize, defaults.jobQueueSize()),
        pick.first(ModelOverrides::requestTimeout),
        pick.or(ModelOverrides::maxRetryTimeout, DEFAULT_RETRY),
        pick.first(ModelOverrides::deviceType),
        pick.or(ModelOverrides::deviceIds, List.of()),
        pick.or(ModelOverrides::retryOnWorkerLoss, RetryOnWorkerLoss.MATES),
        pick.or(ModelOverrides::prepareAhead, false),
        pick.first(ModelOverrides::lifespan),
        pick.first(ModelOverrides::autoscale),
        pick.first(ModelOverrides::idleUnload),
        pick.first(ModelOverrides::responseCache),
        pick.first(ModelOverrides::rateLimit),
        pick.first(ModelOverrides::priorityAgeing),
        pick.or(ModelOverrides::warmup, List.of()));
  }

  /** The same options for another number of workers. */
  public ModelSpec withWorkers(int min, int max) {
    return new ModelSpec(
        min,
        max,
        batchSize,
        maxBatchDelay,
        batchPolicy,
        responseTimeout,
        startupTimeout,
        jobQueueSize,
        requestTimeout,
        maxRetryTimeout,
        deviceType,
        deviceIds,
        retryOnWorkerLoss,
        prepareAhead,
        lifespan,
        autoscale,
        idleUnload,
        responseCache,
        rateLimit,
        priorityAgeing,
        warmup);
  }

  private record Pick(List<ModelOverrides> sources) {
    <T> @Nullable T first(Function<ModelOverrides, @Nullable T> option) {
      for (ModelOverrides source : sources) {
        T value = option.apply(source);
        if (value != null) {
          return value;
        }
      }
      return null;
    }

    <T> T or(Function<ModelOverrides, @Nullable T> option, T otherwise) {
      T value = first(option);
      return value != null ? value : otherwise;
    }
  }
}
