package ai.mariner.core.metrics;

/** Where the network adapters write down the calls that they answered. Thread-safe. */
@FunctionalInterface
public interface AccessLog {
  /**
   * Writes down one answered call. Never blocks: a line for which there is no room is dropped and
   * counted.
   *
   * @param remote address of the client, {@code 127.0.0.1:34602}; {@code 127.0.0.1} for a client on
   *     a Unix socket
   * @param requestLine {@code POST /predictions/echo HTTP/1.1}, with the query, without quotes
   * @param status status that the client got
   * @param millis time from the first byte of the request to the last of the answer
   */
  void line(String remote, String requestLine, int status, long millis);

  /** Writes nothing. */
  AccessLog NONE = (remote, requestLine, status, millis) -> {};
}
