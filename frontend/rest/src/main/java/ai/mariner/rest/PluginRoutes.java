package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.net.NettyBody;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The routes of one listener that plugins serve. */
final class PluginRoutes {
  private static final Logger log = LoggerFactory.getLogger(PluginRoutes.class);

  /** Where only health is, which whoever runs the server relies on, and the descriptions. */
  private static final Set<String> NEVER_TAKEN = Set.of("livez", "readyz", "api-description");

  private final List<PluginRoute> all;

  /**
   * Chooses the routes of a listener.
   *
   * @param all routes of all listeners
   * @param apis which sets of routes the listener serves
   */
  PluginRoutes(List<PluginRoute> all, Set<Api> apis) {
    this.all = all.stream().filter(route -> apis.contains(route.api())).toList();
  }

  /**
   * Checks that no path has two owners.
   *
   * @param own the routes that the server has itself
   * @param mayShadow whether a plugin may take a path of the server, with a warning
   * @throws ServeException naming path, class and jar if one has
   */
  void check(List<Route> own, boolean mayShadow) {
    Set<@Nullable String> words = new HashSet<>();
    own.forEach(route -> words.add(route.path().firstWord()));
    Map<String, PluginRoute> taken = new HashMap<>();
    for (PluginRoute route : all) {
      PluginRoute other = taken.put(route.word(), route);
      if (other != null) {
        throw conflict(route, "it is also a path of " + other.owner(), "another urlPattern");
      }
      boolean ours = words.contains(route.word());
      if (NEVER_TAKEN.contains(route.word()) || (ours && !mayShadow)) {
        throw conflict(route, "it is a path of the server", "a urlPattern that is free");
      }
      if (ours) {
        log.warn("/{} is served by {} in place of the server", route.word(), route.owner());
      }
    }
  }

  private static ServeException conflict(PluginRoute route, String what, String expected) {
    return new ServeException(
        ErrorKind.CONFLICT,
        route.owner() + ": /" + route.word() + ": " + what + " (expected: " + expected + ")");
  }

  /** The routes of a set, with those of the server whose paths no plugin has taken. */
  List<Route> joined(Api api, List<Route> own) {
    if (all.isEmpty()) {
      return own;
    }
    Set<String> taken = new HashSet<>();
    all.forEach(route -> taken.add(route.word()));
    List<Route> routes = new ArrayList<>(own);
    routes.removeIf(route -> taken.contains(String.valueOf(route.path().firstWord())));
    for (PluginRoute route : all) {
      if (route.api() == api) {
        route.methods().forEach(method -> routes.add(route(route, method)));
      }
    }
    return routes;
  }

  private static Route route(PluginRoute plugin, String method) {
    TokenScope scope =
        switch (plugin.api()) {
          case INFERENCE -> TokenScope.INFERENCE;
          case MANAGEMENT -> TokenScope.MANAGEMENT;
          case METRICS -> null;
        };
    boolean changes = plugin.api() == Api.MANAGEMENT && !method.equals("GET");
    Route.Doc doc =
        Route.Doc.of(method.toLowerCase(Locale.ROOT) + '.' + plugin.word(), plugin.description());
    boolean body = method.equals("PUT") || method.equals("POST");
    return new Route(
        method,
        PathTemplate.of('/' + plugin.word() + "/{url_path...}"),
        scope,
        changes ? Route.Traits.CHANGES : Route.Traits.NONE,
        call -> plugin.serve(taken(call), call.exchange()),
        body ? doc.withBody("*/*") : doc);
  }

  private static PluginCall taken(Call call) {
    Map<String, List<String>> parameters = new LinkedHashMap<>();
    String query = call.target().query();
    if (query != null) {
      for (FormFields.Field field : FormFields.parse(query, "query string")) {
        parameters.computeIfAbsent(field.name(), unused -> new ArrayList<>()).add(field.text());
      }
    }
    return new PluginCall(
        call.request().method().name(),
        call.request().uri(),
        consumer ->
            call.request()
                .headers()
                .iteratorCharSequence()
                .forEachRemaining(header -> consumer.accept(header.getKey(), header.getValue())),
        parameters,
        NettyBody.owning(call.takeBody()));
  }
}
