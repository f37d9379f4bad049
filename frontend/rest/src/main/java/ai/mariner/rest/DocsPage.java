package ai.mariner.rest;

import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/**
 * The page {@code /docs}: Swagger UI out of its jar, which shows {@code /openapi.json}. It loads
 * nothing from elsewhere. Where tokens are asked for, a token that is entered under "Authorize"
 * also goes with the question for the document, which then names the models.
 */
final class DocsPage {
  private static final String FOLDER = "/META-INF/resources/webjars/swagger-ui/5.34.1/";
  private static final String HTML =
      """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <title>API</title>
      <link rel="stylesheet" href="/docs/swagger-ui.css">
      </head>
      <body>
      <div id="ui"></div>
      <script src="/docs/swagger-ui-bundle.js" charset="utf-8"></script>
      <script src="/docs/start.js" charset="utf-8"></script>
      </body>
      </html>
      """;
  private static final String START =
      """
      let token = null;
      const again = {statePlugins: {auth: {wrapActions: {
        authorize: (original, system) => given => {
          original(given);
          token = given.bearer ? given.bearer.value : null;
          system.specActions.download("/openapi.json");
        },
        logout: (original, system) => given => {
          original(given);
          token = null;
          system.specActions.download("/openapi.json");
        }}}}};
      SwaggerUIBundle({
        url: "/openapi.json",
        dom_id: "#ui",
        validatorUrl: null,
        plugins: [() => again],
        requestInterceptor: request => {
          if (token && request.loadSpec) request.headers.Authorization = "Bearer " + token;
          return request;
        },
      });
      """;
  private static final List<Reply.Header> HEADERS =
      List.of(
          new Reply.Header(
              "content-security-policy",
              "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'"),
          new Reply.Header("x-content-type-options", "nosniff"));

  private final Executor codec;

  /**
   * Makes the page.
   *
   * @param codec unpacks its larger files
   */
  DocsPage(Executor codec) {
    this.codec = codec;
  }

  List<Route> routes() {
    String script = "text/javascript; charset=utf-8";
    return List.of(
        route("/docs", "docs", call -> call.exchange().end(page("text/html; charset=utf-8", HTML))),
        route("/docs/start.js", "docsStart", call -> call.exchange().end(page(script, START))),
        file("swagger-ui.css", "docsStyle", "text/css; charset=utf-8"),
        file("swagger-ui-bundle.js", "docsScript", script));
  }

  private Route file(String name, String id, String type) {
    Route.Action action =
        call ->
            ManagementRoutes.answer(
                call,
                CompletableFuture.supplyAsync(() -> read(name), codec),
                bytes -> reply(type, bytes));
    return route("/docs/" + name, id, action);
  }

  private static byte[] read(String name) {
    try (InputStream file = DocsPage.class.getResourceAsStream(FOLDER + name)) {
      if (file == null) {
        throw new IllegalStateException(
            FOLDER + name + " is missing (expected: in swagger-ui's jar)");
      }
      return file.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Reply page(String type, String text) {
    return reply(type, text.getBytes(StandardCharsets.UTF_8));
  }

  private static Reply reply(String type, byte[] bytes) {
    return new Reply(200, null, type, HEADERS, Body.of(bytes));
  }

  private static Route route(String path, String id, Route.Action action) {
    Route.Doc doc = Route.Doc.of(id, "A page that shows this description");
    return new Route("GET", PathTemplate.of(path), null, Route.Traits.NONE, action, doc);
  }
}
