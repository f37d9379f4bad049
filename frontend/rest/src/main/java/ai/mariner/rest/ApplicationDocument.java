package ai.mariner.rest;

import ai.mariner.core.application.DocumentSpec;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.core.model.Application;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * A page of an application.
 *
 * @param application whose it is
 * @param spec what it shows
 * @param routes the application's
 */
record ApplicationDocument(
    Application application, DocumentSpec spec, List<ApplicationRoute> routes)
    implements Added, Route.Action {
  @Override
  public String method() {
    return "GET";
  }

  @Override
  public String path() {
    return spec.path();
  }

  @Override
  public String owner() {
    return "application " + application.name();
  }

  @Override
  public void run(Call call) {
    boolean there = !spec.health() || application.ready();
    String drain = spec.drainText() == null ? "" : spec.drainText();
    Body body = there ? spec.content().share() : Body.of(drain.getBytes(StandardCharsets.UTF_8));
    call.exchange().end(new Reply(there ? 200 : 503, null, spec.type(), List.of(), body));
  }
}
