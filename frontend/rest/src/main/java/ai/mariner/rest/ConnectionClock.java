package ai.mariner.rest;

import io.netty.channel.Channel;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Looks now and then whether a connection has waited for its client for too long. */
final class ConnectionClock {
  private static final long NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

  /** What to do with the connection. */
  enum Verdict {
    /** All is well. */
    GO_ON,
    /** Nothing is under way. */
    IDLE,
    /** The head of a request does not come to its end. */
    SLOW_HEAD,
    /** The body of a request comes too slowly. */
    SLOW_BODY,
    /** Enough was read of a body that nobody wants. */
    ENOUGH,
    /** The client reads nothing, or has had its time to leave. */
    CLOSE
  }

  private final Listener listener;
  private long progressNanos;
  private long pendingBytes;
  private long pendingSinceNanos;
  private long lookedNanos;
  private long headBeganNanos;
  private long headWaitedNanos;
  private @Nullable Patience linger;
  private long lingeredBytes;
  private @Nullable Future<?> tick;

  ConnectionClock(Listener listener) {
    this.listener = listener;
    this.progressNanos = now();
    this.lookedNanos = progressNanos;
  }

  /** Runs a task now and then, which asks for the {@link #verdict}. */
  void start(EventExecutor loop, Runnable look) {
    long period = listener.tickNanos();
    tick = loop.scheduleWithFixedDelay(look, period, period, TimeUnit.NANOSECONDS);
  }

  /** Runs it no more. */
  void stop() {
    Future<?> running = tick;
    if (running != null) {
      running.cancel(false);
      tick = null;
    }
  }

  /** A request has come or an answer has ended. */
  void progress() {
    progressNanos = now();
  }

  /** The last answer has been sent; input is only read to the end. */
  void linger() {
    Patience begun = new Patience();
    linger = begun;
    var unused = begun.isOver(0, now());
  }

  boolean lingering() {
    return linger != null;
  }

  /** Notes that more was read to the end; whether it was too much. */
  boolean lingeredTooLong(int bytes) {
    lingeredBytes += bytes;
    return linger != null && lingeredBytes > Patience.MOST_BYTES_AT_END;
  }

  /**
   * What to do with the connection.
   *
   * @param unsentBytes what was written and the client has not taken; it falls while the client
   *     does
   */
  Verdict verdict(
      Channel channel,
      long unsentBytes,
      HeadWatch decoder,
      @Nullable Incoming incoming,
      boolean nothingOutstanding) {
    long now = now();
    // When the server itself stood still, its clients could send nothing that it would have seen.
    long passed = Math.min(now - lookedNanos, 2 * listener.tickNanos());
    lookedNanos = now;
    Patience ending = linger;
    if (ending != null) {
      return ending.isOver(lingeredBytes, now) ? Verdict.CLOSE : Verdict.GO_ON;
    }
    if (stalled(unsentBytes, now)) {
      return Verdict.CLOSE;
    }
    if (channel.config().isAutoRead()) {
      if (incoming != null) {
        return incoming.continueDue() ? Verdict.GO_ON : body(incoming, passed, now);
      }
      if (decoder.midRequest()) {
        return head(decoder.headBeganNanos(), passed, now);
      }
    }
    boolean idle = nothingOutstanding && pendingBytes == 0;
    return idle && now - progressNanos >= listener.idleNanos() ? Verdict.IDLE : Verdict.GO_ON;
  }

  private Verdict head(long beganNanos, long passed, long now) {
    if (headBeganNanos != beganNanos) {
      headBeganNanos = beganNanos;
      headWaitedNanos = 0;
    }
    headWaitedNanos += Math.min(passed, now - beganNanos);
    boolean slow = headWaitedNanos >= listener.intake().headerTimeout().toNanos();
    return slow ? Verdict.SLOW_HEAD : Verdict.GO_ON;
  }

  private Verdict body(Incoming incoming, long passed, long now) {
    if (incoming.discarding()) {
      return incoming.patience().isOver(incoming.receivedBytes(), now)
          ? Verdict.ENOUGH
          : Verdict.GO_ON;
    }
    long waited = incoming.waited(Math.min(passed, now - incoming.beganNanos()));
    int rate = listener.intake().leastBodyRate();
    if (rate == 0) {
      return Verdict.GO_ON;
    }
    long earned = incoming.receivedBytes() * NANOS_PER_SECOND / rate;
    long allowed = listener.intake().bodyGrace().toNanos() + earned;
    return waited >= allowed ? Verdict.SLOW_BODY : Verdict.GO_ON;
  }

  /** Whether the client had taken all that was written when the verdict was asked for. */
  boolean nothingPending() {
    return pendingBytes == 0;
  }

  private boolean stalled(long mark, long now) {
    if (mark == 0 || mark != pendingBytes) {
      pendingBytes = mark;
      pendingSinceNanos = now;
      return false;
    }
    return now - pendingSinceNanos >= listener.stallNanos();
  }

  private long now() {
    return listener.context().clock().getAsLong();
  }
}
