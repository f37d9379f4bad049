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
  private long wantedBytes;
  private boolean continueDue;
  private long waitedNanos;
  private final Patience patience = new Patience();
  private @Nullable BodyDecoder decoder;
  private long unpackedBytes;

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

  /** Counts time in which the client could have sent; all of it until now. */
  long waited(long nanos) {
    waitedNanos += nanos;
    return waitedNanos;
  }

  /** How long a body that is thrown away is read. */
  Patience patience() {
    return patience;
  }

  /** Undoes the content coding of the body; absent: it has none. */
  @Nullable BodyDecoder decoder() {
    return decoder;
  }

  void decoder(BodyDecoder found) {
    decoder = found;
  }

  /** Counts bytes that came out of the decoder; all of them until now. */
  long unpacked(int bytes) {
    unpackedBytes += bytes;
    return unpackedBytes;
  }

  /** Whether the body is thrown away. */
  boolean discarding() {
    return discarding;
  }

  /** Bytes that came since it is thrown away. */
  long discardedBytes() {
    return discarding ? receivedBytes - wantedBytes : 0;
  }

  /** Throws the body away, what came and what comes. */
  void discard() {
    if (!discarding) {
      wantedBytes = receivedBytes;
    }
    discarding = true;
    continueDue = false;
    body.release();
    BodyDecoder unpacking = decoder;
    if (unpacking != null) {
      unpacking.close();
    }
  }

  /** Whether the client waits to be asked for the body. */
  boolean continueDue() {
    return continueDue;
  }

  void continueDue(boolean due) {
    continueDue = due;
  }
}
