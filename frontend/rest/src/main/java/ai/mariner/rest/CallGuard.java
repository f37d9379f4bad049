package ai.mariner.rest;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.CorsConfig;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.config.TrustedProxies;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may call a route: tokens, the switch of the model API, and the shield against web
 * pages, for which listening on loopback is none.
 */
final class CallGuard {
  private static final Set<String> LOOPBACK_NAMES = Set.of("localhost", "127.0.0.1", "[::1]");

  private final AccessPolicy access;
  private final boolean modelApi;
  private final @Nullable String host;
  private final boolean checkHost;
  private final CorsConfig cors;
  private final TrustedProxies proxies;
  private final boolean anyOrigin;

  /**
   * Makes a guard for one listener.
   *
   * @param access who may call
   * @param config switch of the model API, token authorization, allowed origin
   * @param address where the listener is bound
   */
  CallGuard(AccessPolicy access, ServerConfig config, ListenerAddress address) {
    this.access = access;
    this.modelApi = config.modelApi();
    this.host = address.host();
    this.checkHost = address.host() != null && isLoopback(address.host());
    this.cors = config.cors();
    this.proxies = config.trustedProxies();
    // A page can't know a token, so where one is asked for, every origin may be let in.
    this.anyOrigin = cors.anyOrigin() && config.tokenAuthorization();
  }

  /**
   * Checks a call.
   *
   * @throws ServeException with the reason why it is refused
   */
  void check(Route route, Exchange exchange) {
    Route.Traits traits = route.traits();
    if (traits.changesState()) {
      refuseForeign(exchange);
    }
    TokenScope scope = route.scope();
    if (scope != null && access != AccessPolicy.OPEN) {
      Failure failure =
          access.check(scope, exchange.request().headers().get(HttpHeaderNames.AUTHORIZATION));
      if (failure != null) {
        throw failure.toException();
      }
    }
    if (!allows(route)) {
      throw modelApiOff();
    }
  }

  private static ServeException modelApiOff() {
    return new ServeException(
        ErrorKind.MODEL_API_DISABLED,
        "Registering and unregistering models is switched off (expected: --enable-model-api or"
            + " enable_model_api=true at start)");
  }

  /**
   * Checks what a browser asks before a page may call: that call carries a token, this question
   * does not.
   *
   * @throws ServeException with the reason why the call would be refused
   */
  void checkPreflight(Route route, Exchange exchange) {
    if (route.traits().changesState()) {
      refuseForeign(exchange);
    }
    if (!allows(route)) {
      throw modelApiOff();
    }
  }

  /** Whether no switch keeps everybody from a route. */
  boolean allows(Route route) {
    return modelApi || !route.traits().modelApi();
  }

  private void refuseForeign(Exchange exchange) {
    HttpRequest request = exchange.request();
    String asked = request.headers().get(HttpHeaderNames.HOST);
    if (checkHost && asked != null && !isOurs(asked)) {
      throw new ServeException(
          ErrorKind.FOREIGN_ORIGIN,
          "Host: "
              + Replies.printable(asked)
              + " (expected: localhost, 127.0.0.1, [::1] or the listener's own name)");
    }
    String origin = request.headers().get(HttpHeaderNames.ORIGIN);
    if (origin == null || anyOrigin || cors.names(origin)) {
      return;
    }
    int authority = origin.indexOf("://");
    String page = authority < 0 ? "" : origin.substring(authority + 3);
    if (page.isEmpty() || !(page.equalsIgnoreCase(asked) || isPublicName(page, exchange))) {
      throw new ServeException(
          ErrorKind.FOREIGN_ORIGIN,
          "Origin: "
              + Replies.printable(origin)
              + (cors.anyOrigin()
                  ? " (expected: a page of this server; cors_allowed_origin=* lets other pages"
                      + " change models only where tokens are asked for, so name the page's origin"
                      + " there or switch token authorization on)"
                  : " (expected: a page of this server, or cors_allowed_origin)"));
    }
  }

  /**
   * Whether a proxy of ours was asked under this name. A page of another origin can't claim it: the
   * header is one that browsers ask about first, and that is answered without it. What the listener
   * itself was called is checked above, whatever a proxy says.
   */
  private boolean isPublicName(String page, Exchange exchange) {
    if (proxies.isEmpty() || !proxies.trusts(exchange.peer())) {
      return false;
    }
    List<String> names = exchange.request().headers().getAll("X-Forwarded-Host");
    String all = String.join(",", names);
    // Each proxy adds its own behind those of others; the last one is surely a proxy's.
    return page.equalsIgnoreCase(all.substring(all.lastIndexOf(',') + 1).strip());
  }

  private boolean isOurs(String asked) {
    int colon = asked.lastIndexOf(':');
    boolean port = colon > asked.lastIndexOf(']') && asked.indexOf(']', colon) < 0;
    String name = port ? asked.substring(0, colon) : asked;
    for (String known : LOOPBACK_NAMES) {
      if (known.equalsIgnoreCase(name)) {
        return true;
      }
    }
    return name.equalsIgnoreCase(host);
  }

  private static boolean isLoopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException unknown) {
      return false;
    }
  }
}
