package ai.mariner.core.model;

import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.worker.ResidentMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** Tells which models there are and what state they are in. Thread-safe. */
final class ModelCatalogue {
  private final ModelRegistry registry;
  private final ModelSwap swaps;
  private final Executor adminExecutor;
  private final ResidentMemory memory;

  /**
   * Makes a catalogue.
   *
   * @param swaps tells which versions are being replaced
   * @param adminExecutor runs the look at memory, which blocks
   * @param memory of worker processes
   */
  ModelCatalogue(
      ModelRegistry registry, ModelSwap swaps, Executor adminExecutor, ResidentMemory memory) {
    this.registry = registry;
    this.swaps = swaps;
    this.adminExecutor = adminExecutor;
    this.memory = memory;
  }

  /** A page of the list; {@code limit} at least 1, {@code offset} at least 0. */
  ModelPage list(int limit, int offset) {
    List<Model> all = registry.defaults();
    int end = Math.min(all.size(), offset + limit);
    List<ModelSummary> rows = new ArrayList<>();
    for (int i = Math.min(offset, all.size()); i < end; i++) {
      Model model = all.get(i);
      rows.add(new ModelSummary(model.key().name(), model.archive().location()));
    }
    return new ModelPage(rows, end < all.size() ? end : null);
  }

  /** The state of one version; one element. */
  CompletionStage<List<ModelStatus>> describe(ModelRef ref) {
    try {
      return statusOf(registry.require(ref)).thenApply(List::of);
    } catch (ServeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  /** The state of all versions of a model. */
  CompletionStage<List<ModelStatus>> describeAll(String name) {
    List<Model> models;
    try {
      models = registry.versions(name);
    } catch (ServeException e) {
      return CompletableFuture.failedStage(e);
    }
    CompletionStage<List<ModelStatus>> all = CompletableFuture.completedStage(new ArrayList<>());
    for (Model model : models) {
      all =
          all.thenCombine(
              statusOf(model),
              (list, status) -> {
                list.add(status);
                return list;
              });
    }
    return all;
  }

  /** What models have done: one version, all of a model, or all that there are. */
  List<ModelStatistics> statistics(@Nullable ModelRef ref) {
    List<Model> models = new ArrayList<>();
    if (ref == null) {
      registry.defaults().forEach(each -> models.addAll(versions(each.key().name())));
    } else if (ref.version() == null) {
      models.addAll(registry.versions(ref.name()));
    } else {
      models.add(registry.require(ref));
    }
    return models.stream().map(each -> new ModelStatistics(each.key(), each.counts())).toList();
  }

  /** Its versions; none if it has been removed meanwhile. */
  private List<Model> versions(String name) {
    try {
      return registry.versions(name);
    } catch (ServeException gone) {
      return List.of();
    }
  }

  private CompletionStage<ModelStatus> statusOf(Model model) {
    return model
        .pool()
        .status()
        .thenApplyAsync(
            status -> {
              boolean isDefault = registry.isDefault(model);
              return new ModelStatus(
                  model.key(),
                  model.archive().location(),
                  model.runtime(),
                  model.spec(),
                  model.loadedAtStart(),
                  isDefault,
                  status.workers().stream().map(w -> WorkerStatus.of(w, memory)).toList(),
                  status.waiting(),
                  status.unloaded(),
                  isDefault ? swaps.progress(model.key().name()) : null,
                  status.lastFailure(),
                  model.signature(),
                  model.declares());
            },
            adminExecutor);
  }
}
