package ai.mariner.rest;

import ai.mariner.core.application.FixedAnswer;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.ResponseSink;
import java.util.concurrent.Executor;

/**
 * Hands calls to a route of an application.
 *
 * @param route the route
 * @param dialect how it reads and answers
 * @param codec packs large answers, if the route does
 */
record ApplicationAction(ApplicationRoute route, ApplicationDialect dialect, Executor codec)
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
    ResponseSink sink = route.spec().compression() ? PackedSink.of(exchange, codec) : exchange;
    route.application().submit(route.number(), request, sink);
  }
}
