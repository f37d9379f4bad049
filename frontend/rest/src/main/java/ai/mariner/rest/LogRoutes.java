package ai.mariner.rest;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.TlsConfig.ClientCertificates;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Reply;
import ai.mariner.view.LogView;
import io.netty.handler.codec.http.HttpHeaders;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The route by which an operator reads the logs of a server elsewhere. */
final class LogRoutes {
  private static final int LINES = 100;
  private static final int MOST_LINES = 10_000;
  private static final String TEXT = "text/plain; charset=utf-8";

  private final RestContext context;

  LogRoutes(RestContext context) {
    this.context = context;
  }

  List<Route> routes() {
    // It changes nothing, but is as little for pages of other origins.
    return List.of(
        new Route(
            "GET",
            PathTemplate.of("/logs"),
            TokenScope.MANAGEMENT,
            Route.Traits.CHANGES,
            this::read,
            ManagementDocs.LOGS));
  }

  private void read(Call call) {
    if (!knowsCaller(call.exchange())) {
      throw new ServeException(
          ErrorKind.UNAUTHENTICATED,
          "Logs are shown to this machine only, since this server asks nobody who they are"
              + " (expected: token authorization or client certificates)");
    }
    Parameters parameters = Parameters.ofQuery(call);
    boolean strict = context.config().profile().unknownKeysFail();
    parameters.expectOnly(Set.of("file", "lines", "position"), strict);
    String file = parameters.text("file");
    int lines = parameters.integer("lines", LINES, 1);
    if (lines > MOST_LINES) {
      throw Parameters.refused("lines", Integer.toString(lines), "1 to " + MOST_LINES);
    }
    if (file == null) {
      ManagementRoutes.answer(
          call, context.logFiles().sizes(), sizes -> Replies.json(200, LogView.files(sizes)));
      return;
    }
    String position = parameters.text("position");
    ManagementRoutes.answer(
        call,
        position == null
            ? context.logFiles().tail(file, lines)
            : context.logFiles().after(file, position),
        LogRoutes::reply);
  }

  /** Whether a token or certificate was asked for, or the caller is on this very machine. */
  private boolean knowsCaller(Exchange exchange) {
    ListenerAddress address = context.config().management();
    boolean certificates =
        address.tls() != null && address.tls().clients() == ClientCertificates.REQUIRED;
    if (context.access() != AccessPolicy.OPEN || certificates) {
      return true;
    }
    InetAddress peer = exchange.peer();
    HttpHeaders headers = exchange.request().headers();
    boolean forwarded = headers.contains("X-Forwarded-For") || headers.contains("Forwarded");
    return !forwarded && (peer == null || peer.isLoopbackAddress());
  }

  private static Reply reply(LogFiles.Page page) {
    List<Reply.Header> headers = new ArrayList<>();
    headers.add(new Reply.Header("X-Log-Position", page.position()));
    if (page.begun()) {
      headers.add(new Reply.Header("X-Log-Begun", "true"));
    }
    return new Reply(200, null, TEXT, List.copyOf(headers), page.text());
  }
}
