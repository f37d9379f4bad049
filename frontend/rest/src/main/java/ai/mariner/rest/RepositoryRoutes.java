package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.Body;
import ai.mariner.core.message.Reply;
import ai.mariner.core.model.ModelRepository;
import ai.mariner.view.OpenInferenceView;
import ai.mariner.view.RepositoryOrder;
import io.netty.buffer.ByteBufUtil;
import java.util.List;

/**
 * Routes of the Open Inference Protocol that list, load and unload models. They belong to the
 * management API, as registering does: whoever may ask a model may not yet change which ones there
 * are. A client that knows one address only finds all of it where both APIs share one.
 */
final class RepositoryRoutes {
  private final Dialect dialect;
  private final ModelRepository repository;

  RepositoryRoutes(RestContext context, Dialect dialect) {
    this.dialect = dialect;
    this.repository = new ModelRepository(context.models());
  }

  List<Route> routes() {
    Route.Doc index = Route.Doc.of("repositoryIndexV2", "List models").withBody(Replies.JSON);
    Route.Doc load = Route.Doc.of("repositoryLoadV2", "Load a model").withBody(Replies.JSON);
    Route.Doc unload = Route.Doc.of("repositoryUnloadV2", "Unload a model").withBody(Replies.JSON);
    Route.Traits changes = Route.Traits.MODEL_API;
    return List.of(
        post("/v2/repository/index", Route.Traits.NONE, this::index, index),
        post("/v2/repository/models/{model}/load", changes, this::load, load),
        post("/v2/repository/models/{model}/unload", changes, this::unload, unload));
  }

  private Route post(String path, Route.Traits traits, Route.Action action, Route.Doc doc) {
    PathTemplate template = PathTemplate.of(path);
    return new Route("POST", template, TokenScope.MANAGEMENT, traits, action, doc).in(dialect);
  }

  private void index(Call call) {
    boolean ready = order(call).ready();
    ManagementRoutes.answer(
        call,
        repository.index(ready),
        entries -> Replies.json(200, OpenInferenceView.repository(entries)));
  }

  private void load(Call call) {
    RepositoryOrder order = order(call);
    if (!order.loadParameters().isEmpty()) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "parameters: "
              + Replies.printable(String.join(", ", order.loadParameters()))
              + " (expected: none; a model is configured by its archive)");
    }
    ManagementRoutes.answer(call, repository.load(call.target().model()), key -> done());
  }

  private void unload(Call call) {
    order(call);
    ManagementRoutes.answer(call, repository.unload(call.target().model()), nothing -> done());
  }

  private static RepositoryOrder order(Call call) {
    return RepositoryOrder.read(ByteBufUtil.getBytes(call.body()));
  }

  private static Reply done() {
    return new Reply(200, null, Replies.JSON, List.of(), Body.empty());
  }
}
