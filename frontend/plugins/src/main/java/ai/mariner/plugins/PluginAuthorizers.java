package ai.mariner.plugins;

import ai.mariner.core.access.AskedCall;
import ai.mariner.core.access.CallArea;
import ai.mariner.core.access.CallAuthorizer;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.sdk.Authorizer;
import ai.mariner.sdk.ListenerKind;
import ai.mariner.sdk.Verdict;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The authorizers that plugins bring, as one: a call passes when all of them allow it. */
public final class PluginAuthorizers implements CallAuthorizer {
  private static final Logger log = LoggerFactory.getLogger(PluginAuthorizers.class);
  private static final String FAILED =
      "Whether the call is allowed could not be found out; the server's log has the details.";

  private final Map<CallArea, List<Offer<Authorizer>>> byArea = new EnumMap<>(CallArea.class);
  private final PluginThreads threads;

  /**
   * Joins authorizers.
   *
   * @param offers at least one
   * @param threads where they run, under a deadline
   * @throws PluginException if one of them can't say what it is asked about
   */
  public PluginAuthorizers(List<Offer<Authorizer>> offers, PluginThreads threads)
      throws PluginException {
    this.threads = threads;
    for (Offer<Authorizer> offer : offers) {
      Set<ListenerKind> kinds = kinds(offer);
      log.info("{} authorizes calls of {}", offer.named(), kinds);
      for (ListenerKind kind : kinds) {
        byArea.computeIfAbsent(area(kind), unused -> new ArrayList<>()).add(offer);
      }
    }
  }

  private static Set<ListenerKind> kinds(Offer<Authorizer> offer) throws PluginException {
    Set<ListenerKind> kinds;
    try {
      kinds = Set.copyOf(offer.object().listeners());
    } catch (RuntimeException | LinkageError e) {
      throw new PluginException(
          offer.named() + ": listeners() threw " + e + " (expected: a set of listeners)", e);
    }
    if (kinds.isEmpty()) {
      throw new PluginException(
          offer.named() + ": listeners() is empty (expected: at least one of them)");
    }
    return kinds;
  }

  private static CallArea area(ListenerKind kind) {
    return switch (kind) {
      case INFERENCE -> CallArea.INFERENCE;
      case MANAGEMENT -> CallArea.MANAGEMENT;
      case METRICS -> CallArea.METRICS;
    };
  }

  @Override
  public boolean guards(CallArea area) {
    return byArea.containsKey(area);
  }

  @Override
  public void authorize(AskedCall asked, Consumer<@Nullable Failure> outcome) {
    AuthorizerCall call = new AuthorizerCall(asked);
    List<Offer<Authorizer>> guards = byArea.getOrDefault(asked.area(), List.of());
    threads.run(
        () -> firstRefusal(guards, call), told -> outcome.accept(failure(call, told)), () -> {});
  }

  private static Verdict firstRefusal(List<Offer<Authorizer>> guards, AuthorizerCall call)
      throws Exception {
    for (Offer<Authorizer> guard : guards) {
      Verdict verdict = verdict(guard, call);
      if (!verdict.isAllowed()) {
        return verdict;
      }
    }
    return Verdict.allow();
  }

  private static Verdict verdict(Offer<Authorizer> guard, AuthorizerCall call) throws Exception {
    Thread thread = Thread.currentThread();
    ClassLoader before = thread.getContextClassLoader();
    thread.setContextClassLoader(guard.object().getClass().getClassLoader());
    try {
      @Nullable Verdict verdict = guard.object().authorize(call);
      if (verdict == null) {
        throw new IllegalStateException(
            guard.named() + " answered null (expected: Verdict.allow() or Verdict.refuse(…))");
      }
      return verdict;
    } finally {
      thread.setContextClassLoader(before);
    }
  }

  private @Nullable Failure failure(AuthorizerCall call, Outcome<Verdict> told) {
    if (told instanceof Outcome.Done<Verdict> done) {
      Verdict verdict = done.value();
      return verdict.isAllowed() ? null : refusal(verdict.status(), verdict.text());
    }
    if (told instanceof Outcome.Threw<Verdict> threw) {
      log.error("{} is refused: an authorizer failed", call, threw.cause());
      return Failure.of(ErrorKind.INTERNAL, FAILED).withDetail(threw.cause().toString());
    }
    if (told instanceof Outcome.Late<Verdict>) {
      String limit = threads.limit().toMillis() + " ms, authorizer_timeout";
      log.error("{} is refused: its authorization took longer than {}", call, limit);
      return refusal(503, "The authorization took too long (expected: at most " + limit + ")");
    }
    log.error("{} is refused: all threads of authorizers are busy", call);
    return Failure.of(
        ErrorKind.QUEUE_FULL,
        "Too many calls wait for their authorization (expected: fewer at a time, or more"
            + " authorizer_threads)");
  }

  private static Failure refusal(int status, String text) {
    return new Failure(ErrorKind.REFUSED, text, status, null);
  }
}
