package ai.mariner.core.message;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An answer, or one piece of a streamed answer.
 *
 * @param status HTTP status that the handler set; absent: 200
 * @param reason reason phrase that the handler set
 * @param contentType media type that the handler set, or {@code application/json} for an answer
 *     that the worker turned into JSON
 * @param headers further headers that the handler set
 * @param body the bytes, owned by whoever holds the reply
 */
public record Reply(
    @Nullable Integer status,
    @Nullable String reason,
    @Nullable String contentType,
    List<Header> headers,
    Body body) {

  /**
   * A header that a handler set.
   *
   * @param name header name
   * @param value header value
   */
  public record Header(String name, String value) {}
}
