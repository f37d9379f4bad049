package ai.mariner.rest;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Looks now and then whether a connection has waited for its client for too long. */
final class ConnectionClock {
  /** A body has to come at least this fast, beyond the idle time-out as a head start. */
  private static final long LEAST_BYTES_PER_SECOND = 1024;

  private static final long NANOS_PER_SECOND = Duration.ofSeconds(1).toNanos();

  /** What to do with the connection. */
  enum Verdict {
    /** All is well. */
    GO_ON,
    /** Nothing is under way, or the head of a request does not come to an end. */
    IDLE,
    /** The body of a request comes too slowly. */
    SLOW_BODY,
    /** The client reads nothing, or has had its time to leave. */
    CLOSE
  }

  private final Listener listener;
  private long progressNanos;
  private long pendingBytes;
  private long pendingSinceNanos;
  private boolean lingering;
  private @Nullable Future<?> tick;

  ConnectionClock(Listener listener) {
    this.listener = listener;
    this.progressNanos = now();
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
    lingering = true;
    progressNanos = now();
  }

  boolean lingering() {
    return lingering;
  }

  Verdict verdict(Channel channel, @Nullable Incoming incoming, boolean nothingOutstanding) {
    long now = now();
    if (lingering) {
      return now - progressNanos >= listener.lingerNanos() ? Verdict.CLOSE : Verdict.GO_ON;
    }
    if (stalled(channel, now)) {
      return Verdict.CLOSE;
    }
    if (incoming != null && channel.config().isAutoRead() && !incoming.continueDue()) {
      long earned = incoming.receivedBytes() / LEAST_BYTES_PER_SECOND * NANOS_PER_SECOND;
      long allowed = listener.idleNanos() + earned;
      return now - incoming.beganNanos() >= allowed ? Verdict.SLOW_BODY : Verdict.GO_ON;
    }
    boolean idle = nothingOutstanding && pendingBytes == 0;
    return idle && now - progressNanos >= listener.idleNanos() ? Verdict.IDLE : Verdict.GO_ON;
  }

  private boolean stalled(Channel channel, long now) {
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    long pending = buffer == null ? 0 : buffer.totalPendingWriteBytes();
    long sent = buffer == null ? 0 : buffer.currentProgress();
    long mark = pending == 0 ? 0 : pending - sent;
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
