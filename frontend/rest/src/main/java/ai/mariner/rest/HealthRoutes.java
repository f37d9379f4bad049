package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.model.Health;
import ai.mariner.view.HealthView;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Routes that tell whether the server lives and would serve: TorchServe's, those of Kubernetes'
 * manner, and those of the Open Inference Protocol (KServe's V2). They differ in words and in the
 * status for "no", never in the answer.
 */
final class HealthRoutes {
  private static final Route.Parameter MODEL =
      new Route.Parameter("model", "string", false, "Ask for this model alone; default: all");
  private static final Route.Status NOT_READY = new Route.Status(503, "Not ready");
  private static final int NOT_READY_V2_STATUS = OpenInferenceErrors.status(ErrorKind.NO_WORKER);
  private static final Route.Status NOT_READY_V2 =
      new Route.Status(NOT_READY_V2_STATUS, "Not ready");

  private final RestContext context;
  private final Dialect v2;

  /**
   * Makes the routes.
   *
   * @param v2 how those of the Open Inference Protocol fail
   */
  HealthRoutes(RestContext context, Dialect v2) {
    this.context = context;
    this.v2 = v2;
  }

  List<Route> routes() {
    Route.Doc ping = doc("ping").answering(success(), new Route.Status(500, "Unhealthy"));
    Route.Doc ready = doc("ready").with(MODEL).answering(success(), NOT_READY);
    Route.Doc serverReady = doc("serverReadyV2").answering(success(), NOT_READY_V2);
    List<Route> routes = new ArrayList<>();
    add(routes, "/ping", TokenScope.INFERENCE, this::ping, ping);
    Route.Doc below = doc("pingBelow").answering(ping.statuses().toArray(Route.Status[]::new));
    add(routes, "/ping/{url_path...}", TokenScope.INFERENCE, this::ping, below);
    get(routes, "/livez", null, call -> answer(call, 200, HealthView.live()), doc("live"));
    get(routes, "/readyz", null, this::ready, ready);
    Route.Action live = call -> answer(call, 200, HealthView.serverLive());
    routes.add(route(null, "/v2/health/live", null, live, doc("serverLiveV2")).in(v2));
    routes.add(route(null, "/v2/health/ready", null, this::serverReady, serverReady).in(v2));
    if (!context.config().inference().isOneWith(context.config().management())) {
      // KServe's clients ask where they predict. On a shared listener it is the management API's.
      get(routes, "/v1/models/{model}", TokenScope.INFERENCE, this::readyV1, ManagementDocs.READY);
    }
    model(routes, "/v2/models/{model}/ready", "modelReadyV2");
    model(routes, "/v2/models/{model}/versions/{version}/ready", "modelReadyV2Version");
    return routes;
  }

  private void model(List<Route> routes, String path, String id) {
    Route.Doc doc = Route.Doc.of(id, "Readiness of a model").answering(success(), NOT_READY_V2);
    routes.add(route("GET", path, TokenScope.INFERENCE, this::modelReady, doc).in(v2));
  }

  private static Route.Doc doc(String id) {
    return Route.Doc.of(id, "Health of the server");
  }

  private static Route.Status success() {
    return new Route.Status(200, "Success");
  }

  /** A route of TorchServe, which looks at no method. */
  private static void add(
      List<Route> routes,
      String path,
      @Nullable TokenScope scope,
      Route.Action action,
      Route.Doc doc) {
    routes.add(route(null, path, scope, action, doc));
  }

  private static void get(
      List<Route> routes,
      String path,
      @Nullable TokenScope scope,
      Route.Action action,
      Route.Doc doc) {
    routes.add(route("GET", path, scope, action, doc));
  }

  private static Route route(
      @Nullable String method,
      String path,
      @Nullable TokenScope scope,
      Route.Action action,
      Route.Doc doc) {
    PathTemplate template = PathTemplate.of(path);
    return new Route(method, template, scope, Route.Traits.NONE, action, doc);
  }

  private void ping(Call call) {
    Health health = context.models().health();
    boolean healthy =
        health.ready() || (context.config().profile().legacyStatuses() && health.firstLoad());
    answer(call, healthy ? 200 : 500, HealthView.ping(healthy));
  }

  private void readyV1(Call call) {
    String name = call.target().model();
    ManagementRoutes.answer(
        call,
        context.models().describe(ModelRef.of(name)),
        models -> {
          boolean ready = models.stream().anyMatch(model -> model.readyWorkers() > 0);
          return Replies.json(200, HealthView.modelReady(name, ready));
        });
  }

  /** Readiness of the server, or of the one model that the query names. */
  private void ready(Call call) {
    String model = Parameters.ofQuery(call).text("model");
    Health health;
    if (model == null) {
      health = context.models().health();
    } else {
      refuseStranger(call);
      health = context.models().health(ModelRef.of(model));
    }
    boolean reasons = !context.config().tokenAuthorization();
    answer(call, status(health), HealthView.readiness(health, reasons));
  }

  private void serverReady(Call call) {
    Health health = context.models().health();
    answer(call, statusV2(health), HealthView.serverReady(health.ready()));
  }

  private void modelReady(Call call) {
    Router.Target target = call.target();
    ModelRef model = new ModelRef(target.model(), target.version());
    Health health = context.models().health(model);
    answer(call, statusV2(health), HealthView.modelReady(target.model(), health.ready()));
  }

  private static int status(Health health) {
    return health.ready() ? 200 : 503;
  }

  private static int statusV2(Health health) {
    return health.ready() ? 200 : NOT_READY_V2_STATUS;
  }

  private static void answer(Call call, int status, String text) {
    call.exchange().end(Replies.json(status, text));
  }

  /** Models are none of the business of a caller without a token. */
  private void refuseStranger(Call call) {
    String authorization = call.request().headers().get(HttpHeaderNames.AUTHORIZATION);
    Failure refusal = context.access().check(TokenScope.INFERENCE, authorization);
    if (refusal != null) {
      throw refusal.toException();
    }
  }
}
