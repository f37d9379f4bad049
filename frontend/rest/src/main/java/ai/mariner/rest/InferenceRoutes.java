package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.config.ServerConfig;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.InferenceRequest;
import ai.mariner.core.message.InputPart;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Routes of the inference API. */
final class InferenceRoutes {
  private static final String ANYTHING = "*/*";
  private static final String MODEL_NAME = "model_name";

  private final RestContext context;
  private final Dialects dialects;
  private final TorchServeDialect plain;
  private final PredictionAction invocation;

  InferenceRoutes(RestContext context, Dialects dialects) {
    this.context = context;
    this.dialects = dialects;
    this.plain = dialects.torchServe();
    this.invocation = action(plain.with(TorchServeDialect.Extras.QUERY), Operation.PREDICT);
  }

  List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.addAll(new HealthRoutes(context, dialects.openInference()).routes());
    predictions(routes, "/predictions", "predict", "Predict", Operation.PREDICT);
    predictions(routes, "/explanations", "explain", "Explain a prediction", Operation.EXPLAIN);
    Dialect v2 = dialects.openInference();
    kserve(routes, "/v1/models/{model}:predict", "kserveV1Predict", plain, Operation.PREDICT);
    kserve(routes, "/v1/models/{model}:explain", "kserveV1Explain", plain, Operation.EXPLAIN);
    new OpenInferenceRoutes(context, v2).addTo(routes);
    kserve(routes, "/v2/models/{model}/explain", "kserveV2Explain", v2, Operation.EXPLAIN);
    workflows(routes);
    withQuery(routes, "/invocations", "invocations", this::invoke);
    withQuery(routes, "/models/{model}/invoke", "invokeModel", invocation);
    withQuery(routes, "/{model}/predict", "legacyPredict", invocation);
    withQuery(routes, "/{model}/{version}/predict", "legacyPredictVersion", invocation);
    return routes;
  }

  private void predictions(
      List<Route> routes, String base, String id, String summary, Operation operation) {
    Dialect dialect = plain.with(TorchServeDialect.Extras.PATH);
    String[] paths = {"/{model}", "/{model}/{version}", "/{model}/{version}/{url_path...}"};
    String[] endings = {"", "Version", "Below"};
    for (int i = 0; i < paths.length; i++) {
      Route.Doc doc = Route.Doc.of(id + endings[i], summary).withBody(ANYTHING);
      add(routes, base + paths[i], dialect, action(dialect, operation), doc);
    }
  }

  private void kserve(
      List<Route> routes, String path, String id, Dialect dialect, Operation operation) {
    Route.Doc doc = Route.Doc.of(id, "KServe's path of a prediction").withBody(ANYTHING);
    add(routes, path, dialect, action(dialect, operation), doc);
  }

  private void workflows(List<Route> routes) {
    Route.Action action =
        call -> {
          InferenceRequest request = plain.read(call, Operation.PREDICT);
          Exchange exchange = call.exchange();
          exchange.frame(plain.framing(call.request()));
          context.workflows().submit(request, plain.sink(exchange));
        };
    PathTemplate template = PathTemplate.of("/wfpredict/{model}");
    Route.Doc doc = Route.Doc.of("wfpredict", "Run a workflow").withBody(ANYTHING);
    TokenScope scope = TokenScope.INFERENCE;
    routes.add(new Route(null, template, scope, Route.Traits.NONE, action, doc).in(plain));
  }

  private void withQuery(List<Route> routes, String path, String id, Route.Action action) {
    Route.Doc doc = Route.Doc.of(id, "Predict; query parameters are inputs").withBody(ANYTHING);
    add(routes, path, invocation.dialect(), action, doc);
  }

  private PredictionAction action(Dialect dialect, Operation operation) {
    return new PredictionAction(context.inference(), dialect, operation);
  }

  private static void add(
      List<Route> routes, String path, Dialect dialect, Route.Action action, Route.Doc doc) {
    PathTemplate template = PathTemplate.of(path);
    TokenScope scope = TokenScope.INFERENCE;
    routes.add(new Route(null, template, scope, Route.Traits.PREDICTS, action, doc).in(dialect));
  }

  /** The model that the head of a prediction names; absent: none, or it is no prediction. */
  static @Nullable ModelRef named(Router.Target target) {
    return target.route().traits().predicts() ? anyNamed(target) : null;
  }

  /** The model that the head of any call names; absent: none. */
  static @Nullable ModelRef anyNamed(Router.Target target) {
    if (!target.model().isEmpty()) {
      return target.ref();
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
    List<InputPart> parts = RequestInputs.of(call, true, false);
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
    ModelRef ref = ModelRef.of(model);
    invocation.submit(call, PredictionAction.request(call, ref, Operation.PREDICT, parts, null));
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
}
