package ai.mariner.core.message;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

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

  /** These and, behind them, one more. */
  default Headers with(CharSequence name, CharSequence value) {
    return consumer -> {
      forEach(consumer);
      consumer.accept(name, value);
    };
  }

  /** The first value of a header, whose name has no case; absent: there is none. */
  default @Nullable String first(String name) {
    List<String> values = new ArrayList<>(1);
    forEach(
        (header, value) -> {
          if (values.isEmpty()
              && header.length() == name.length()
              && name.equalsIgnoreCase(header.toString())) {
            values.add(value.toString());
          }
        });
    return values.isEmpty() ? null : values.get(0);
  }
}
