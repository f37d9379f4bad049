package ai.mariner.rest;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.ListenerAddress;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import java.net.InetAddress;
import java.net.UnknownHostException;
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
  private final @Nullable String allowedOrigin;
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
    this.allowedOrigin = config.cors().allowedOrigin();
    // A page can't know a token, so where one is asked for, every origin may be let in.
    this.anyOrigin = "*".equals(allowedOrigin) && config.tokenAuthorization();
  }

  /**
   * Checks a call.
   *
   * @throws ServeException with the reason why it is refused
   */
  void check(Route route, HttpRequest request) {
    Route.Traits traits = route.traits();
    if (traits.changesState()) {
      refuseForeign(request);
    }
    TokenScope scope = route.scope();
    if (scope != null && access != AccessPolicy.OPEN) {
      Failure failure = access.check(scope, request.headers().get(HttpHeaderNames.AUTHORIZATION));
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
  void checkPreflight(Route route, HttpRequest request) {
    if (route.traits().changesState()) {
      refuseForeign(request);
    }
    if (!allows(route)) {
      throw modelApiOff();
    }
  }

  /** Whether no switch keeps everybody from a route. */
  boolean allows(Route route) {
    return modelApi || !route.traits().modelApi();
  }

  private void refuseForeign(HttpRequest request) {
    String asked = request.headers().get(HttpHeaderNames.HOST);
    if (checkHost && asked != null && !isOurs(asked)) {
      throw new ServeException(
          ErrorKind.FOREIGN_ORIGIN,
          "Host: "
              + Replies.printable(asked)
              + " (expected: localhost, 127.0.0.1, [::1] or the listener's own name)");
    }
    String origin = request.headers().get(HttpHeaderNames.ORIGIN);
    if (origin == null || anyOrigin || origin.equals(allowedOrigin)) {
      return;
    }
    int authority = origin.indexOf("://");
    if (authority < 0 || !origin.substring(authority + 3).equalsIgnoreCase(asked)) {
      throw new ServeException(
          ErrorKind.FOREIGN_ORIGIN,
          "Origin: "
              + Replies.printable(origin)
              + ("*".equals(allowedOrigin)
                  ? " (expected: a page of this server; cors_allowed_origin=* lets other pages"
                      + " change models only where tokens are asked for, so name the page's origin"
                      + " there or switch token authorization on)"
                  : " (expected: a page of this server, or cors_allowed_origin)"));
    }
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
