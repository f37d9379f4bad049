package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.application.ApplicationSpec;
import ai.mariner.core.application.DocumentSpec;
import ai.mariner.core.application.FixedAnswer;
import ai.mariner.core.application.NodeSpec;
import ai.mariner.core.application.RouteSpec;
import ai.mariner.core.application.RouteSpec.BodyForm;
import ai.mariner.core.config.ModelOverrides;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.model.Application;
import ai.mariner.core.model.ApplicationArchive;
import ai.mariner.core.model.Manifest;
import ai.mariner.core.model.ModelArchive;
import ai.mariner.core.model.RegisterWorkflow;
import ai.mariner.core.testing.CoreFixture;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ApplicationRoutesTest {
  private final CoreFixture core = CoreFixture.standard();
  private final TestServer server = new TestServer();
  private final Listener listener = server.listener(Api.INFERENCE);
  private final ApplicationRoutes routes = new ApplicationRoutes(server.addedRoutes);

  private Application application(
      String path, @Nullable String document, Map<ErrorKind, FixedAnswer> failures) {
    Body page = Body.of("page".getBytes(StandardCharsets.UTF_8));
    return showing(
        path,
        document == null
            ? List.of()
            : List.of(new DocumentSpec(document, "text/html", page, true, "bye", null, null)),
        failures);
  }

  private Application showing(
      String path, List<DocumentSpec> documents, Map<ErrorKind, FixedAnswer> failures) {
    Manifest manifest = new Manifest(null, "1.0", "stage.py", "python", null);
    Path folder = Path.of("stage");
    ModelArchive stage =
        new ModelArchive("app.war", folder, manifest, ModelOverrides.NONE, null, "a", () -> {});
    NodeSpec node = new NodeSpec("n", "a", List.of(), 0);
    RouteSpec route =
        new RouteSpec(
            "POST",
            path,
            List.of(node),
            BodyForm.RAW,
            false,
            false,
            null,
            new FixedAnswer(422, null, "empty"));
    ApplicationSpec spec =
        new ApplicationSpec("app", List.of("a"), List.of(route), documents, failures, null);
    core.putWorkflow("app.war", "app", new ApplicationArchive(spec, Map.of("a", stage)));
    core.value(core.workflows.register(new RegisterWorkflow("app.war", null, null, null)));
    Application application = core.door.open().get("app");
    assertThat(application).isNotNull();
    return application;
  }

  private String ask(String request) {
    try (Wire wire = new Wire(listener)) {
      return wire.send(request).received();
    }
  }

  @Test
  void routesAndPagesAreThereUntilTheApplicationIsClosed() {
    Application application = application("/see", "/", Map.of());
    routes.open(application);
    assertThat(ask(FramingTest.post("/see", ""))).startsWith("HTTP/1.1 422 ").endsWith("empty");
    assertThat(ask(FramingTest.get("/"))).startsWith("HTTP/1.1 200 ").endsWith("page");
    var unused = core.workflows.close(java.time.Duration.ZERO);
    assertThat(ask(FramingTest.get("/"))).startsWith("HTTP/1.1 503 ").endsWith("bye");
    routes.close(application);
    assertThat(ask(FramingTest.post("/see", ""))).startsWith("HTTP/1.1 404 ");
    assertThat(ask(FramingTest.get("/"))).doesNotContain("page");
  }

  @Test
  void failuresAreToldInTheApplicationsWordsBelowItsOwnFirstWords() {
    FixedAnswer missing = new FixedAnswer(410, "text/x", "{message}|{json}");
    routes.open(application("/see", null, Map.of(ErrorKind.METHOD_NOT_ALLOWED, missing)));
    assertThat(ask(FramingTest.get("/see")))
        .startsWith("HTTP/1.1 410 ")
        .contains("\r\nAllow: POST\r\n", "content-type: text/x")
        .endsWith(
            "Requested method is not allowed, please refer to API document.|\"Requested method is"
                + " not allowed, please refer to API document.\"");
    assertThat(ask(FramingTest.get("/see/more"))).startsWith("HTTP/1.1 404 ").contains("\"code\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/models/x", "/predictions", "/v1", "/v2/models/x", "/readyz", "/"})
  void routesMayNotTakeTheServersOwnWords(String path) {
    Application application = application(path, null, Map.of());
    assertThatThrownBy(() -> routes.open(application)).isInstanceOf(ServeException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/inference", "/v2/see", "/docs"})
  void routesMayStandBelowTheVersionOfAnApi(String path) {
    routes.open(application(path, null, Map.of()));
    assertThat(ask(FramingTest.post(path, ""))).startsWith("HTTP/1.1 422 ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/metrics", "/openapi.json", "/ping", "/see/meta"})
  void pagesMayStandWhereTheServersOwnAre(String path) {
    routes.open(application("/see", path, Map.of()));
    assertThat(ask(FramingTest.get(path))).startsWith("HTTP/1.1 200 ").endsWith("page");
  }

  @Test
  void aPageShowsADocumentOfTheApplicationsOwn() {
    DocumentSpec docs =
        new DocumentSpec(
            "/see/docs", "text/html", Body.empty(), false, null, null, "/\"see\".json");
    routes.open(showing("/see", List.of(docs), Map.of()));
    assertThat(ask(FramingTest.get("/see/docs")))
        .startsWith("HTTP/1.1 200 ")
        .contains(
            "content-type: text/html; charset=utf-8", "data-openapi=\"/&quot;see&quot;.json\"")
        .contains("content-security-policy: default-src 'self'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/livez", "/readyz"})
  void healthIsTheServersOwn(String path) {
    Application application = application("/see", path, Map.of());
    assertThatThrownBy(() -> routes.open(application)).hasMessageContaining(path);
  }
}
