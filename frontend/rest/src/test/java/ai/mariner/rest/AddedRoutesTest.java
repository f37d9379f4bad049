package ai.mariner.rest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.rest.AddedRoute.Manner;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddedRoutesTest {
  private final TestServer server = new TestServer();
  private final Listener listener = server.listener(Api.INFERENCE);

  private static AddedRoute route(String path, Manner manner) {
    ModelRef model = new ModelRef("app", "2.0");
    return new AddedRoute("POST", path, model, Operation.PREDICT, manner);
  }

  private String ask(Listener where, String request) {
    try (Wire wire = new Wire(where)) {
      return wire.send(request).received();
    }
  }

  @Test
  void aRouteServesItsModelFromWhenItIsAddedUntilItIsRemoved() {
    String call = FramingTest.post("/inference/deep/er", "in");
    assertThat(ask(listener, call)).startsWith("HTTP/1.1 404 ");
    server.addedRoutes.put("app", List.of(route("/inference/{url_path...}", Manner.TORCHSERVE)));
    assertThat(ask(listener, call)).startsWith("HTTP/1.1 200 ").endsWith("\r\n\r\nin");
    assertThat(server.requests.get(0).model()).isEqualTo(new ModelRef("app", "2.0"));
    assertThat(ask(listener, FramingTest.get("/api-description")))
        .contains("/inference/{url_path}");
    assertThat(ask(listener, FramingTest.get("/inference/x")))
        .startsWith("HTTP/1.1 405 ")
        .contains("\r\nAllow: POST\r\n");

    server.addedRoutes.remove("app");
    assertThat(ask(listener, call)).startsWith("HTTP/1.1 404 ");
  }

  @Test
  void anOwnersRoutesAreReplacedAtOnceAndListenersThatComeLaterHaveThem() {
    server.addedRoutes.put("app", List.of(route("/old", Manner.TORCHSERVE)));
    server.addedRoutes.put("app", List.of(route("/new", Manner.OPEN_INFERENCE)));
    for (Listener each : List.of(listener, server.listener(Api.INFERENCE))) {
      assertThat(ask(each, FramingTest.post("/old", "x"))).startsWith("HTTP/1.1 404 ");
      assertThat(ask(each, FramingTest.post("/new", "x"))).startsWith("HTTP/1.1 200 ");
      assertThat(ask(each, FramingTest.get("/new"))).contains("\"error\":");
    }
    assertThat(ask(server.listener(Api.METRICS), FramingTest.post("/new", "x")))
        .startsWith("HTTP/1.1 404 ")
        .contains("It is served at another address");
  }

  @Test
  void aModelThatIsNotThereIsToldBeforeTheBodyComes() {
    server.addedRoutes.put("app", List.of(route("/inference", Manner.OPEN_INFERENCE)));
    server.absent.add("app");
    String head = "POST /inference HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n";
    assertThat(ask(listener, head))
        .startsWith("HTTP/1.1 404 ")
        .contains("\"error\": \"Model not found: app\"");
  }

  @Test
  void aRequestThatWasRoutedBeforeAChangeIsServed() {
    server.addedRoutes.put("app", List.of(route("/inference", Manner.TORCHSERVE)));
    try (Wire wire = new Wire(listener)) {
      String whole = FramingTest.post("/inference", "in");
      wire.send(whole.substring(0, whole.length() - 1));
      server.addedRoutes.remove("app");
      assertThat(wire.send("n").received()).startsWith("HTTP/1.1 200 ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"inference", "/{model}/x", "/a/{version}", "/{url_path...}"})
  void malformedPathsAreRefused(String path) {
    refused(ErrorKind.BAD_REQUEST, path);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/models/x", "/predictions/a/b", "/metrics", "/taken"})
  void pathsThatAreNotFreeAreRefusedAndNothingChanges(String path) {
    server.addedRoutes.put("other", List.of(route("/taken", Manner.TORCHSERVE)));
    refused(ErrorKind.CONFLICT, path);
    assertThat(ask(listener, FramingTest.post("/free", "x"))).startsWith("HTTP/1.1 404 ");
  }

  private void refused(ErrorKind kind, String path) {
    List<AddedRoute> routes =
        List.of(route("/free", Manner.TORCHSERVE), route(path, Manner.TORCHSERVE));
    assertThatThrownBy(() -> server.addedRoutes.put("app", routes))
        .isInstanceOfSatisfying(
            ServeException.class, e -> assertThat(e.failure().kind()).isEqualTo(kind));
  }

  @Test
  void everyFirstWordOfTheServersRoutesIsReservedButThoseOfItsPages() {
    Set<String> pages = Set.of("docs", "openapi.json");
    RouteTable table =
        new RouteTable(Set.of(Api.values()), server.context, server.context.config().inference());
    for (Route route : table.routes(List.of())) {
      String word = route.path().firstWord();
      if (word != null && !word.isEmpty() && !pages.contains(word)) {
        assertThat(AddedRoutes.RESERVED).contains(word);
      }
    }
  }
}
