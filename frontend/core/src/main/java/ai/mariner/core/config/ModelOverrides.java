package ai.mariner.core.config;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Options of a model as one source gives them: request parameters, the archive's {@code
 * model-config.yaml}, or the {@code models} JSON. Every field may be absent.
 *
 * @param minWorkers workers that are kept alive
 * @param maxWorkers upper bound of workers
 * @param batchSize most requests in a batch
 * @param maxBatchDelay longest wait for a batch to fill
 * @param batchPolicy how batches are formed
 * @param responseTimeout longest run of a batch, or pause between two streamed pieces
 * @param startupTimeout longest load of the model
 * @param jobQueueSize most waiting requests
 * @param requestTimeout deadline of a request that brings none, for queue and run
 * @param maxRetryTimeout accepted and reported only; restarts never end
 * @param deviceType kind of device
 * @param deviceIds devices that may be used
 * @param retryOnWorkerLoss which requests of a lost worker run again
 * @param prepareAhead whether a worker preprocesses its next batch while one runs
 * @param lifespan when workers are replaced; its three keys come from one source
 * @param autoscale how the number of workers follows the load
 * @param idleUnload time without requests after which all workers are stopped until the next one
 * @param responseCache bounds of the cache of answers
 * @param rateLimit most requests a second
 * @param priorityAgeing wait that lifts a request by one priority lane; lanes are on when given
 * @param warmup sample requests that a worker answers before it is ready
 */
public record ModelOverrides(
    @Nullable Integer minWorkers,
    @Nullable Integer maxWorkers,
    @Nullable Integer batchSize,
    @Nullable Duration maxBatchDelay,
    @Nullable BatchPolicy batchPolicy,
    @Nullable Duration responseTimeout,
    @Nullable Duration startupTimeout,
    @Nullable Integer jobQueueSize,
    @Nullable Duration requestTimeout,
    @Nullable Duration maxRetryTimeout,
    @Nullable DeviceType deviceType,
    @Nullable List<Integer> deviceIds,
    @Nullable RetryOnWorkerLoss retryOnWorkerLoss,
    @Nullable Boolean prepareAhead,
    @Nullable WorkerLifespan lifespan,
    @Nullable Autoscale autoscale,
    @Nullable Duration idleUnload,
    @Nullable CacheLimits responseCache,
    @Nullable RateLimit rateLimit,
    @Nullable Duration priorityAgeing,
    @Nullable List<WarmupInput> warmup) {

  /** Nothing given. */
  public static final ModelOverrides NONE = builder().build();

  /** An empty builder. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects the fields one by one; not thread-safe. */
  public static final class Builder {
    private @Nullable Integer minWorkers;
    private @Nullable Integer maxWorkers;
    private @Nullable Integer batchSize;
    private @Nullable Duration maxBatchDelay;
    private @Nullable BatchPolicy batchPolicy;
    private @Nullable Duration responseTimeout;
    private @Nullable Duration startupTimeout;
    private @Nullable Integer jobQueueSize;
    private @Nullable Duration requestTimeout;
    private @Nullable Duration maxRetryTimeout;
    private @Nullable DeviceType deviceType;
    private @Nullable List<Integer> deviceIds;
    private @Nullable RetryOnWorkerLoss retryOnWorkerLoss;
    private @Nullable Boolean prepareAhead;
    private @Nullable WorkerLifespan lifespan;
    private @Nullable Autoscale autoscale;
    private @Nullable Duration idleUnload;
    private @Nullable CacheLimits responseCache;
    private @Nullable RateLimit rateLimit;
    private @Nullable Duration priorityAgeing;
    private @Nullable List<WarmupInput> warmup;

    private Builder() {}

    /** Sets {@code minWorkers} and {@code maxWorkers}. */
    public Builder workers(@Nullable Integer min, @Nullable Integer max) {
      this.minWorkers = min;
      this.maxWorkers = max;
      return this;
    }

    /** Sets {@code batchSize}. */
    public Builder batchSize(@Nullable Integer value) {
      this.batchSize = value;
      return this;
    }

    /** Sets {@code maxBatchDelay}. */
    public Builder maxBatchDelay(@Nullable Duration value) {
      this.maxBatchDelay = value;
      return this;
    }

    /** Sets {@code batchPolicy}. */
    public Builder batchPolicy(@Nullable BatchPolicy value) {
      this.batchPolicy = value;
      return this;
    }

    /** Sets {@code responseTimeout}. */
    public Builder responseTimeout(@Nullable Duration value) {
      this.responseTimeout = value;
      return this;
    }

    /** Sets {@code startupTimeout}. */
    public Builder startupTimeout(@Nullable Duration value) {
      this.startupTimeout = value;
      return this;
    }

    /** Sets {@code jobQueueSize}. */
    public Builder jobQueueSize(@Nullable Integer value) {
      this.jobQueueSize = value;
      return this;
    }

    /** Sets {@code requestTimeout}. */
    public Builder requestTimeout(@Nullable Duration value) {
      this.requestTimeout = value;
      return this;
    }

    /** Sets {@code maxRetryTimeout}. */
    public Builder maxRetryTimeout(@Nullable Duration value) {
      this.maxRetryTimeout = value;
      return this;
    }

    /** Sets {@code deviceType} and {@code deviceIds}. */
    public Builder devices(@Nullable DeviceType type, @Nullable List<Integer> ids) {
      this.deviceType = type;
      this.deviceIds = ids == null ? null : List.copyOf(ids);
      return this;
    }

    /** Sets {@code retryOnWorkerLoss}. */
    public Builder retryOnWorkerLoss(@Nullable RetryOnWorkerLoss value) {
      this.retryOnWorkerLoss = value;
      return this;
    }

    /** Sets {@code prepareAhead}. */
    public Builder prepareAhead(@Nullable Boolean value) {
      this.prepareAhead = value;
      return this;
    }

    /** Sets {@code lifespan}. */
    public Builder lifespan(@Nullable WorkerLifespan value) {
      this.lifespan = value;
      return this;
    }

    /** Sets {@code autoscale}. */
    public Builder autoscale(@Nullable Autoscale value) {
      this.autoscale = value;
      return this;
    }

    /** Sets {@code idleUnload}. */
    public Builder idleUnload(@Nullable Duration value) {
      this.idleUnload = value;
      return this;
    }

    /** Sets {@code responseCache}. */
    public Builder responseCache(@Nullable CacheLimits value) {
      this.responseCache = value;
      return this;
    }

    /** Sets {@code rateLimit}. */
    public Builder rateLimit(@Nullable RateLimit value) {
      this.rateLimit = value;
      return this;
    }

    /** Sets {@code priorityAgeing}. */
    public Builder priorityAgeing(@Nullable Duration value) {
      this.priorityAgeing = value;
      return this;
    }

    /** Sets {@code warmup}. */
    public Builder warmup(@Nullable List<WarmupInput> value) {
      this.warmup = value == null ? null : List.copyOf(value);
      return this;
    }

    /** The collected overrides. */
    public ModelOverrides build() {
      return new ModelOverrides(
          minWorkers,
          maxWorkers,
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
  }
}
