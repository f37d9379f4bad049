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
import java.util.function.Supplier;

/**
 * Swagger UI out of its jar: the page {@code /docs}, which shows {@code /openapi.json}, the files
 * of it, and the same page for other documents. It loads nothing from elsewhere. A token that is
 * entered on the page also goes with the question for the document, which then names the models.
 */
final class DocsPage {
  private static final String UI = "/META-INF/resources/webjars/swagger-ui/5.34.1/";
  private static final String OWN = "docs/";
  private static final String PLACE = "{openapi}";
  private static final String STYLE = "text/css; charset=utf-8";
  private static final String SCRIPT = "text/javascript; charset=utf-8";
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
   * @param codec reads and unpacks its files
   */
  DocsPage(Executor codec) {
    this.codec = codec;
  }

  List<Route> routes() {
    return List.of(
        route("/docs", "docs", page("/openapi.json")),
        file(OWN, "start.js", "docsStart", SCRIPT),
        file(OWN, "page.css", "docsLook", STYLE),
        file(UI, "swagger-ui.css", "docsStyle", STYLE),
        file(UI, "swagger-ui-bundle.js", "docsScript", SCRIPT));
  }

  /**
   * Answers with the page.
   *
   * @param document path of the OpenAPI document that it shows
   */
  Route.Action page(String document) {
    return answer("text/html; charset=utf-8", () -> html(document));
  }

  private Route file(String folder, String name, String id, String type) {
    return route("/docs/" + name, id, answer(type, () -> read(folder + name)));
  }

  private Route.Action answer(String type, Supplier<byte[]> content) {
    return call ->
        ManagementRoutes.answer(
            call,
            CompletableFuture.supplyAsync(content, codec),
            bytes -> new Reply(200, null, type, HEADERS, Body.of(bytes)));
  }

  private static byte[] html(String document) {
    String shown = document.replace("&", "&amp;").replace("\"", "&quot;").replace("<", "&lt;");
    String page = new String(read(OWN + "page.html"), StandardCharsets.UTF_8);
    return page.replace(PLACE, shown).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] read(String path) {
    try (InputStream file = DocsPage.class.getResourceAsStream(path)) {
      if (file == null) {
        throw new IllegalStateException(path + " is missing (expected: in the frontend's jars)");
      }
      return file.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Route route(String path, String id, Route.Action action) {
    Route.Doc doc = Route.Doc.of(id, "A page that shows this description");
    return new Route("GET", PathTemplate.of(path), null, Route.Traits.NONE, action, doc);
  }
}
