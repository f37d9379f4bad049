package ai.mariner.rest;

import ai.mariner.core.config.IntakeLimits;
import ai.mariner.core.config.ListenerAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** What all connections of a listener share. */
final class Listener {
  private static final long LEAST_TICK_NANOS = Duration.ofMillis(20).toNanos();
  private static final long MOST_TICK_NANOS = Duration.ofSeconds(5).toNanos();

  private final RestContext context;
  private volatile Router router;
  private final AnswerEncoder encoder;
  private final Dialect dialect;
  private volatile boolean draining;

  /**
   * Makes what the connections of a listener share.
   *
   * @param apis which routes it serves
   * @param address where it is bound
   */
  Listener(Set<Api> apis, RestContext context, ListenerAddress address) {
    this.context = context;
    RouteTable routes = new RouteTable(apis, context, address);
    this.router = routes.router(List.of());
    this.encoder = new AnswerEncoder(new CrossOrigin(context.config().cors()));
    this.dialect = TorchServeDialect.of(context.config());
    context.addedRoutes().follow(added -> router = routes.router(added));
  }

  RestContext context() {
    return context;
  }

  /** The routes as they are now; a request is served by those that it was routed by. */
  Router router() {
    return router;
  }

  AnswerEncoder encoder() {
    return encoder;
  }

  /** How a request is answered that has no route, or one without a dialect of its own. */
  Dialect dialect() {
    return dialect;
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

  /** How long a stream of events may be silent. */
  long keepAliveNanos() {
    return context.config().limits().eventKeepAlive().toNanos();
  }

  /** How often a connection looks at the clock. */
  long tickNanos() {
    long shortest = Math.min(Math.min(idleNanos(), stallNanos()), Patience.PAUSE_NANOS);
    shortest = Math.min(shortest, intake().headerTimeout().toNanos());
    shortest = Math.min(shortest, intake().bodyGrace().toNanos());
    shortest = Math.min(shortest, keepAliveNanos());
    return Math.max(LEAST_TICK_NANOS, Math.min(MOST_TICK_NANOS, shortest / 4));
  }
}
