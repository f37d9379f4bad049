package ai.mariner.core.model;

import ai.mariner.core.config.ModelSpec;
import ai.mariner.core.crew.Readiness;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replaces the default version of a model while it serves. Until the flip the new version is known
 * to nobody else, so that undoing it leaves no trace; the flip is one write to the registry, and a
 * request that had looked the old version up just before it follows the registry, see {@link
 * ai.mariner.core.queue.Pool.Successor}. Thread-safe.
 */
final class ModelSwap {
  private static final Logger log = LoggerFactory.getLogger(ModelSwap.class);

  /** Above all numbers of clients' requests, below the bound of labels. */
  private static final long FIRST_PROBE_ID = 1L << 61;

  private final ModelRegistry registry;
  private final Registration registration;
  private final Retirement retirement;
  private final Executor adminExecutor;
  private final Duration drainTimeout;
  private final AtomicLong probeIds = new AtomicLong(FIRST_PROBE_ID);
  private final Set<String> underWay = ConcurrentHashMap.newKeySet();
  private final Map<String, Attempt> attempts = new ConcurrentHashMap<>();
  private final Set<Model> staged = ConcurrentHashMap.newKeySet();
  private volatile boolean stopping;

  ModelSwap(
      ModelRegistry registry,
      Registration registration,
      Retirement retirement,
      Executor adminExecutor,
      Duration drainTimeout) {
    this.registry = registry;
    this.registration = registration;
    this.retirement = retirement;
    this.adminExecutor = adminExecutor;
    this.drainTimeout = drainTimeout;
  }

  /** Begins no more swaps, and flips none of those that are under way. */
  void stop() {
    stopping = true;
  }

  /** New versions that are not in the registry yet. */
  Set<Model> staged() {
    return staged;
  }

  /** The swap of a model that is under way; absent: none. */
  @Nullable SwapProgress progress(String name) {
    Attempt attempt = attempts.get(name);
    return attempt == null ? null : attempt.progress();
  }

  /**
   * Runs a swap.
   *
   * @return what was done; fails with a {@link ServeException} that says at which step and why, and
   *     then everything before the flip is undone
   */
  CompletionStage<SwapResult> swap(SwapModel order) {
    String name = order.name();
    boolean begun = false;
    try {
      Model old = registry.require(ModelRef.of(name));
      begun = underWay.add(name);
      if (!begun) {
        throw new ServeException(
            ErrorKind.CONFLICT, "A swap of model " + name + " is under way already.");
      }
      Attempt attempt = new Attempt(order, old, registered(order, old));
      attempts.put(name, attempt);
      return attempt
          .run()
          .whenComplete(
              (result, thrown) -> {
                attempts.remove(name);
                underWay.remove(name);
              });
    } catch (ServeException e) {
      if (begun) {
        underWay.remove(name);
      }
      return CompletableFuture.failedStage(e);
    }
  }

  private @Nullable Model registered(SwapModel order, Model old) {
    String version = order.version();
    if ((version == null) == (order.archive() == null)) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST, "A swap needs an archive or a registered version, and not both.");
    }
    if (version == null) {
      return null;
    }
    Model registered = registry.require(new ModelRef(order.name(), version));
    if (registered == old) {
      throw new ServeException(
          ErrorKind.CONFLICT,
          "Version " + version + " is the default of model " + order.name() + " already.");
    }
    return registered;
  }

  /** One swap; its stages run one after the other, on changing threads. */
  private final class Attempt {
    private final SwapModel order;
    private final Model old;
    private final SwapSteps steps;
    private volatile @Nullable Model fresh;
    private @Nullable ModelSpec before;
    private boolean flipped;

    Attempt(SwapModel order, Model old, @Nullable Model registered) {
      this.order = order;
      this.old = old;
      this.fresh = registered;
      this.steps = new SwapSteps(old.pool().loop()::nanoTime);
    }

    SwapProgress progress() {
      SwapSteps.Passed passed = steps.passed();
      Model model = fresh;
      if (model == null) {
        return new SwapProgress(null, passed.done(), passed.present(), 0, 0);
      }
      Readiness workers = model.pool().readiness();
      int wanted = Math.max(workers.wanted(), workers.target());
      String to = model.key().version();
      return new SwapProgress(to, passed.done(), passed.present(), workers.ready(), wanted);
    }

    CompletionStage<SwapResult> run() {
      CompletableFuture<Model> ready;
      try {
        ready =
            CompletableFuture.supplyAsync(this::fetch, adminExecutor).thenCompose(stage -> stage);
      } catch (RejectedExecutionException e) {
        return CompletableFuture.failedStage(shuttingDown());
      }
      return ready
          .thenCompose(this::load)
          .thenCompose(this::probe)
          .thenApply(this::flip)
          .thenCompose(this::drain)
          .handle((result, thrown) -> thrown == null ? done(result) : undo(thrown))
          .thenCompose(stage -> stage);
    }

    private CompletionStage<Model> fetch() {
      Model model = fresh;
      RegisterModel archive = order.archive();
      if (model != null) {
        return CompletableFuture.completedStage(fetched(model));
      }
      if (archive == null) {
        throw new IllegalStateException("a swap to nothing was not refused");
      }
      return registration
          .stage(archive, old, order.keepOld())
          .thenApply(
              made -> {
                staged.add(made);
                fresh = made;
                return fetched(made);
              });
    }

    private Model fetched(Model model) {
      RegisterModel archive = order.archive();
      before = model.spec();
      if (archive == null) {
        steps.skipTo(SwapStep.Name.LOAD);
      } else {
        steps.next(SwapStep.Name.LOAD);
      }
      if (stopping) {
        throw shuttingDown();
      }
      return model;
    }

    /** Once more when the old version has got more workers meanwhile. */
    private CompletionStage<Model> load(Model model) {
      SwapStaff staff = staff(model);
      return model
          .scale(staff.min(), staff.max(), staff.first())
          .thenCompose(
              done ->
                  staff(model).first() > staff.first()
                      ? load(model)
                      : CompletableFuture.completedStage(model));
    }

    private SwapStaff staff(Model model) {
      ModelSpec own = before == null ? model.spec() : before;
      RegisterModel archive = order.archive();
      if (archive != null && archive.initialWorkers() != null) {
        return SwapStaff.asked(own);
      }
      int now = old.pool().readiness().target();
      return archive == null
          ? SwapStaff.ofRegistered(own, registration.options(model), old.spec(), now)
          : SwapStaff.ofNew(own, registration.options(model), old.spec(), now);
    }

    private CompletionStage<Model> probe(Model model) {
      steps.next(SwapStep.Name.PROBE);
      return Probe.of(model, probeIds.incrementAndGet()).thenApply(nothing -> model);
    }

    private Model flip(Model model) {
      steps.next(SwapStep.Name.FLIP);
      if (stopping) {
        throw shuttingDown();
      }
      registry.replace(old, model, order.archive() != null, order.keepOld());
      flipped = true;
      staged.remove(model);
      return model;
    }

    private CompletionStage<SwapResult> drain(Model model) {
      steps.next(SwapStep.Name.DRAIN);
      CompletionStage<ModelKey> gone =
          order.keepOld()
              ? CompletableFuture.completedStage(old.key())
              : retirement.retire(old, drainTimeout);
      return gone.thenApply(key -> result(model));
    }

    private SwapResult result(Model model) {
      if (!order.keepOld()) {
        steps.finish();
      }
      String from = old.key().version();
      String to = model.key().version();
      int workers = model.pool().readiness().ready();
      return new SwapResult(
          order.name(), from, to, workers, order.keepOld(), steps.passed().done());
    }

    private CompletionStage<SwapResult> done(SwapResult result) {
      log.info(
          "model {}: version {} has taken the place of {}",
          order.name(),
          result.to(),
          result.from());
      return CompletableFuture.completedStage(result);
    }

    /** Nobody has seen the new version, so it can just be taken away. */
    private CompletionStage<SwapResult> undo(Throwable thrown) {
      Failure reason = ServeException.failureOf(thrown);
      String at = steps.passed().present().text();
      String told =
          flipped
              ? "Swap of model " + order.name() + " failed at step " + at + ": "
              : "Swap of model "
                  + order.name()
                  + " from version "
                  + old.key().version()
                  + " was undone at step "
                  + at
                  + ": ";
      Failure failure =
          new Failure(reason.kind(), told + reason.message(), reason.status(), reason.detail());
      log.warn("{}", failure.message());
      CompletionStage<SwapResult> failed = CompletableFuture.failedStage(failure.toException());
      Model model = fresh;
      if (model == null || flipped) {
        return failed;
      }
      ModelSpec bounds = before;
      if (order.archive() == null && bounds != null) {
        // Not waited for: what could not load may not do so for long.
        var unused = model.scale(bounds.minWorkers(), bounds.maxWorkers());
        return failed;
      }
      return retirement
          .retire(model, Duration.ZERO)
          .handle(
              (key, late) -> {
                registry.release(model.key());
                staged.remove(model);
                return failed;
              })
          .thenCompose(stage -> stage);
    }
  }

  private static ServeException shuttingDown() {
    return new ServeException(ErrorKind.SHUTTING_DOWN, "The server is shutting down.");
  }
}
