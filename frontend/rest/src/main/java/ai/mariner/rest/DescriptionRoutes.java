package ai.mariner.rest;

import ai.mariner.view.RootView;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Routes that describe the other ones; none needs a token, so that browsers' preflights pass. */
final class DescriptionRoutes {
  private final String version;
  private final OpenApi openApi;
  private final List<Route> described;

  /**
   * Makes the routes.
   *
   * @param version product version
   * @param described the other routes of the listener
   */
  DescriptionRoutes(String version, List<Route> described) {
    this.version = version;
    this.openApi = new OpenApi(version);
    this.described = List.copyOf(described);
  }

  List<Route> routes(Set<Api> apis) {
    List<Route> routes = new ArrayList<>();
    String root = RootView.document(version, apis.stream().sorted().map(Api::name).toList());
    Route.Doc doc = Route.Doc.of("root", "What is served here");
    Route.Action shown = call -> call.exchange().end(Replies.json(200, root));
    routes.add(new Route("GET", PathTemplate.of("/"), null, Route.Traits.NONE, shown, doc));
    if (apis.equals(Set.of(Api.METRICS))) {
      return routes;
    }
    String whole = openApi.describe(described);
    Route.Action all = call -> call.exchange().end(Replies.json(200, whole));
    routes.add(route("OPTIONS", "/", all, "describeApi"));
    routes.add(route(null, "/api-description", all, "apiDescription"));
    if (apis.contains(Api.INFERENCE)) {
      routes.add(ofModel("/predictions/{model}", "describePredictions"));
      routes.add(ofModel("/explanations/{model}", "describeExplanations"));
    }
    if (apis.contains(Api.MANAGEMENT)) {
      routes.add(ofModel("/models/{model}", "describeModelRoutes"));
    }
    return routes;
  }

  private Route ofModel(String path, String id) {
    List<Route> ofThisPath =
        described.stream().filter(r -> r.path().openApiText().equals(path)).toList();
    Route.Action action =
        call -> {
          String text = openApi.describe(ofThisPath, call.target().model());
          call.exchange().end(Replies.json(200, text));
        };
    return route("OPTIONS", path, action, id);
  }

  private static Route route(@Nullable String method, String path, Route.Action action, String id) {
    Route.Doc doc = Route.Doc.of(id, "This description");
    return new Route(method, PathTemplate.of(path), null, Route.Traits.NONE, action, doc);
  }
}
