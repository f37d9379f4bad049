package ai.mariner.sdk;

import java.util.EnumSet;
import java.util.Set;

/**
 * Decides who may call, beside tokens and client certificates: what those refuse never comes here.
 *
 * <p>An implementation is a public class with a public constructor without parameters. One object
 * is asked by several threads at once. These are none of the event loops, so it may block; what
 * takes longer than {@code authorizer_timeout}, its wait for a thread included, is refused with
 * 503, and what it throws refuses with 500. When all {@code authorizer_threads} are busy and their
 * queue is full, calls are refused with 503. No fault lets a call through.
 *
 * <p>It is asked once for each HTTP request, after its body has arrived, and for each gRPC call,
 * with the first message; a stream whose messages name several models is asked for each of these.
 * Of several authorizers all have to allow a call. Questions for health and API descriptions are
 * not asked about: probes have nothing to show.
 */
public interface Authorizer {
  /** What it is asked about; read once, at the start. */
  default Set<ListenerKind> listeners() {
    return EnumSet.allOf(ListenerKind.class);
  }

  /**
   * Decides on a call.
   *
   * @return never {@code null}
   * @throws Exception if it can't decide; the call is refused
   */
  Verdict authorize(Call call) throws Exception;
}
