package ai.mariner.core.config;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Options of a model as one source gives them: request parameters, the archive's {@code
 * model-config.yaml}, or the {@code models} JSON. Immutable; every option may be absent.
 */
public final class ModelOverrides {
  /** Nothing given. */
  public static final ModelOverrides NONE = builder().build();

  private final Map<ModelOption<?>, Object> values;

  private ModelOverrides(Map<ModelOption<?>, Object> values) {
    this.values = values;
  }

  /** The value of an option; absent: {@code null}. */
  @SuppressWarnings("unchecked") // The builder takes only values of the option's type.
  public <T> @Nullable T get(ModelOption<T> option) {
    return (T) values.get(option);
  }

  /** The same with these numbers of workers; {@code null}: not given. */
  public ModelOverrides withWorkers(@Nullable Integer min, @Nullable Integer max) {
    return toBuilder().workers(min, max).build();
  }

  /** A builder that begins with these options. */
  public Builder toBuilder() {
    Builder changed = builder();
    changed.values.putAll(values);
    return changed;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModelOverrides overrides && values.equals(overrides.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }

  /** An empty builder. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Collects options one by one; {@code null} means absent. Not thread-safe.
   *
   * <p>{@link #set} serves every option; the named methods are shorter for those that code gives
   * often or that belong together.
   */
  public static final class Builder {
    private final Map<ModelOption<?>, Object> values;

    private Builder() {
      this.values = new LinkedHashMap<>();
    }

    /** Sets an option. */
    public <T> Builder set(ModelOption<T> option, @Nullable T value) {
      if (value == null) {
        values.remove(option);
      } else {
        values.put(option, value);
      }
      return this;
    }

    /** Sets {@code minWorkers} and {@code maxWorkers}. */
    public Builder workers(@Nullable Integer min, @Nullable Integer max) {
      return set(CrewOptions.MIN_WORKERS, min).set(CrewOptions.MAX_WORKERS, max);
    }

    /** Sets {@code batchSize}. */
    public Builder batchSize(@Nullable Integer value) {
      return set(ProgramOptions.BATCH_SIZE, value);
    }

    /** Sets {@code maxBatchDelay}. */
    public Builder maxBatchDelay(@Nullable Duration value) {
      return set(ProgramOptions.MAX_BATCH_DELAY, value);
    }

    /** Sets {@code batchPolicy}. */
    public Builder batchPolicy(@Nullable BatchPolicy value) {
      return set(ProgramOptions.BATCH_POLICY, value);
    }

    /** Sets {@code responseTimeout}. */
    public Builder responseTimeout(@Nullable Duration value) {
      return set(ProgramOptions.RESPONSE_TIMEOUT, value);
    }

    /** Sets {@code startupTimeout}. */
    public Builder startupTimeout(@Nullable Duration value) {
      return set(CrewOptions.STARTUP_TIMEOUT, value);
    }

    /** Sets {@code jobQueueSize}. */
    public Builder jobQueueSize(@Nullable Integer value) {
      return set(ProgramOptions.JOB_QUEUE_SIZE, value);
    }

    /** Sets {@code requestTimeout}. */
    public Builder requestTimeout(@Nullable Duration value) {
      return set(ProgramOptions.REQUEST_TIMEOUT, value);
    }

    /** Sets {@code maxRetryTimeoutInSec}. */
    public Builder maxRetryTimeout(@Nullable Duration value) {
      return set(CrewOptions.MAX_RETRY_TIMEOUT, value);
    }

    /** Sets {@code deviceType} and {@code deviceIds}. */
    public Builder devices(@Nullable DeviceType type, @Nullable List<Integer> ids) {
      return set(CrewOptions.DEVICE_TYPE, type)
          .set(CrewOptions.DEVICE_IDS, ids == null ? null : List.copyOf(ids));
    }

    /** Sets {@code retryOnWorkerLoss}. */
    public Builder retryOnWorkerLoss(@Nullable RetryOnWorkerLoss value) {
      return set(ProgramOptions.RETRY_ON_WORKER_LOSS, value);
    }

    /** Sets {@code prepareAhead}. */
    public Builder prepareAhead(@Nullable Boolean value) {
      return set(ProgramOptions.PREPARE_AHEAD, value);
    }

    /** Sets the limits at which workers are replaced. */
    public Builder lifespan(@Nullable WorkerLifespan value) {
      return set(CrewOptions.MAX_WORKER_REQUESTS, value == null ? null : value.requests())
          .set(CrewOptions.MAX_WORKER_RSS, value == null ? null : value.rssBytes())
          .set(CrewOptions.MAX_WORKER_AGE, value == null ? null : value.age());
    }

    /** Switches {@code autoscale} on. */
    public Builder autoscale(@Nullable Autoscale value) {
      return set(CrewOptions.AUTOSCALE, value == null ? null : true)
          .set(CrewOptions.AUTOSCALE_QUEUE_WAIT, value == null ? null : value.queueWait())
          .set(CrewOptions.AUTOSCALE_COOLDOWN, value == null ? null : value.cooldown());
    }

    /** Sets {@code idleUnloadSec}. */
    public Builder idleUnload(@Nullable Duration value) {
      return set(CrewOptions.IDLE_UNLOAD, value);
    }

    /** Sets size and time to live of the cache of answers. */
    public Builder responseCache(@Nullable CacheLimits value) {
      return set(ProgramOptions.RESPONSE_CACHE, value == null ? null : value.maxBytes())
          .set(ProgramOptions.RESPONSE_CACHE_TTL, value == null ? null : value.timeToLive());
    }

    /** Sets {@code rateLimit} and {@code rateLimitBurst}. */
    public Builder rateLimit(@Nullable RateLimit value) {
      return set(ProgramOptions.RATE_LIMIT, value == null ? null : value.perSecond())
          .set(ProgramOptions.RATE_LIMIT_BURST, value == null ? null : value.burst());
    }

    /** Sets {@code priorityAgeingMs}. */
    public Builder priorityAgeing(@Nullable Duration value) {
      return set(ProgramOptions.PRIORITY_AGEING, value);
    }

    /** Sets {@code warmup}. */
    public Builder warmup(@Nullable List<WarmupInput> value) {
      return set(ProgramOptions.WARMUP, value == null ? null : List.copyOf(value));
    }

    /** The collected overrides. */
    public ModelOverrides build() {
      return new ModelOverrides(Collections.unmodifiableMap(new LinkedHashMap<>(values)));
    }
  }
}
