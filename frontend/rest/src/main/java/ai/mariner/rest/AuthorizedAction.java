package ai.mariner.rest;

import ai.mariner.core.access.AskedCall;
import ai.mariner.core.access.CallArea;
import ai.mariner.core.access.CallAuthorizer;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.ModelRef;
import io.netty.handler.codec.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Runs a route's action when the operator's authorizer allows the call. Its body has arrived by
 * then; whether its model is there is not told before.
 *
 * @param authorizer decides
 * @param area what the route belongs to
 * @param route the route as it is without an authorizer
 */
record AuthorizedAction(CallAuthorizer authorizer, CallArea area, Route route)
    implements Route.Action {
  /** Asks for health alone, whatever token it needs. */
  private static final String PROBE = "/ping";

  /**
   * Puts routes behind an authorizer, if it wants to be asked about them. Those that need no token
   * stay open, and so does the question for health that needs one; the metrics page does not, which
   * a listener of its own stands for.
   */
  static List<Route> guard(CallAuthorizer authorizer, Api api, List<Route> routes) {
    CallArea area =
        switch (api) {
          case INFERENCE -> CallArea.INFERENCE;
          case MANAGEMENT -> CallArea.MANAGEMENT;
          case METRICS -> CallArea.METRICS;
        };
    if (!authorizer.guards(area)) {
      return routes;
    }
    List<Route> guarded = new ArrayList<>();
    for (Route route : routes) {
      boolean unlocked = route.scope() == null && area != CallArea.METRICS;
      boolean open = unlocked || PROBE.equals(route.path().openApiText());
      guarded.add(open ? route : new AuthorizedAction(authorizer, area, route).guarded());
    }
    return guarded;
  }

  private Route guarded() {
    Route.Traits traits = route.traits();
    return new Route(
        route.method(),
        route.path(),
        route.scope(),
        // Strangers are not to learn which models there are.
        new Route.Traits(traits.changesState(), traits.modelApi(), false),
        this,
        route.doc(),
        route.dialect(),
        route.model());
  }

  @Override
  public void run(Call call) {
    Exchange exchange = call.exchange();
    AskedCall asked = asked(call);
    Call waiting = new Call(exchange, call.target(), call.takeBody());
    try {
      authorizer.authorize(
          asked, refusal -> exchange.onLoop(() -> decided(waiting, refusal), waiting::close));
    } catch (RuntimeException e) {
      waiting.close();
      throw e;
    }
  }

  private AskedCall asked(Call call) {
    HttpRequest request = call.request();
    ModelRef model = InferenceRoutes.anyNamed(call.target());
    return new AskedCall(
        area,
        false,
        request.method().name(),
        route.path().openApiText(),
        request.uri(),
        model == null ? null : model.name(),
        model == null ? null : model.version(),
        consumer ->
            request
                .headers()
                .iteratorCharSequence()
                .forEachRemaining(header -> consumer.accept(header.getKey(), header.getValue())),
        call.exchange().peer());
  }

  private void decided(Call waiting, @Nullable Failure refusal) {
    try (waiting) {
      Exchange exchange = waiting.exchange();
      if (!exchange.isUnanswered()) {
        // The client has left.
        return;
      }
      if (refusal != null) {
        exchange.fail(refusal);
      } else {
        waiting.run(route.action());
      }
    }
  }
}
