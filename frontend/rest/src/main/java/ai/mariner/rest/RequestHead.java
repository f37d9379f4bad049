package ai.mariner.rest;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/** What the line and headers of a request say about framing, and what is wrong with them. */
final class RequestHead {
  private static final int LONGEST_LABEL = 128;

  private RequestHead() {}

  /**
   * Why a request goes no further than its head.
   *
   * @param status HTTP status
   * @param type name that clients compare
   * @param message what, the value, and what was expected
   */
  record Refusal(int status, String type, String message) {}

  /**
   * Checks what Netty's parser leaves to its user.
   *
   * @param maxHeaders number of headers
   * @return what is wrong, or {@code null}
   */
  static @Nullable Refusal refusal(HttpRequest request, int maxHeaders) {
    String problem = problem(request);
    if (problem != null) {
      return new Refusal(400, "BadRequestException", problem);
    }
    if (request.protocolVersion().majorVersion() != 1) {
      String message = "Protocol " + request.protocolVersion() + " (expected: HTTP/1.1)";
      return new Refusal(505, "HttpVersionException", message);
    }
    int count = request.headers().size();
    if (count > maxHeaders) {
      String message = "Headers: " + count + " (expected: at most " + maxHeaders + ", max_headers)";
      return new Refusal(431, "HeadersTooLargeException", message);
    }
    return null;
  }

  private static @Nullable String problem(HttpRequest request) {
    HttpHeaders headers = request.headers();
    boolean http11 = HttpVersion.HTTP_1_1.equals(request.protocolVersion());
    String encoding = headers.get(HttpHeaderNames.TRANSFER_ENCODING);
    if (encoding != null) {
      if (!http11) {
        return "Transfer-Encoding in an HTTP/1.0 request (expected: Content-Length)";
      }
      boolean single = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING).size() == 1;
      if (!single || !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(encoding.trim())) {
        return "Transfer-Encoding: " + Replies.printable(encoding) + " (expected: chunked)";
      }
    }
    if (http11) {
      int hosts = 0;
      for (Iterator<? extends CharSequence> all =
              headers.valueCharSequenceIterator(HttpHeaderNames.HOST);
          all.hasNext();
          all.next()) {
        hosts++;
      }
      if (hosts != 1) {
        return "Host headers: " + hosts + " (expected: 1)";
      }
    }
    return uriProblem(request.uri());
  }

  private static @Nullable String uriProblem(String uri) {
    for (int i = 0; i < uri.length(); i++) {
      char c = uri.charAt(i);
      if (c <= ' ' || c == 0x7f) {
        return "The request target has a control character or space at position " + i;
      }
    }
    return null;
  }

  /** Announced size of the body, or -1 when it is not announced. */
  static long announcedBytes(HttpRequest request) {
    String length = request.headers().get(HttpHeaderNames.CONTENT_LENGTH);
    if (length == null) {
      return -1;
    }
    try {
      return Long.parseLong(length.trim());
    } catch (NumberFormatException refusedByTheParserAlready) {
      return -1;
    }
  }

  /** Content coding of the body, several with commas between them; absent: none. */
  static @Nullable String contentCoding(HttpRequest request) {
    HttpHeaders headers = request.headers();
    String first = headers.get(HttpHeaderNames.CONTENT_ENCODING);
    return first == null
        ? null
        : String.join(", ", headers.getAll(HttpHeaderNames.CONTENT_ENCODING));
  }

  /** The client's own label of the request, when it is printable ASCII of a sane length. */
  static @Nullable String label(HttpRequest request) {
    String label = request.headers().get("x-request-id");
    if (label == null || label.isEmpty() || label.length() > LONGEST_LABEL) {
      return null;
    }
    for (int i = 0; i < label.length(); i++) {
      char c = label.charAt(i);
      if (c < ' ' || c > '~') {
        return null;
      }
    }
    return label;
  }

  /** Whether the connection may serve another request after this one. */
  static boolean keepAlive(HttpRequest request) {
    HttpHeaders headers = request.headers();
    CharSequence connection = headers.get(HttpHeaderNames.CONNECTION);
    if (connection == null) {
      return HttpVersion.HTTP_1_1.equals(request.protocolVersion());
    }
    if (headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true)) {
      return false;
    }
    return HttpVersion.HTTP_1_1.equals(request.protocolVersion())
        || headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE, true);
  }
}
