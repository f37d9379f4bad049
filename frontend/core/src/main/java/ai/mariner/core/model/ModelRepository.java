package ai.mariner.core.model;

import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The Open Inference Protocol's way to load and unload models, in terms of the calls that there
 * are: a model is named by what it is called, not by where it lies. No call blocks.
 */
public final class ModelRepository {
  private static final int PAGE = 100;

  private final ModelCalls models;

  /** Makes a view of the models. */
  public ModelRepository(ModelCalls models) {
    this.models = models;
  }

  /**
   * All registered versions, sorted by name.
   *
   * @param readyOnly whether those that do not serve are left out
   */
  public CompletionStage<List<RepositoryEntry>> index(boolean readyOnly) {
    CompletionStage<List<RepositoryEntry>> all =
        CompletableFuture.completedStage(new ArrayList<>());
    Integer offset = 0;
    while (offset != null) {
      ModelPage page = models.list(PAGE, offset);
      for (ModelSummary model : page.models()) {
        all = all.thenCombine(versions(model.name()), ModelRepository::joined);
      }
      offset = page.nextPageToken();
    }
    return all.thenApply(
        entries ->
            entries.stream()
                .filter(each -> !readyOnly || each.state() == RepositoryEntry.State.READY)
                .toList());
  }

  /** Its versions; none if it has been removed meanwhile. */
  private CompletionStage<List<RepositoryEntry>> versions(String name) {
    return models
        .describeAll(name)
        .handle(
            (found, gone) ->
                gone != null ? List.of() : found.stream().map(RepositoryEntry::of).toList());
  }

  private static List<RepositoryEntry> joined(
      List<RepositoryEntry> all, List<RepositoryEntry> more) {
    all.addAll(more);
    return all;
  }

  /**
   * Loads a model of the store, whose archive or folder has its name. One that is registered is
   * loaded anew from where it came and takes the old one's place when it serves.
   *
   * @return done when it serves; fails with MODEL_NOT_FOUND if there is no such archive
   */
  public CompletionStage<ModelKey> load(String name) {
    return orElse(
            models.describe(ModelRef.of(name)).thenApply(found -> found.get(0).location()),
            ErrorKind.MODEL_NOT_FOUND,
            unknown -> CompletableFuture.completedStage(null))
        .thenCompose(location -> location == null ? register(name) : reload(name, location));
  }

  private CompletionStage<ModelKey> reload(String name, String location) {
    return models
        .swap(new SwapModel(name, order(location, null), null, false))
        .thenApply(done -> new ModelKey(name, done.to()));
  }

  private CompletionStage<ModelKey> register(String name) {
    CompletionStage<RegisterResult> archive = models.register(order(name + ".mar", name));
    CompletionStage<RegisterResult> either =
        orElse(archive, ErrorKind.ARCHIVE_NOT_FOUND, none -> models.register(order(name, name)));
    CompletionStage<RegisterResult> found =
        orElse(
            either,
            ErrorKind.ARCHIVE_NOT_FOUND,
            none ->
                CompletableFuture.failedStage(
                    new ServeException(
                        ErrorKind.MODEL_NOT_FOUND,
                        "Model not found: "
                            + name
                            + " (expected: "
                            + name
                            + ".mar or a folder "
                            + name
                            + " in the model store)")));
    return found.thenCompose(this::staffed);
  }

  /** Where a registration starts no workers by itself, a model that is loaded has one. */
  private CompletionStage<ModelKey> staffed(RegisterResult registered) {
    ModelKey key = registered.model();
    return registered.workers() > 0
        ? CompletableFuture.completedStage(key)
        : models.scale(new ScaleModel(key.ref(), 1, 1, Completion.READY)).thenApply(done -> key);
  }

  private static RegisterModel order(String location, @Nullable String name) {
    return new RegisterModel(
        location, name, null, null, null, ModelOverrides.NONE, Completion.READY, false);
  }

  /**
   * Unloads all versions of a model; what they have accepted is finished.
   *
   * @return done when the last one is gone; fails with MODEL_NOT_FOUND
   */
  public CompletionStage<Void> unload(String name) {
    return models
        .describeAll(name)
        .thenCompose(
            versions -> {
              List<ModelStatus> order = new ArrayList<>(versions);
              // The default version can be removed only when it is the last.
              order.sort((a, b) -> Boolean.compare(a.isDefault(), b.isDefault()));
              CompletionStage<Void> done = CompletableFuture.completedStage(null);
              for (ModelStatus version : order) {
                done =
                    done.thenCompose(before -> models.unregister(version.key().ref()))
                        .thenAccept(removed -> {});
              }
              return done;
            });
  }

  private static <T> CompletionStage<T> orElse(
      CompletionStage<T> stage, ErrorKind kind, Function<Throwable, CompletionStage<T>> otherwise) {
    return stage
        .handle(
            (value, thrown) -> {
              if (thrown == null) {
                return CompletableFuture.completedStage(value);
              }
              return ServeException.failureOf(thrown).kind() == kind
                  ? otherwise.apply(thrown)
                  : CompletableFuture.<T>failedStage(thrown);
            })
        .thenCompose(next -> next);
  }
}
