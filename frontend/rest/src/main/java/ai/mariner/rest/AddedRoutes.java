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
  /**
   * First words of the routes that every server has, or will have; they can't be taken. {@code
   * docs} and {@code openapi.json} are none of them: applications bring pages of their own.
   */
  static final Set<String> RESERVED =
      Set.of(
          "api-description",
          "explanations",
          "invocations",
          "livez",
          "logs",
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

  /** Where only health is, which whoever runs the server relies on. */
  private static final Set<String> NEVER_TAKEN = Set.of("livez", "readyz");

  private static final Set<String> VERSIONS = Set.of("v1", "v2");
  private static final Set<String> BELOW_VERSIONS = Set.of("health", "models", "repository");

  private final Set<String> ofPlugins;
  private final Map<String, List<Added>> byOwner = new LinkedHashMap<>();
  private final List<Consumer<List<Added>>> followers = new ArrayList<>();

  /** Makes routes of a server without plugins. */
  public AddedRoutes() {
    this(Set.of());
  }

  /**
   * Makes routes.
   *
   * @param ofPlugins first words of the paths that plugins serve; they can't be taken
   */
  public AddedRoutes(Set<String> ofPlugins) {
    this.ofPlugins = Set.copyOf(ofPlugins);
  }

  /**
   * Adds the routes of an owner, in place of those that it had.
   *
   * @param owner a name to remove them by
   * @param routes all of its routes
   * @throws ServeException if a path is malformed (BAD_REQUEST) or not free (CONFLICT); nothing is
   *     changed then
   */
  public void put(String owner, List<AddedRoute> routes) {
    replace(owner, routes);
  }

  /** The same for routes of any kind. */
  synchronized void replace(String owner, List<? extends Added> routes) {
    List<Added> taken = new ArrayList<>();
    byOwner.forEach((other, theirs) -> taken.addAll(other.equals(owner) ? List.of() : theirs));
    for (Added route : routes) {
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
  synchronized void follow(Consumer<List<Added>> follower) {
    followers.add(follower);
    follower.accept(all());
  }

  private void tell() {
    List<Added> all = all();
    followers.forEach(follower -> follower.accept(all));
  }

  private List<Added> all() {
    return byOwner.values().stream().flatMap(List::stream).toList();
  }

  private void check(Added route, List<Added> taken) {
    String path = route.path();
    PathTemplate template = path.startsWith("/") ? PathTemplate.of(path) : null;
    String word = template == null ? null : template.firstWord();
    boolean document = route instanceof ApplicationDocument;
    if (template == null
        || word == null
        || (word.isEmpty() && !document)
        || template.holes().contains("model")
        || template.holes().contains("version")) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "path: "
              + path
              + " (expected: / and a fixed word, no hole but {url_path...} at its end)");
    }
    if (document ? NEVER_TAKEN.contains(word) : isReserved(route, template, word)) {
      throw new ServeException(
          ErrorKind.CONFLICT,
          "path: " + path + " (expected: one whose first word no route of the server has)");
    }
    for (Added other : taken) {
      if (other.path().equals(path) && other.method().equals(route.method())) {
        throw new ServeException(
            ErrorKind.CONFLICT, route.method() + " " + path + " is a route of " + other.owner());
      }
    }
  }

  /** Below a version of an API, applications may have what the server has not. */
  private boolean isReserved(Added route, PathTemplate template, String word) {
    String second = template.secondWord();
    boolean free =
        route instanceof ApplicationRoute
            && VERSIONS.contains(word)
            && second != null
            && !BELOW_VERSIONS.contains(second);
    return ofPlugins.contains(word) || (RESERVED.contains(word) && !free);
  }
}
