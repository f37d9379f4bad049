package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import io.netty.handler.codec.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Routes of the inference API. */
final class InferenceRoutes {
  private static final String ANYTHING = "*/*";
  private static final String MODEL_NAME = "model_name";

  private final RestContext context;

  InferenceRoutes(RestContext context) {
    this.context = context;
  }

  List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.addAll(new HealthRoutes(context).routes());
    predictions(routes, "/predictions", "predict", "Predict", Operation.PREDICT);
    predictions(routes, "/explanations", "explain", "Explain a prediction", Operation.EXPLAIN);
    plain(routes, "/v1/models/{model}:predict", "kserveV1Predict", Operation.PREDICT);
    plain(routes, "/v1/models/{model}:explain", "kserveV1Explain", Operation.EXPLAIN);
    plain(routes, "/v2/models/{model}/infer", "kserveV2Infer", Operation.PREDICT);
    plain(routes, "/v2/models/{model}/explain", "kserveV2Explain", Operation.EXPLAIN);
    withQuery(routes, "/invocations", "invocations", this::invoke);
    Route.Action invokeModel =
        call -> {
          String model = call.target().model();
          submit(call, model, Operation.PREDICT, RequestInputs.of(call, true), null);
        };
    withQuery(routes, "/models/{model}/invoke", "invokeModel", invokeModel);
    withQuery(routes, "/{model}/predict", "legacyPredict", invokeModel);
    withQuery(routes, "/{model}/{version}/predict", "legacyPredictVersion", invokeModel);
    return routes;
  }

  private void predictions(
      List<Route> routes, String base, String id, String summary, Operation operation) {
    Route.Action action =
        call -> {
          Router.Target target = call.target();
          submit(call, target.model(), operation, RequestInputs.of(call, false), target.rest());
        };
    String[] paths = {"/{model}", "/{model}/{version}", "/{model}/{version}/{url_path...}"};
    String[] endings = {"", "Version", "Below"};
    for (int i = 0; i < paths.length; i++) {
      Route.Doc doc = Route.Doc.of(id + endings[i], summary).withBody(ANYTHING);
      add(routes, base + paths[i], action, doc);
    }
  }

  private void plain(List<Route> routes, String path, String id, Operation operation) {
    Route.Action action =
        call -> submit(call, call.target().model(), operation, RequestInputs.of(call, false), null);
    Route.Doc doc = Route.Doc.of(id, "KServe's path of a prediction").withBody(ANYTHING);
    add(routes, path, action, doc);
  }

  private static void withQuery(List<Route> routes, String path, String id, Route.Action action) {
    Route.Doc doc = Route.Doc.of(id, "Predict; query parameters are inputs").withBody(ANYTHING);
    add(routes, path, action, doc);
  }

  private static void add(List<Route> routes, String path, Route.Action action, Route.Doc doc) {
    PathTemplate template = PathTemplate.of(path);
    TokenScope scope = TokenScope.INFERENCE;
    routes.add(new Route(null, template, scope, Route.Traits.PREDICTS, action, doc));
  }

  /** The model that the head of a prediction names; absent: none, or it is no prediction. */
  static @Nullable ModelRef named(Router.Target target) {
    if (!target.route().traits().predicts()) {
      return null;
    }
    if (!target.model().isEmpty()) {
      return new ModelRef(target.model(), target.version());
    }
    String query = target.query();
    if (query != null) {
      for (FormFields.Field field : FormFields.parse(query, "query string")) {
        if (field.name().equals(MODEL_NAME)) {
          return ModelRef.of(field.text());
        }
      }
    }
    return null;
  }

  /** SageMaker's route: the model is named by a field, or it is the only one. */
  private void invoke(Call call) {
    List<InputPart> parts = RequestInputs.of(call, true);
    String model = null;
    for (InputPart part : parts) {
      if (model == null && part.name().equals(MODEL_NAME)) {
        model = StandardCharsets.UTF_8.decode(part.body().bytes()).toString();
      }
    }
    if (model == null) {
      model = onlyModel();
    }
    if (model == null) {
      parts.forEach(part -> part.body().release());
      throw new ServeException(ErrorKind.BAD_REQUEST, "Parameter model_name is required.");
    }
    submit(call, model, Operation.PREDICT, parts, null);
  }

  private @Nullable String onlyModel() {
    String only = context.models().onlyModel();
    List<ServerConfig.StartupModel> startup = context.config().startupModels();
    if (only != null || startup.size() != 1) {
      return only;
    }
    ServerConfig.StartupModel loaded = startup.get(0);
    return loaded.name() != null ? loaded.name() : context.models().modelAt(loaded.location());
  }

  private void submit(
      Call call,
      String model,
      Operation operation,
      List<InputPart> parts,
      @Nullable String urlPath) {
    Exchange exchange = call.exchange();
    HttpHeaders headers = exchange.request().headers();
    Long timeoutNanos;
    try {
      timeoutNanos = timeoutNanos(headers);
    } catch (ServeException e) {
      parts.forEach(part -> part.body().release());
      throw e;
    }
    InferenceRequest request =
        new InferenceRequest(
            exchange.id(),
            new ModelRef(model, call.target().version()),
            operation,
            exchange.clientLabel(),
            InputNames.distinct(parts),
            new HandlerHeaders(headers, urlPath),
            timeoutNanos,
            true,
            null);
    context.inference().submit(request, exchange);
  }

  private static @Nullable Long timeoutNanos(HttpHeaders headers) {
    String text = headers.get("x-request-timeout-ms");
    if (text == null) {
      return null;
    }
    try {
      long millis = Long.parseLong(text.trim());
      if (millis > 0) {
        return TimeUnit.MILLISECONDS.toNanos(millis);
      }
    } catch (NumberFormatException notANumber) {
      // Said below.
    }
    throw new ServeException(
        ErrorKind.BAD_REQUEST,
        "X-Request-Timeout-Ms: " + Replies.printable(text) + " (expected: a whole number >= 1)");
  }
}
