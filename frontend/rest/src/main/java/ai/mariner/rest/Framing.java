package ai.mariner.rest;

import ai.mariner.core.message.Reply;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.Locale;

/** How the pieces of an answer are set apart. */
enum Framing {
  /** Each piece is a chunk, as it is. */
  CHUNKS,
  /** Each piece is a server-sent event; an answer in one piece stays as it is. */
  EVENTS_WHEN_STREAMED,
  /** Each piece is a server-sent event, also when there is only one. */
  EVENTS,
  /** The pieces together are server-sent events, as the handler has framed them. */
  EVENTS_OF_HANDLER;

  /** Whether an answer is told in events; {@code whole}: it comes in one piece. */
  boolean events(boolean whole) {
    return this == EVENTS || this == EVENTS_OF_HANDLER || (this == EVENTS_WHEN_STREAMED && !whole);
  }

  /** Whether this answer is told in events, and if so by whom it is made of them. */
  boolean suits(Reply reply) {
    return this == EVENTS_OF_HANDLER ? EventStream.isSuccess(reply) : EventStream.suits(reply);
  }

  private static final String TYPE = "text/event-stream";
  private static final String WEIGHT = "q=";

  /**
   * What a client asks for by {@code Accept}: events if it names their type. When it takes another
   * type just as well, an answer that is not streamed is left in that one.
   */
  static Framing accepted(HttpHeaders headers) {
    String first = headers.get(HttpHeaderNames.ACCEPT);
    if (first == null || first.length() < TYPE.length()) {
      return CHUNKS;
    }
    List<String> all = headers.getAll(HttpHeaderNames.ACCEPT);
    return accepted(String.join(",", all).toLowerCase(Locale.ROOT));
  }

  private static Framing accepted(String ranges) {
    if (!ranges.contains(TYPE)) {
      return CHUNKS;
    }
    double events = 0;
    double others = 0;
    for (String range : ranges.split(",")) {
      if (RequestInputs.mediaType(range).equals(TYPE)) {
        events = Math.max(events, weight(range));
      } else {
        others = Math.max(others, weight(range));
      }
    }
    if (events <= 0) {
      return CHUNKS;
    }
    return others >= events ? EVENTS_WHEN_STREAMED : EVENTS;
  }

  /** The weight of one entry of a list of what a client accepts. */
  static double weight(String range) {
    for (String parameter : range.split(";")) {
      String text = parameter.trim();
      if (text.startsWith(WEIGHT)) {
        try {
          return Double.parseDouble(text.substring(WEIGHT.length()).trim());
        } catch (NumberFormatException notANumber) {
          return 1;
        }
      }
    }
    return 1;
  }
}
