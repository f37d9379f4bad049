package ai.mariner.rest;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers that the adapter makes itself, and what is wrong with those of handlers. */
final class Replies {
  static final String JSON = "application/json";

  private Replies() {}

  static Reply json(int status, String text) {
    return of(status, JSON, text.getBytes(StandardCharsets.UTF_8));
  }

  static Reply of(int status, @Nullable String contentType, byte[] body) {
    return new Reply(status, null, contentType, List.of(), Body.of(body));
  }

  /** The answer with one more header. */
  static Reply with(Reply reply, String name, String value) {
    List<Reply.Header> headers = new ArrayList<>(reply.headers());
    headers.add(new Reply.Header(name, value));
    return new Reply(
        reply.status(), reply.reason(), reply.contentType(), List.copyOf(headers), reply.body());
  }

  /**
   * What keeps a handler's answer from being sent as it is.
   *
   * @return a message for the client, or {@code null} when all is well
   */
  static @Nullable String problem(Reply reply) {
    Integer status = reply.status();
    if (status != null && (status < 200 || status > 599)) {
      return "The handler set status " + status + " (expected: 200 to 599)";
    }
    if (!isLine(reply.reason())) {
      return "The handler set a reason phrase with a control character (expected: one line)";
    }
    if (!isLine(reply.contentType())) {
      return "The handler set a content type with a control character (expected: one line)";
    }
    List<Reply.Header> headers = reply.headers();
    for (int i = 0; i < headers.size(); i++) {
      Reply.Header header = headers.get(i);
      if (!isToken(header.name())) {
        return "The handler set a header with the name \""
            + printable(header.name())
            + "\" (expected: letters, digits and !#$%&'*+-.^_`|~)";
      }
      if (!isLine(header.value())) {
        return "The handler set header \""
            + header.name()
            + "\" to a value with a control character (expected: one line)";
      }
    }
    return null;
  }

  private static boolean isLine(@Nullable String text) {
    if (text == null) {
      return true;
    }
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        return false;
      }
    }
    return true;
  }

  private static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!letter && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** The text with everything but printable ASCII replaced, so that it can be shown anywhere. */
  static String printable(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    for (int i = 0; i < text.length() && i < 100; i++) {
      char c = text.charAt(i);
      shown.append(c >= ' ' && c < 0x7f ? c : '?');
    }
    return shown.toString();
  }
}
