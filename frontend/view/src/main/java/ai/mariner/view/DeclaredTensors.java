package ai.mariner.view;

import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Signature;
import ai.mariner.core.model.ModelCalls;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/**
 * The tensors of models: what their archives declare, else what their workers say. What workers say
 * is read once. For any thread.
 */
public final class DeclaredTensors {
  /** So many texts are kept; models that come and go leave theirs behind. */
  private static final int MOST_KEPT = 1024;

  private final ModelCalls models;
  private final ConcurrentMap<String, Optional<Signature>> read = new ConcurrentHashMap<>();

  /** Makes a view of these models. */
  public DeclaredTensors(ModelCalls models) {
    this.models = models;
  }

  /** What clients are told of a model; absent: nothing is known, or there is no such model. */
  public @Nullable Signature shown(ModelRef model) {
    Signature declared = models.signature(model);
    return declared == null ? told(models.declares(model)) : declared;
  }

  /** What requests of a model have to fit; absent: the handler gets them as they are. */
  public @Nullable Signature enforced(ModelRef model) {
    return Signature.enforced(shown(model));
  }

  private @Nullable Signature told(@Nullable String text) {
    if (text == null) {
      return null;
    }
    Optional<Signature> known = read.get(text);
    if (known == null) {
      known = Optional.ofNullable(ToldTensors.read(text));
      if (read.size() >= MOST_KEPT) {
        read.clear();
      }
      read.put(text, known);
    }
    return known.orElse(null);
  }
}
