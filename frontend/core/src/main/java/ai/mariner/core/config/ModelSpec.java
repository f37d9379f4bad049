package ai.mariner.core.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The options of one model version, resolved: nothing is absent unless absence means something.
 * Immutable.
 *
 * <p>{@link #get} and {@link #require} serve every option; the named methods are those of options
 * that many ask for, and of several that make one thing.
 */
public final class ModelSpec {
  private final Map<ModelOption<?>, Object> values;

  private ModelSpec(Map<ModelOption<?>, Object> values) {
    this.values = Collections.unmodifiableMap(values);
  }

  /**
   * The only place that knows which source wins: for each option the first source that gives it,
   * else its default. An option without the one that it is a companion of is absent.
   *
   * @param sources highest precedence first: request, archive, {@code models} JSON
   * @param defaults what the server does when nobody says
   */
  public static ModelSpec resolve(List<ModelOverrides> sources, ModelDefaults defaults) {
    Map<ModelOption<?>, Object> values = new LinkedHashMap<>();
    for (ModelOption<?> option : ModelOptions.ALL) {
      ModelOption<?> master = option.companionOf();
      if (master == null || isOn(values.get(master))) {
        Object given = first(sources, option);
        Object value = given == null ? option.fallback(defaults) : given;
        if (value != null) {
          values.put(option, value);
        }
      }
    }
    Integer min = first(sources, CrewOptions.MIN_WORKERS);
    int least = min == null ? defaults.workers() : min;
    Integer max = first(sources, CrewOptions.MAX_WORKERS);
    values.put(CrewOptions.MAX_WORKERS, max == null ? least : Math.max(least, max));
    Duration delay = first(sources, ProgramOptions.MAX_BATCH_DELAY);
    boolean window = delay != null && !delay.isZero();
    values.putIfAbsent(
        ProgramOptions.BATCH_POLICY, window ? BatchPolicy.WINDOW : BatchPolicy.GREEDY);
    return new ModelSpec(values);
  }

  /**
   * What the sources give that applies to nothing, as sentences: options without the one that they
   * are companions of, which no source gives.
   */
  public static List<String> idle(List<ModelOverrides> sources, ModelDefaults defaults) {
    List<String> sentences = new ArrayList<>();
    for (ModelOption<?> option : ModelOptions.ALL) {
      ModelOption<?> master = option.companionOf();
      Object value = first(sources, option);
      if (master != null
          && value != null
          && first(sources, master) == null
          && !value.equals(option.fallback(defaults))) {
        sentences.add(
            option + " has no effect without " + master + " (expected: both, or neither)");
      }
    }
    return sentences;
  }

  private static <T> @Nullable T first(List<ModelOverrides> sources, ModelOption<T> option) {
    for (ModelOverrides source : sources) {
      T value = source.get(option);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  private static boolean isOn(@Nullable Object value) {
    return value != null && !value.equals(false);
  }

  /** The same options for another number of workers. */
  public ModelSpec withWorkers(int min, int max) {
    Map<ModelOption<?>, Object> changed = new LinkedHashMap<>(values);
    changed.put(CrewOptions.MIN_WORKERS, min);
    changed.put(CrewOptions.MAX_WORKERS, max);
    return new ModelSpec(changed);
  }

  /** The same options for a model that shares no process. */
  public ModelSpec withoutGroup() {
    Map<ModelOption<?>, Object> changed = new LinkedHashMap<>(values);
    changed.remove(CrewOptions.WORKER_GROUP);
    return new ModelSpec(changed);
  }

  /** The value of an option; absent: {@code null}. */
  @SuppressWarnings("unchecked") // Only values of the option's type are put in.
  public <T> @Nullable T get(ModelOption<T> option) {
    return (T) values.get(option);
  }

  /**
   * The value of an option that has a default.
   *
   * @throws IllegalStateException if it has none and was not given
   */
  public <T> T require(ModelOption<T> option) {
    T value = get(option);
    if (value == null) {
      throw new IllegalStateException(option + " is absent");
    }
    return value;
  }

  /** What the LOAD command says of the options: field and text, as proto/wire names them. */
  public Map<String, String> loadFields() {
    Map<String, String> fields = new LinkedHashMap<>();
    values.forEach(
        (option, value) -> {
          String field = option.loadField();
          if (field != null && isOn(value)) {
            fields.put(
                field,
                value instanceof Enum<?> constant ? OptionType.word(constant) : value.toString());
          }
        });
    return fields;
  }

  /** Workers that are kept alive. */
  public int minWorkers() {
    return require(CrewOptions.MIN_WORKERS);
  }

  /** Upper bound of workers. */
  public int maxWorkers() {
    return require(CrewOptions.MAX_WORKERS);
  }

  /** Most requests in a batch. */
  public int batchSize() {
    return require(ProgramOptions.BATCH_SIZE);
  }

  /** Longest wait for a batch to fill, under {@link BatchPolicy#WINDOW}. */
  public Duration maxBatchDelay() {
    return require(ProgramOptions.MAX_BATCH_DELAY);
  }

  /** How batches are formed. */
  public BatchPolicy batchPolicy() {
    return require(ProgramOptions.BATCH_POLICY);
  }

  /** Longest run of a batch, or pause between two streamed pieces. */
  public Duration responseTimeout() {
    return require(ProgramOptions.RESPONSE_TIMEOUT);
  }

  /** Longest load of the model. */
  public Duration startupTimeout() {
    return require(CrewOptions.STARTUP_TIMEOUT);
  }

  /** Most waiting requests. */
  public int jobQueueSize() {
    return require(ProgramOptions.JOB_QUEUE_SIZE);
  }

  /** Deadline of a request that brings none; absent: no deadline. */
  public @Nullable Duration requestTimeout() {
    return get(ProgramOptions.REQUEST_TIMEOUT);
  }

  /** Name of the models that share processes with this one; absent: it has its own. */
  public @Nullable String workerGroup() {
    String group = get(CrewOptions.WORKER_GROUP);
    return WorkerGroupRule.NONE.equals(group) ? null : group;
  }

  /** Reported only. */
  public Duration maxRetryTimeout() {
    return require(CrewOptions.MAX_RETRY_TIMEOUT);
  }

  /** Kind of device; absent: an accelerator if there is one. */
  public @Nullable DeviceType deviceType() {
    return get(CrewOptions.DEVICE_TYPE);
  }

  /** Devices that may be used; empty: all. */
  public List<Integer> deviceIds() {
    return require(CrewOptions.DEVICE_IDS);
  }

  /** How one worker spreads over devices or processes; absent: it doesn't. */
  public @Nullable Parallelism parallelism() {
    ParallelType type = get(CrewOptions.PARALLEL_TYPE);
    if (type == null) {
      return null;
    }
    Torchrun given = get(CrewOptions.TORCHRUN);
    Torchrun torchrun = given == null ? Torchrun.STANDARD : given;
    Integer level = get(CrewOptions.PARALLEL_LEVEL);
    Integer processes = torchrun.processesPerNode();
    int size = level != null ? level : processes != null ? processes : 1;
    return new Parallelism(type, size, torchrun);
  }

  /** Which requests of a lost worker run again. */
  public RetryOnWorkerLoss retryOnWorkerLoss() {
    return require(ProgramOptions.RETRY_ON_WORKER_LOSS);
  }

  /** Whether a worker preprocesses its next batch while one runs. */
  public boolean prepareAhead() {
    return require(ProgramOptions.PREPARE_AHEAD);
  }

  /** When workers are replaced; absent: only after a loss. */
  public @Nullable WorkerLifespan lifespan() {
    WorkerLifespan lifespan =
        new WorkerLifespan(
            get(CrewOptions.MAX_WORKER_REQUESTS),
            get(CrewOptions.MAX_WORKER_RSS),
            get(CrewOptions.MAX_WORKER_AGE));
    return lifespan.equals(WorkerLifespan.ENDLESS) ? null : lifespan;
  }

  /** How the number of workers follows the load; absent: it does not. */
  public @Nullable Autoscale autoscale() {
    return require(CrewOptions.AUTOSCALE)
        ? new Autoscale(
            require(CrewOptions.AUTOSCALE_QUEUE_WAIT), require(CrewOptions.AUTOSCALE_COOLDOWN))
        : null;
  }

  /** Time without requests after which all workers stop until the next one; absent: never. */
  public @Nullable Duration idleUnload() {
    return get(CrewOptions.IDLE_UNLOAD);
  }

  /** Bounds of the cache of answers; absent: none. */
  public @Nullable CacheLimits responseCache() {
    Long bytes = get(ProgramOptions.RESPONSE_CACHE);
    return bytes == null
        ? null
        : new CacheLimits(bytes, require(ProgramOptions.RESPONSE_CACHE_TTL));
  }

  /** Most requests a second; absent: no bound. */
  public @Nullable RateLimit rateLimit() {
    Integer perSecond = get(ProgramOptions.RATE_LIMIT);
    Integer burst = get(ProgramOptions.RATE_LIMIT_BURST);
    return perSecond == null ? null : new RateLimit(perSecond, burst == null ? perSecond : burst);
  }

  /** Wait that lifts a request by one priority lane; absent: there are no lanes. */
  public @Nullable Duration priorityAgeing() {
    return get(ProgramOptions.PRIORITY_AGEING);
  }

  /** Sample requests that a worker answers before it is ready. */
  public List<WarmupInput> warmup() {
    return require(ProgramOptions.WARMUP);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ModelSpec spec && values.equals(spec.values);
  }

  @Override
  public int hashCode() {
    return values.hashCode();
  }

  @Override
  public String toString() {
    return values.toString();
  }
}
