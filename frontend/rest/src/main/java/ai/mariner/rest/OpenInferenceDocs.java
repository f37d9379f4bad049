package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.message.ModelRef;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * The description where MLServer has it: that of the server below {@code /v2/docs}, and that of a
 * model below the model.
 */
final class OpenInferenceDocs {
  private static final String DOCUMENT = "/dataplane.json";
  private static final String MODEL = "/v2/models/{model}";
  private static final String VERSION = "/versions/{version}";
  private static final String INFER = MODEL + "/infer";

  private final RestContext context;
  private final OpenApi openApi;
  private final Dialect dialect;
  private final DocsPage page;
  private final List<Route> ofModels;

  /**
   * Makes the routes.
   *
   * @param described the other routes of the listener
   * @param dialect how they fail
   */
  OpenInferenceDocs(RestContext context, OpenApi openApi, List<Route> described, Dialect dialect) {
    this.context = context;
    this.openApi = openApi;
    this.dialect = dialect;
    this.page = new DocsPage(context.codec());
    this.ofModels =
        described.stream()
            .filter(route -> route.path().openApiText().startsWith(MODEL))
            .filter(route -> !route.path().openApiText().contains(VERSION))
            .filter(route -> !route.path().openApiText().equals(INFER))
            .toList();
  }

  /**
   * The routes.
   *
   * @param whole answers with the description of the server
   */
  List<Route> routes(Route.Action whole) {
    List<Route> routes = new ArrayList<>();
    routes.add(route("/v2/docs", "docsV2", page.page("/v2/docs" + DOCUMENT)).in(dialect));
    routes.add(route("/v2/docs" + DOCUMENT, "openApiV2", whole).in(dialect));
    for (String model : List.of(MODEL, MODEL + VERSION)) {
      String ending = model.equals(MODEL) ? "" : "Version";
      String docs = model + "/docs";
      routes.add(route(docs, "modelDocsV2" + ending, this::page).in(dialect));
      routes.add(
          new Route(
                  "GET",
                  PathTemplate.of(docs + DOCUMENT),
                  TokenScope.INFERENCE,
                  Route.Traits.NONE,
                  this::document,
                  doc("modelOpenApiV2" + ending))
              .in(dialect));
    }
    return routes;
  }

  private void page(Call call) {
    ModelRef model = call.target().ref();
    String version = model.version() == null ? "" : "/versions/" + escaped(model.version());
    String document = "/v2/models/" + escaped(model.name()) + version + "/docs" + DOCUMENT;
    page.page(document).run(call);
  }

  private void document(Call call) {
    ModelRef model = call.target().ref();
    var unused = context.models().health(model);
    ManagementRoutes.answer(
        call,
        CompletableFuture.supplyAsync(
            () -> {
              ModelOperations.Operation own = new ModelOperations(context).of(model.name());
              return openApi.describe(ofModels, model.name(), List.of(own));
            },
            context.codec()),
        text -> Replies.json(200, text));
  }

  private static String escaped(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static Route route(String path, String id, Route.Action action) {
    return new Route("GET", PathTemplate.of(path), null, Route.Traits.NONE, action, doc(id));
  }

  private static Route.Doc doc(String id) {
    return Route.Doc.of(id, "This description, where MLServer has it");
  }
}
