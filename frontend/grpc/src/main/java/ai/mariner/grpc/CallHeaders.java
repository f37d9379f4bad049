package ai.mariner.grpc;

import ai.mariner.core.config.SequenceNames;
import ai.mariner.core.message.Headers;
import io.grpc.Metadata;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * The metadata of a call as handlers may see it: ASCII entries that the caller added. What the
 * protocol itself added, the token, and the names that switch a handler's mode or place a request
 * in a sequence are left out.
 *
 * @param metadata metadata of the call, not changed any more
 * @param sequences names that speak of sequences
 */
record CallHeaders(Metadata metadata, SequenceNames sequences) implements Headers {
  private static final Set<String> WITHHELD =
      Set.of(
          "authorization", "content-type", "describe", "explain", "te", "url_path", "user-agent");

  @Override
  public void forEach(BiConsumer<? super CharSequence, ? super CharSequence> consumer) {
    for (String name : metadata.keys()) {
      if (!visible(name)) {
        continue;
      }
      Iterable<String> values =
          metadata.getAll(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER));
      if (values != null) {
        values.forEach(value -> consumer.accept(name, value));
      }
    }
  }

  private boolean visible(String name) {
    return !name.startsWith("grpc-")
        && !name.startsWith(":")
        && !name.endsWith(Metadata.BINARY_HEADER_SUFFIX)
        && !WITHHELD.contains(name)
        && !sequences.has(name);
  }
}
