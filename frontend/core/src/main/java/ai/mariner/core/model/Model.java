package ai.mariner.core.model;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.Signature;
import ai.mariner.core.metrics.ModelCounts;
import ai.mariner.core.metrics.ModelMetrics;
import ai.mariner.core.metrics.ModelTally;
import ai.mariner.core.process.WarmupSample;
import ai.mariner.core.queue.Pool;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A registered model version. */
public final class Model {
  private final FetchedModel fetched;
  private final Pool pool;
  private final ModelTally metrics;
  private final List<WarmupSample> samples;
  private final long registeredNanos;
  private final Consumer<Model> changed;

  /** Replaced as a whole when the model is scaled. */
  private volatile ModelSpec spec;

  Model(
      FetchedModel fetched,
      ModelSpec spec,
      Pool pool,
      ModelTally metrics,
      List<WarmupSample> samples,
      long registeredNanos,
      Consumer<Model> changed) {
    this.fetched = fetched;
    this.spec = spec;
    this.pool = pool;
    this.metrics = metrics;
    this.samples = samples;
    this.registeredNanos = registeredNanos;
    this.changed = changed;
    pool.whenReadinessChanges(() -> changed.accept(this));
  }

  /** Name and version. */
  public ModelKey key() {
    return fetched.key();
  }

  /** Its workers and queue. */
  public Pool pool() {
    return pool;
  }

  /** Its meters. */
  public ModelMetrics metrics() {
    return metrics;
  }

  /** What it has done since it was registered. */
  ModelCounts counts() {
    return metrics.counts();
  }

  /** Its archive's location as it was given. */
  public String location() {
    return archive().location();
  }

  /** Its handler; absent: the server's default one, or its kind of model has none. */
  public @Nullable String handler() {
    return fetched.handler();
  }

  /** The tensors that it declares; absent: it declares none. */
  public @Nullable Signature signature() {
    return archive().signature();
  }

  /** JSON object of what its workers say of it; absent: nothing so far. */
  @Nullable String declares() {
    return pool.declares();
  }

  /** Its warm-up inputs. */
  List<WarmupSample> samples() {
    return samples;
  }

  /** Names of the routes that it is on. */
  List<String> routes() {
    return fetched.routes();
  }

  ModelArchive archive() {
    return fetched.archive();
  }

  /** What its registration asked for. */
  public RegisterModel order() {
    return fetched.order();
  }

  /** Whether it belongs to a workflow or an application, which registers and removes it. */
  public boolean isPart() {
    return fetched.loop() != null;
  }

  /** The runtime of its workers. */
  public String runtime() {
    return fetched.runtime();
  }

  /** Its options, as they are now. */
  public ModelSpec spec() {
    return spec;
  }

  /** Sets the bounds of its workers; what {@link #spec} says and what its pool does agree. */
  CompletionStage<Void> scale(int min, int max) {
    return scale(min, max, min);
  }

  /** The same; there shall be so many at first when their number follows the load. */
  synchronized CompletionStage<Void> scale(int min, int max, int first) {
    spec = spec.withWorkers(min, max);
    CompletionStage<Void> ready = pool.resize(min, max, first);
    changed.accept(this);
    return ready;
  }

  boolean loadedAtStart() {
    return fetched.order().atStart();
  }

  long registeredNanos() {
    return registeredNanos;
  }
}
