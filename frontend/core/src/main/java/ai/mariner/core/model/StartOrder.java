package ai.mariner.core.model;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Lets the models of a start be published in their order where it matters: one waits for those
 * before it that have its name, and for those of which the name is not known yet. Entered by one
 * thread.
 */
final class StartOrder {
  /** Complete when every model so far has a name or has failed. */
  private CompletableFuture<?> named = CompletableFuture.completedFuture(null);

  /** The last model of each name. Touched only by one link of the chain after the other. */
  private final Map<String, CompletableFuture<?>> last = new HashMap<>();

  /**
   * Puts a model at the end of the line.
   *
   * @param name its name, when it is known; fails if the model does
   * @param publish called when it is its turn
   * @return what becomes of it
   */
  <T> CompletableFuture<T> enter(
      CompletableFuture<String> name, Supplier<? extends CompletionStage<T>> publish) {
    CompletableFuture<T> result = new CompletableFuture<>();
    CompletableFuture<@Nullable CompletableFuture<?>> before =
        named
            .thenCombine(name, (all, own) -> own)
            .handle((own, failed) -> own == null ? null : last.put(own, result));
    named = before;
    var unused =
        before
            .thenCompose(StartOrder::end)
            .thenCompose(nothing -> publish.get())
            .whenComplete(
                (value, thrown) -> {
                  if (thrown == null) {
                    result.complete(value);
                  } else {
                    result.completeExceptionally(thrown);
                  }
                });
    return result;
  }

  /** The end of a model's turn, good or bad. */
  private static CompletionStage<@Nullable Void> end(@Nullable CompletableFuture<?> model) {
    return model == null
        ? CompletableFuture.completedStage(null)
        : model.handle((value, thrown) -> null);
  }
}
