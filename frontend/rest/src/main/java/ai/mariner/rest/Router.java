package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelRef;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Finds the route of a request, and whether its caller may use it. Immutable. */
final class Router {
  private static final String NOT_FOUND =
      "Requested resource is not found, please refer to API document.";
  private static final String NOT_ALLOWED =
      "Requested method is not allowed, please refer to API document.";

  /** Methods that even a route of any method refuses: they are for what lies between two hosts. */
  private static final Set<String> NEVER_TAKEN = Set.of("CONNECT", "TRACE");

  private static final List<String> ANY_METHOD =
      List.of("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT");

  private final Map<String, List<Route>> byFirstWord = new HashMap<>();
  private final List<Route> others = new ArrayList<>();
  private final List<Route> all;
  private final CallGuard guard;
  private final Elsewhere elsewhere;
  private final Route preflight;
  private final @Nullable Dialect stranger;

  /**
   * Makes a router.
   *
   * @param routes all routes of a listener
   * @param elsewhere routes of other listeners
   * @param guard decides who may call
   * @param crossOrigin answers browsers that ask for pages of other origins
   * @param stranger how a request is refused whose first word no route has; absent: as the listener
   *     does
   */
  Router(
      List<Route> routes,
      Elsewhere elsewhere,
      CallGuard guard,
      CrossOrigin crossOrigin,
      @Nullable Dialect stranger) {
    this.preflight = preflight(crossOrigin);
    this.stranger = stranger;
    this.elsewhere = elsewhere;
    this.guard = guard;
    this.all = List.copyOf(routes);
    List<Route> sorted = new ArrayList<>(routes);
    sorted.sort(
        Comparator.comparingInt((Route route) -> -route.path().fixedSegments())
            .thenComparing(route -> route.method() == null));
    for (Route route : sorted) {
      String word = route.path().firstWord();
      if (word == null) {
        others.add(route);
      } else {
        byFirstWord.computeIfAbsent(word, unused -> new ArrayList<>()).add(route);
      }
    }
  }

  private static Route preflight(CrossOrigin crossOrigin) {
    return new Route(
        "OPTIONS",
        PathTemplate.of("/"),
        null,
        Route.Traits.NONE,
        call -> call.exchange().end(crossOrigin.preflight(call.exchange().request().headers())),
        Route.Doc.of("preflight", "Permission for pages of other origins"));
  }

  /**
   * Finds the route of an exchange's request, whose dialect the exchange speaks from then on. What
   * has no route is refused in the dialect of those that begin with the same word.
   *
   * @throws ServeException if there is none, or the caller may not use it
   */
  Target route(Exchange exchange) {
    HttpRequest request = exchange.request();
    String uri = request.uri();
    RequestPath path = RequestPath.of(uri.equals("*") ? "/" : uri);
    List<String> segments = path.segments();
    List<Route> known = byFirstWord.get(segments.isEmpty() ? "" : segments.get(0));
    Target target = find(known, request.method().name(), path);
    boolean exists = target != null || exists(known, segments) || exists(others, segments);
    exchange.speak(target == null ? dialect(known) : target.route().dialect());
    if (exists && isPreflight(request)) {
      checkPreflight(known, exchange, path);
      boolean browser = request.headers().contains(HttpHeaderNames.ORIGIN);
      if (browser || target == null || target.route().method() == null) {
        return new Target(preflight, "", null, "", null);
      }
    }
    if (target == null) {
      throw exists
          ? new ServeException(ErrorKind.METHOD_NOT_ALLOWED, NOT_ALLOWED)
          : new ServeException(ErrorKind.ROUTE_NOT_FOUND, NOT_FOUND + elsewhere.hint(segments));
    }
    guard.check(target.route(), exchange);
    return target;
  }

  private @Nullable Dialect dialect(@Nullable List<Route> known) {
    return known == null ? stranger : known.get(0).dialect();
  }

  /** The answer to a browser's question is that of the call which it announces. */
  private void checkPreflight(@Nullable List<Route> known, Exchange exchange, RequestPath path) {
    String method = exchange.request().headers().get(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
    Target announced = find(known, method, path);
    if (announced == null) {
      throw new ServeException(ErrorKind.METHOD_NOT_ALLOWED, NOT_ALLOWED);
    }
    guard.checkPreflight(announced.route(), exchange);
  }

  private @Nullable Target find(@Nullable List<Route> known, String method, RequestPath path) {
    Target target = known == null ? null : findAmong(known, method, path);
    return target == null ? findAmong(others, method, path) : target;
  }

  private static @Nullable Target findAmong(List<Route> routes, String method, RequestPath path) {
    for (int i = 0; i < routes.size(); i++) {
      Route route = routes.get(i);
      if (!takes(route, method)) {
        continue;
      }
      PathTemplate.Holes holes = route.path().match(path.segments());
      if (holes != null) {
        return target(route, holes, path.query());
      }
    }
    return null;
  }

  private static Target target(Route route, PathTemplate.Holes holes, @Nullable String query) {
    ModelRef fixed = route.model();
    return fixed == null
        ? new Target(route, holes.model(), holes.version(), holes.rest(), query)
        : new Target(route, fixed.name(), fixed.version(), holes.rest(), query);
  }

  private static boolean takes(Route route, String method) {
    String own = route.method();
    if (own == null) {
      return !NEVER_TAKEN.contains(method);
    }
    return own.equals(method) || (own.equals("GET") && method.equals("HEAD"));
  }

  /**
   * The methods that a request's path takes, for the header {@code Allow} of a refusal: without
   * those that are switched off.
   */
  String allowed(HttpRequest request) {
    List<String> segments = RequestPath.of(request.uri()).segments();
    Set<String> methods = new TreeSet<>();
    for (Route route : all) {
      String method = route.method();
      if (!guard.allows(route) || route.path().match(segments) == null) {
        continue;
      }
      if (method == null) {
        methods.addAll(ANY_METHOD);
        continue;
      }
      methods.add(method);
      if (method.equals("GET")) {
        methods.add("HEAD");
      }
    }
    return String.join(", ", methods);
  }

  /** A browser asks whether a page may call; such a request carries no token and has no effect. */
  private static boolean isPreflight(HttpRequest request) {
    return request.method().equals(HttpMethod.OPTIONS)
        && request.headers().contains(HttpHeaderNames.ACCESS_CONTROL_REQUEST_METHOD);
  }

  private static boolean exists(@Nullable List<Route> routes, List<String> segments) {
    return routes != null
        && routes.stream().anyMatch(route -> route.path().match(segments) != null);
  }

  /**
   * Where a request goes.
   *
   * @param route its route
   * @param model model that the path names or the route means, or empty
   * @param version version that the path names or the route means; absent: none
   * @param rest end of the path, for the handler
   * @param query query string; absent: none
   */
  record Target(
      Route route, String model, @Nullable String version, String rest, @Nullable String query) {
    /** The model and version. */
    ModelRef ref() {
      return new ModelRef(model, version);
    }
  }
}
