package ai.mariner.rest;

import io.netty.buffer.ByteBufAllocator;
import org.jspecify.annotations.Nullable;

/** A request while its body arrives. */
final class Incoming {
  private final Exchange exchange;
  private final BodyCollector body;
  private final long beganNanos;
  private Router.@Nullable Target target;
  private long receivedBytes;
  private boolean discarding;
  private boolean continueDue;

  /**
   * Opens a request.
   *
   * @param exchange its place in the line
   * @param allocator makes buffers for its body
   * @param nowNanos now
   */
  Incoming(Exchange exchange, ByteBufAllocator allocator, long nowNanos) {
    this.exchange = exchange;
    this.body = new BodyCollector(allocator);
    this.beganNanos = nowNanos;
  }

  Exchange exchange() {
    return exchange;
  }

  /** Where the request goes; absent: nowhere. */
  Router.@Nullable Target target() {
    return target;
  }

  void target(Router.Target found) {
    target = found;
  }

  BodyCollector body() {
    return body;
  }

  /** When the head of the request was complete. */
  long beganNanos() {
    return beganNanos;
  }

  /** Bytes of the body that came, thrown away or not. */
  long receivedBytes() {
    return receivedBytes;
  }

  /** Counts bytes of the body. */
  void received(int bytes) {
    receivedBytes += bytes;
  }

  /** Whether the body is thrown away. */
  boolean discarding() {
    return discarding;
  }

  /** Throws the body away, what came and what comes. */
  void discard() {
    discarding = true;
    continueDue = false;
    body.release();
  }

  /** Whether the client waits to be asked for the body. */
  boolean continueDue() {
    return continueDue;
  }

  void continueDue(boolean due) {
    continueDue = due;
  }
}
