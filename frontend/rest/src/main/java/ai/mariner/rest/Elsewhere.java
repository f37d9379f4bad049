package ai.mariner.rest;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Routes of the sets that a listener does not serve, for callers at the wrong address.
 *
 * @param routes by the set that they belong to
 */
record Elsewhere(Map<Api, List<Route>> routes) {
  /** A sentence that says where a path is served, with a blank before it; empty: nowhere. */
  String hint(List<String> path) {
    for (Api api : Api.values()) {
      List<Route> others = routes.getOrDefault(api, List.of());
      if (others.stream().anyMatch(route -> route.path().match(path) != null)) {
        String key = api.name().toLowerCase(Locale.ROOT) + "_address";
        return " It is served at another address of this server (expected: " + key + ")";
      }
    }
    return "";
  }
}
