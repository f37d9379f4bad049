package ai.mariner.rest;

import ai.mariner.core.message.Headers;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Iterator;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A request's headers as handlers see them, in the client's spelling. What the server tells
 * handlers by a header of the same name is taken out of the client's.
 *
 * @param headers as they came; not changed any more
 * @param urlPath value of {@code url_path}; absent: no such header
 */
record HandlerHeaders(HttpHeaders headers, @Nullable String urlPath) implements Headers {
  private static final AsciiString URL_PATH = AsciiString.cached("url_path");
  private static final AsciiString EXPLAIN = AsciiString.cached("explain");
  private static final AsciiString DESCRIBE = AsciiString.cached("describe");

  @Override
  public void forEach(BiConsumer<? super CharSequence, ? super CharSequence> consumer) {
    Iterator<Map.Entry<CharSequence, CharSequence>> all = headers.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      if (!isReserved(header.getKey())) {
        consumer.accept(header.getKey(), header.getValue());
      }
    }
    if (urlPath != null) {
      consumer.accept(URL_PATH, urlPath);
    }
  }

  private static boolean isReserved(CharSequence name) {
    return switch (name.length()) {
      case 7 -> EXPLAIN.contentEqualsIgnoreCase(name);
      case 8 -> DESCRIBE.contentEqualsIgnoreCase(name) || URL_PATH.contentEqualsIgnoreCase(name);
      default -> false;
    };
  }
}
