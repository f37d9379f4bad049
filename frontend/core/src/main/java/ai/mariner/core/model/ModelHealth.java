package ai.mariner.core.model;

import ai.mariner.core.crew.Readiness;
import ai.mariner.core.message.ModelRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Whether requests would be served, and why not. Thread-safe. */
final class ModelHealth {
  private final ModelRegistry registry;
  private final Map<String, String> failedAtStart = new ConcurrentHashMap<>();

  ModelHealth(ModelRegistry registry) {
    this.registry = registry;
  }

  /** A model that was to be loaded at start could not be. */
  void startFailed(String name, String reason) {
    failedAtStart.put(name, reason);
  }

  /** A model of this name, or from this location, is there now. */
  void startMended(String nameOrLocation) {
    failedAtStart.remove(nameOrLocation);
  }

  /**
   * Of all default versions, and of the models that were to be loaded at start.
   *
   * @param stopping whether the server is on its way out
   */
  Health ofAll(boolean stopping) {
    List<String> reasons = new ArrayList<>();
    boolean firstLoad = !stopping;
    if (stopping) {
      reasons.add("The server is shutting down.");
    }
    for (Model model : registry.defaults()) {
      Readiness readiness = model.pool().readiness();
      if (!readiness.satisfied()) {
        reasons.add(reason(model, readiness));
        firstLoad &= loadsFirst(model, readiness);
      }
    }
    for (Map.Entry<String, String> failed : new TreeMap<>(failedAtStart).entrySet()) {
      reasons.add(failed.getKey() + ": " + failed.getValue());
      firstLoad = false;
    }
    return new Health(reasons.isEmpty(), !reasons.isEmpty() && firstLoad, List.copyOf(reasons));
  }

  /**
   * Of one model.
   *
   * @param ref without a version: its default version
   * @param stopping whether the server is on its way out
   * @throws ai.mariner.core.error.ServeException MODEL_NOT_FOUND or MODEL_VERSION_NOT_FOUND
   */
  Health of(ModelRef ref, boolean stopping) {
    Model model = registry.require(ref);
    Readiness readiness = model.pool().readiness();
    if (readiness.satisfied() && !stopping) {
      return new Health(true, false, List.of());
    }
    String reason = stopping ? "The server is shutting down." : reason(model, readiness);
    return new Health(false, !stopping && loadsFirst(model, readiness), List.of(reason));
  }

  private static String reason(Model model, Readiness readiness) {
    String counts = readiness.ready() + " of " + readiness.wanted() + " workers are ready";
    @Nullable String failure = readiness.lastFailure();
    return model.key()
        + ": "
        + counts
        + (failure == null ? "" : "; " + failure.lines().findFirst().orElse(""));
  }

  private boolean loadsFirst(Model model, Readiness readiness) {
    long age = model.pool().loop().nanoTime() - model.registeredNanos();
    return !readiness.everReady()
        && !readiness.failed()
        && age < model.spec().startupTimeout().toNanos();
  }
}
