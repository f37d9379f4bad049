package ai.mariner.grpc;

import ai.mariner.core.message.Reply;
import io.grpc.Metadata;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The headers that a handler set, as trailers of the call. What gRPC keeps for itself is left out,
 * as is what no trailer can hold, and what would make clients refuse the answer by its length.
 */
final class HandlerTrailers {
  /** Clients take 8 KiB of trailers by default. */
  private static final int MAX_BYTES = 4096;

  private static final Pattern NAME = Pattern.compile("[0-9a-z_.-]+");
  private static final Set<String> RESERVED =
      Set.of("connection", "content-length", "content-type", "te");

  private HandlerTrailers() {}

  static void addTo(Metadata trailers, List<Reply.Header> headers) {
    int bytes = 0;
    for (Reply.Header header : headers) {
      String name = header.name().toLowerCase(Locale.ROOT);
      bytes += name.length() + header.value().length();
      if (bytes <= MAX_BYTES && isFree(name) && isPrintable(header.value())) {
        trailers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), header.value());
      }
    }
  }

  private static boolean isFree(String name) {
    return NAME.matcher(name).matches()
        && !name.startsWith("grpc-")
        && !name.endsWith(Metadata.BINARY_HEADER_SUFFIX)
        && !RESERVED.contains(name);
  }

  private static boolean isPrintable(String value) {
    return value.chars().allMatch(c -> c >= ' ' && c <= '~');
  }
}
