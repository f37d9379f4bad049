package ai.mariner.rest;

import ai.mariner.core.config.IntakeLimits;
import java.time.Duration;

/** What all connections of a listener share. */
final class Listener {
  private static final long LEAST_TICK_NANOS = Duration.ofMillis(20).toNanos();
  private static final long MOST_TICK_NANOS = Duration.ofSeconds(5).toNanos();

  private final RestContext context;
  private final Router router;
  private final AnswerEncoder encoder;
  private final HttpErrors errors;
  private volatile boolean draining;

  Listener(RestContext context, Router router) {
    this.context = context;
    this.router = router;
    this.encoder = new AnswerEncoder(context.config().cors());
    this.errors = new HttpErrors(context.config().profile(), context.config().exposeErrors());
  }

  RestContext context() {
    return context;
  }

  Router router() {
    return router;
  }

  AnswerEncoder encoder() {
    return encoder;
  }

  HttpErrors errors() {
    return errors;
  }

  /** Whether connections are to end with their next answer. */
  boolean draining() {
    return draining;
  }

  void drain() {
    draining = true;
  }

  long maxRequestBytes() {
    return context.config().limits().maxRequestBytes();
  }

  long idleNanos() {
    return context.config().limits().idleTimeout().toNanos();
  }

  long stallNanos() {
    return context.config().limits().streamStallTimeout().toNanos();
  }

  IntakeLimits intake() {
    return context.config().limits().intake();
  }

  /** How often a connection looks at the clock. */
  long tickNanos() {
    long shortest = Math.min(Math.min(idleNanos(), stallNanos()), Patience.PAUSE_NANOS);
    shortest = Math.min(shortest, intake().headerTimeout().toNanos());
    shortest = Math.min(shortest, intake().bodyGrace().toNanos());
    return Math.max(LEAST_TICK_NANOS, Math.min(MOST_TICK_NANOS, shortest / 4));
  }
}
