package ai.mariner.rest;

import ai.mariner.core.application.FixedAnswer;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Operation;

/**
 * Hands calls to a route of an application.
 *
 * @param route the route
 * @param dialect how it reads and answers
 */
record ApplicationAction(ApplicationRoute route, ApplicationDialect dialect)
    implements Route.Action {
  @Override
  public void run(Call call) {
    FixedAnswer empty = route.spec().emptyBody();
    if (empty != null && !call.body().isReadable()) {
      call.exchange().end(ApplicationDialect.reply(empty.status(), empty.type(), empty.text()));
      return;
    }
    InferenceRequest request = dialect.read(call, Operation.PREDICT);
    Exchange exchange = call.exchange();
    exchange.frame(dialect.framing(call.request()));
    route.application().submit(route.number(), request, exchange);
  }
}
