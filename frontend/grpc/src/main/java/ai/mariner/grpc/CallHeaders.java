package ai.mariner.grpc;

import ai.mariner.core.message.Headers;
import io.grpc.Metadata;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * The metadata of a call as handlers may see it: ASCII entries that the caller added. What the
 * protocol itself added, the token, and the names that switch a handler's mode are left out.
 *
 * @param metadata metadata of the call, not changed any more
 */
record CallHeaders(Metadata metadata) implements Headers {
  private static final Set<String> WITHHELD =
      Set.of(
          "authorization",
          "content-type",
          "describe",
          "explain",
          "te",
          "ts_request_sequence_end",
          "ts_request_sequence_id",
          "ts_request_sequence_start",
          "url_path",
          "user-agent");

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

  private static boolean visible(String name) {
    return !name.startsWith("grpc-")
        && !name.startsWith(":")
        && !name.endsWith(Metadata.BINARY_HEADER_SUFFIX)
        && !WITHHELD.contains(name);
  }
}
