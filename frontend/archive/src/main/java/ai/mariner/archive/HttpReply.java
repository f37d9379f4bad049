package ai.mariner.archive;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Head of an HTTP/1 answer.
 *
 * @param status status code
 * @param headers by lower-case name; the last of several
 */
record HttpReply(int status, Map<String, String> headers) {
  private static final int MAX_HEAD_BYTES = 64 * 1024;
  private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.[01] ([1-5][0-9]{2})( .*)?");

  /**
   * Reads the head of the final answer; interim ones are passed over.
   *
   * @throws IOException when it is malformed or too large
   */
  static HttpReply read(InputStream in) throws IOException {
    int[] budget = {MAX_HEAD_BYTES};
    while (true) {
      String line = line(in, budget);
      Matcher matcher = STATUS_LINE.matcher(line);
      if (!matcher.matches()) {
        throw new IOException("status line: " + Refusals.shown(line) + " (expected: HTTP/1.1)");
      }
      int status = Integer.parseInt(matcher.group(1));
      Map<String, String> headers = headers(in, budget);
      if (status >= 200) {
        return new HttpReply(status, headers);
      }
    }
  }

  @Nullable String header(String name) {
    return headers.get(name);
  }

  boolean isRedirect() {
    return switch (status) {
      case 301, 302, 303, 307, 308 -> true;
      default -> false;
    };
  }

  /**
   * The body as a stream that ends where the body does.
   *
   * @throws IOException when its framing is malformed
   */
  InputStream body(InputStream in) throws IOException {
    String encoding = header("transfer-encoding");
    if (encoding != null) {
      if (!encoding.trim().equalsIgnoreCase("chunked")) {
        throw new IOException("Transfer-Encoding: " + Refusals.shown(encoding));
      }
      return new ChunkedBody(in);
    }
    long length = contentLength();
    return length < 0 ? in : new SizedBody(in, length);
  }

  /**
   * Announced size of the body in bytes; -1: it ends with the connection.
   *
   * @throws IOException when it is malformed
   */
  long contentLength() throws IOException {
    String text = header("content-length");
    if (text == null || header("transfer-encoding") != null) {
      return -1;
    }
    if (!text.trim().matches("[0-9]{1,18}")) {
      throw new IOException("Content-Length: " + Refusals.shown(text));
    }
    return Long.parseLong(text.trim());
  }

  private static Map<String, String> headers(InputStream in, int[] budget) throws IOException {
    Map<String, String> headers = new HashMap<>();
    for (String line = line(in, budget); !line.isEmpty(); line = line(in, budget)) {
      int colon = line.indexOf(':');
      if (colon <= 0) {
        throw new IOException("header: " + Refusals.shown(line));
      }
      headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1));
    }
    return headers;
  }

  /** A line without its end; {@code budget[0]} bytes are left for lines. */
  static String line(InputStream in, int[] budget) throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new EOFException("the connection ended early");
      }
      if (--budget[0] < 0) {
        throw new IOException("headers are too long (expected: at most " + MAX_HEAD_BYTES + ")");
      }
      if (b == '\n') {
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
      }
      line.write(b);
    }
  }
}
