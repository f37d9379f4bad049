package ai.mariner.rest;

import ai.mariner.core.access.AccessPolicy;
import ai.mariner.core.access.TokenScope;
import ai.mariner.view.RootView;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Routes that describe the other ones; none needs a token, so that browsers' preflights pass. What
 * models there are is told to those only who may ask them.
 */
final class DescriptionRoutes {
  private final RestContext context;
  private final String version;
  private final OpenApi openApi;
  private final List<Route> described;

  /**
   * Makes the routes.
   *
   * @param described the other routes of the listener
   */
  DescriptionRoutes(RestContext context, List<Route> described) {
    this.context = context;
    this.version = context.config().version();
    this.openApi = new OpenApi(version, context.access() != AccessPolicy.OPEN);
    this.described = List.copyOf(described);
  }

  List<Route> routes(Set<Api> apis) {
    List<Route> routes = new ArrayList<>();
    String root = RootView.document(version, apis.stream().sorted().map(Api::name).toList());
    Route.Doc doc = Route.Doc.of("root", "What is served here");
    Route.Action shown = call -> call.exchange().end(Replies.json(200, root));
    routes.add(new Route("GET", PathTemplate.of("/"), null, Route.Traits.NONE, shown, doc));
    boolean models = apis.contains(Api.INFERENCE);
    Route.Action document = call -> document(call, models);
    routes.add(route("GET", "/openapi.json", document, "openApi"));
    routes.addAll(new DocsPage(context.codec()).routes());
    if (models) {
      Dialect v2 = Dialects.of(context.config()).openInference();
      routes.addAll(new OpenInferenceDocs(context, openApi, described, v2).routes(document));
    }
    if (apis.equals(Set.of(Api.METRICS))) {
      return routes;
    }
    String whole = openApi.describe(described);
    Route.Action all = call -> call.exchange().end(Replies.json(200, whole));
    routes.add(route("OPTIONS", "/", all, "describeApi"));
    routes.add(route(null, "/api-description", all, "apiDescription"));
    if (apis.contains(Api.INFERENCE)) {
      boolean tensors = context.config().profile().optionsTellTensors();
      routes.add(ofModel("/predictions/{model}", "describePredictions", tensors));
      routes.add(ofModel("/explanations/{model}", "describeExplanations", false));
    }
    if (apis.contains(Api.MANAGEMENT)) {
      routes.add(ofModel("/models/{model}", "describeModelRoutes", false));
    }
    return routes;
  }

  /** What is there now; large with many models, so it is written beside the loop. */
  private void document(Call call, boolean models) {
    boolean known = isKnown(call);
    ManagementRoutes.answer(
        call,
        CompletableFuture.supplyAsync(
            () -> {
              List<ModelOperations.Operation> operations =
                  models && known ? new ModelOperations(context).now() : List.of();
              return openApi.describe(described, operations);
            },
            context.codec()),
        text -> Replies.json(200, text));
  }

  private boolean isKnown(Call call) {
    String authorization = call.request().headers().get(HttpHeaderNames.AUTHORIZATION);
    return context.access().check(TokenScope.INFERENCE, authorization) == null;
  }

  private Route ofModel(String path, String id, boolean predicts) {
    List<Route> ofThisPath =
        described.stream().filter(r -> r.path().openApiText().equals(path)).toList();
    Route.Action action =
        call -> {
          String model = call.target().model();
          boolean told = predicts && isKnown(call);
          List<ModelOperations.Operation> operations =
              told ? List.of(new ModelOperations(context).of(model)) : List.of();
          String text = openApi.describe(ofThisPath, model, operations);
          call.exchange().end(Replies.json(200, text));
        };
    return route("OPTIONS", path, action, id);
  }

  private static Route route(@Nullable String method, String path, Route.Action action, String id) {
    Route.Doc doc = Route.Doc.of(id, "This description");
    return new Route(method, PathTemplate.of(path), null, Route.Traits.NONE, action, doc);
  }
}
