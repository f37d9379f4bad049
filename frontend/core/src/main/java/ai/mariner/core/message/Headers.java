package ai.mariner.core.message;

import java.util.function.BiConsumer;

/**
 * Request or reply headers in the order and spelling of their sender.
 *
 * <p>Adapters implement this over what they have, so nothing is copied on the way to the worker.
 */
@FunctionalInterface
public interface Headers {
  /** No headers. */
  Headers NONE = consumer -> {};

  /** Hands each name and value to the consumer. */
  void forEach(BiConsumer<? super CharSequence, ? super CharSequence> consumer);
}
