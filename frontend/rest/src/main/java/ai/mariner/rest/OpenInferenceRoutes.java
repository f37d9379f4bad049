package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Operation;
import ai.mariner.core.message.Signature;
import ai.mariner.core.model.ModelStatus;
import ai.mariner.view.OpenInferenceView;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Routes of the Open Inference Protocol that ask models or ask about them. Those that load and
 * unload models are management, see {@link RepositoryRoutes}.
 */
final class OpenInferenceRoutes {
  private static final List<String> MODELS =
      List.of("/v2/models/{model}", "/v2/models/{model}/versions/{version}");

  private final RestContext context;
  private final Dialect dialect;

  OpenInferenceRoutes(RestContext context, Dialect dialect) {
    this.context = context;
    this.dialect = dialect;
  }

  void addTo(List<Route> routes) {
    get(routes, "/v2", this::server, Route.Doc.of("serverV2", "What the server is"));
    Route.Doc all = Route.Doc.of("statisticsV2", "What all models have done");
    get(routes, "/v2/models/stats", call -> statistics(call, null), all);
    fixed(routes, "/v2/trace/setting", OpenInferenceView.traceSettings(), "traceSettingV2");
    fixed(routes, "/v2/logging", OpenInferenceView.logSettings(), "logSettingV2");
    fixed(routes, "/v2/systemsharedmemory/status", "[]", "systemSharedMemoryV2");
    fixed(routes, "/v2/cudasharedmemory/status", "[]", "cudaSharedMemoryV2");
    for (String model : MODELS) {
      String ending = model.contains("{version}") ? "Version" : "";
      infer(routes, model + "/infer", "kserveV2Infer" + ending, null);
      infer(routes, model + "/generate", "generateV2" + ending, null);
      infer(routes, model + "/infer_stream", "inferStreamV2" + ending, Framing.EVENTS);
      infer(routes, model + "/generate_stream", "generateStreamV2" + ending, Framing.EVENTS);
      Route.Doc about = Route.Doc.of("modelV2" + ending, "Inputs and outputs of a model");
      get(routes, model, this::metadata, about);
      Route.Doc config = Route.Doc.of("modelConfigV2" + ending, "Configuration of a model");
      get(routes, model + "/config", this::config, config);
      Route.Doc stats = Route.Doc.of("modelStatisticsV2" + ending, "What a model has done");
      get(routes, model + "/stats", this::statistics, stats);
    }
  }

  /** What Triton's clients may ask and is always the same here. */
  private void fixed(List<Route> routes, String path, String text, String id) {
    Route.Doc doc = Route.Doc.of(id, "What clients of Triton ask; it can't be changed");
    get(routes, path, call -> call.exchange().end(Replies.json(200, text)), doc);
  }

  private void infer(List<Route> routes, String path, String id, @Nullable Framing framing) {
    PredictionAction plain = new PredictionAction(context.inference(), dialect, Operation.PREDICT);
    Route.Doc doc =
        Route.Doc.of(id, "Predict with tensors, as JSON or with bytes behind it").withBody("*/*");
    Route.Action action = new InferAction(context, plain, framing);
    routes.add(
        new Route(
                null,
                PathTemplate.of(path),
                TokenScope.INFERENCE,
                Route.Traits.PREDICTS,
                action,
                doc)
            .in(dialect));
  }

  private void get(List<Route> routes, String path, Route.Action action, Route.Doc doc) {
    PathTemplate template = PathTemplate.of(path);
    routes.add(
        new Route("GET", template, TokenScope.INFERENCE, Route.Traits.NONE, action, doc)
            .in(dialect));
  }

  private void server(Call call) {
    String text = OpenInferenceView.server(context.config().version());
    call.exchange().end(Replies.json(200, text));
  }

  private void metadata(Call call) {
    ModelRef model = known(call);
    Signature signature = context.tensors().shown(model);
    ManagementRoutes.answer(
        call,
        context.models().describeAll(model.name()),
        versions ->
            Replies.json(200, OpenInferenceView.model(model.name(), keys(versions), signature)));
  }

  private void config(Call call) {
    ModelRef model = known(call);
    Signature signature = context.tensors().shown(model);
    ManagementRoutes.answer(
        call,
        context.models().describe(model),
        found -> Replies.json(200, OpenInferenceView.config(found.get(0), signature)));
  }

  private void statistics(Call call) {
    statistics(call, new ModelRef(call.target().model(), call.target().version()));
  }

  private void statistics(Call call, @Nullable ModelRef model) {
    String text = OpenInferenceView.statistics(context.models().statistics(model));
    call.exchange().end(Replies.json(200, text));
  }

  private static List<String> keys(List<ModelStatus> versions) {
    return versions.stream().map(each -> each.key().version()).toList();
  }

  /** The model of the path; refuses one that there is not. */
  private ModelRef known(Call call) {
    ModelRef model = new ModelRef(call.target().model(), call.target().version());
    var unused = context.models().health(model);
    return model;
  }
}
