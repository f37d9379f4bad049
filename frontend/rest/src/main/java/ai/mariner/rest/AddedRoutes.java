package ai.mariner.rest;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Routes that come and go with a model or an application, on every listener that serves
 * predictions. A request that was routed before a change is still served. Thread-safe.
 */
public final class AddedRoutes {
  /** First words of the routes that every server has, or will have; they can't be taken. */
  static final Set<String> RESERVED =
      Set.of(
          "api-description",
          "explanations",
          "invocations",
          "livez",
          "metrics",
          "models",
          "ping",
          "predictions",
          "readyz",
          "token",
          "v1",
          "v2",
          "wfpredict",
          "workflows");

  private final Map<String, List<AddedRoute>> byOwner = new LinkedHashMap<>();
  private final List<Consumer<List<AddedRoute>>> followers = new ArrayList<>();

  /**
   * Adds the routes of an owner, in place of those that it had.
   *
   * @param owner a name to remove them by
   * @param routes all of its routes
   * @throws ServeException if a path is malformed (BAD_REQUEST) or not free (CONFLICT); nothing is
   *     changed then
   */
  public synchronized void put(String owner, List<AddedRoute> routes) {
    List<AddedRoute> taken = new ArrayList<>();
    byOwner.forEach((other, theirs) -> taken.addAll(other.equals(owner) ? List.of() : theirs));
    for (AddedRoute route : routes) {
      check(route, taken);
      taken.add(route);
    }
    byOwner.put(owner, List.copyOf(routes));
    tell();
  }

  /** Removes the routes of an owner, if it has any. */
  public synchronized void remove(String owner) {
    if (byOwner.remove(owner) != null) {
      tell();
    }
  }

  /** Tells of all routes, at once and after each change. */
  synchronized void follow(Consumer<List<AddedRoute>> follower) {
    followers.add(follower);
    follower.accept(all());
  }

  private void tell() {
    List<AddedRoute> all = all();
    followers.forEach(follower -> follower.accept(all));
  }

  private List<AddedRoute> all() {
    return byOwner.values().stream().flatMap(List::stream).toList();
  }

  private static void check(AddedRoute route, List<AddedRoute> taken) {
    String path = route.path();
    PathTemplate template = path.startsWith("/") ? PathTemplate.of(path) : null;
    String word = template == null ? null : template.firstWord();
    if (template == null
        || word == null
        || word.isEmpty()
        || template.holes().contains("model")
        || template.holes().contains("version")) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "path: "
              + path
              + " (expected: / and a fixed word, no hole but {url_path...} at its end)");
    }
    if (RESERVED.contains(word)) {
      throw new ServeException(
          ErrorKind.CONFLICT,
          "path: " + path + " (expected: one whose first word no route of the server has)");
    }
    for (AddedRoute other : taken) {
      if (other.path().equals(path) && other.method().equals(route.method())) {
        throw new ServeException(
            ErrorKind.CONFLICT,
            route.method() + " " + path + " is a route of model " + other.model().name());
      }
    }
  }
}
