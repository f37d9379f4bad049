package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.error.ErrorKind;
import ai.mariner.core.error.Failure;
import ai.mariner.core.error.ServeException;
import ai.mariner.core.message.ModelKey;
import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Reply;
import ai.mariner.core.model.Completion;
import ai.mariner.core.model.RegisterResult;
import ai.mariner.core.model.ScaleModel;
import ai.mariner.core.model.ScaleResult;
import ai.mariner.view.HealthView;
import ai.mariner.view.ManagementView;
import io.netty.handler.codec.http.HttpHeaderNames;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Routes of the management API. */
final class ManagementRoutes {
  private static final int MOST_LISTED = 100;

  private final RestContext context;
  private final HandlerDescription handlerDescription;

  ManagementRoutes(RestContext context) {
    this.context = context;
    this.handlerDescription = new HandlerDescription(context);
  }

  List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    Route.Traits reads = Route.Traits.NONE;
    Route.Traits changes = Route.Traits.CHANGES;
    add(routes, "GET", "/models", reads, this::list, ManagementDocs.LIST);
    add(routes, "POST", "/models", Route.Traits.MODEL_API, this::register, ManagementDocs.REGISTER);
    for (String version : List.of("", "/{version}")) {
      String path = "/models/{model}" + version;
      boolean named = !version.isEmpty();
      add(routes, "GET", path, reads, this::describe, ManagementDocs.describe(named));
      add(routes, "PUT", path, changes, this::scale, ManagementDocs.scale(named));
      add(
          routes,
          "DELETE",
          path,
          Route.Traits.MODEL_API,
          this::unregister,
          ManagementDocs.unregister(named));
    }
    add(routes, "GET", "/models/{model}/all", reads, this::describeAll, ManagementDocs.ALL);
    add(
        routes,
        "PUT",
        "/models/{model}/{version}/set-default",
        changes,
        this::setDefault,
        ManagementDocs.SET_DEFAULT);
    add(
        routes,
        "POST",
        "/models/{model}/swap",
        Route.Traits.MODEL_API,
        this::swap,
        ManagementDocs.SWAP);
    add(routes, "GET", "/v1/models/{model}", reads, this::modelReady, ManagementDocs.READY);
    PathTemplate token = PathTemplate.of("/token");
    // The action checks the API key itself: this route is about keys.
    routes.add(new Route("GET", token, null, changes, this::rotate, ManagementDocs.TOKEN));
    return routes;
  }

  private static void add(
      List<Route> routes,
      String method,
      String path,
      Route.Traits traits,
      Route.Action action,
      Route.Doc doc) {
    PathTemplate template = PathTemplate.of(path);
    routes.add(new Route(method, template, TokenScope.MANAGEMENT, traits, action, doc));
  }

  private void list(Call call) {
    Parameters parameters = query(call, "limit", "next_page_token");
    int limit = parameters.lenientInt("limit", MOST_LISTED);
    int offset = Math.max(0, parameters.lenientInt("next_page_token", 0));
    int sane = limit < 1 || limit > MOST_LISTED ? MOST_LISTED : limit;
    String text = ManagementView.list(context.models().list(sane, offset));
    call.exchange().end(Replies.json(200, text));
  }

  private void register(Call call) {
    Parameters parameters = Parameters.ofQueryOrJson(call);
    answer(
        call,
        context.models().register(RegisterParameters.order(parameters, strict())),
        result ->
            Replies.json(registeredStatus(result), status(ManagementView.registered(result))));
  }

  private static int registeredStatus(RegisterResult result) {
    return result.completion() == Completion.ACCEPTED && result.workers() > 0 ? 202 : 200;
  }

  private void describe(Call call) {
    ModelRef model = new ModelRef(call.target().model(), call.target().version());
    if (query(call, "customized").bool("customized", false)) {
      handlerDescription.describe(call.exchange(), model);
      return;
    }
    answer(
        call,
        context.models().describe(model),
        models -> Replies.json(200, ManagementView.describe(models)));
  }

  private void describeAll(Call call) {
    query(call);
    answer(
        call,
        context.models().describeAll(call.target().model()),
        models -> Replies.json(200, ManagementView.describe(models)));
  }

  private void scale(Call call) {
    Parameters parameters = query(call, "model_version", "min_worker", "max_worker", "synchronous");
    String version = call.target().version();
    if (version == null) {
      version = parameters.text("model_version");
    }
    int min = parameters.integer("min_worker", 1, 0);
    int max = parameters.integer("max_worker", min, 0);
    if (max < min) {
      throw new ServeException(ErrorKind.BAD_REQUEST, "max_worker cannot be less than min_worker.");
    }
    Completion completion =
        parameters.bool("synchronous", false) ? Completion.READY : Completion.ACCEPTED;
    ModelRef model = new ModelRef(call.target().model(), version);
    answer(
        call,
        context.models().scale(new ScaleModel(model, min, max, completion)),
        result -> Replies.json(scaledStatus(result), status(ManagementView.scaled(result))));
  }

  private static int scaledStatus(ScaleResult result) {
    return switch (result.outcome()) {
      case ACCEPTED -> 202;
      case DONE -> 200;
      case IN_PROGRESS -> 206;
    };
  }

  private void unregister(Call call) {
    query(call);
    ModelRef model = new ModelRef(call.target().model(), call.target().version());
    answer(
        call,
        context.models().unregister(model),
        key -> Replies.json(200, status(ManagementView.unregistered(key))));
  }

  private void setDefault(Call call) {
    query(call);
    String version = call.target().version();
    ModelKey key = new ModelKey(call.target().model(), version == null ? "" : version);
    context.models().setDefault(key);
    call.exchange().end(Replies.json(200, status(ManagementView.defaultSet(key))));
  }

  private void swap(Call call) {
    Parameters parameters = Parameters.ofQueryOrJson(call);
    answer(
        call,
        context.models().swap(RegisterParameters.swap(call.target().model(), parameters, strict())),
        result -> Replies.json(200, ManagementView.swapped(result)));
  }

  private void modelReady(Call call) {
    query(call);
    String name = call.target().model();
    answer(
        call,
        context.models().describe(ModelRef.of(name)),
        models -> {
          boolean ready = models.stream().anyMatch(model -> model.readyWorkers() > 0);
          return Replies.json(200, HealthView.modelReady(name, ready));
        });
  }

  private void rotate(Call call) {
    String type = query(call, "type").text("type");
    TokenScope scope = scope(type);
    if (scope == null) {
      throw new ServeException(
          ErrorKind.BAD_REQUEST,
          "type: "
              + (type == null ? "absent" : Replies.printable(type))
              + " (expected: management or inference)");
    }
    String authorization = call.request().headers().get(HttpHeaderNames.AUTHORIZATION);
    Failure failure = context.access().rotate(scope, authorization);
    if (failure != null) {
      throw failure.toException();
    }
    call.exchange().end(Replies.of(200, null, "\n".getBytes(StandardCharsets.UTF_8)));
  }

  private static @Nullable TokenScope scope(@Nullable String type) {
    return switch (type == null ? "" : type.toLowerCase(Locale.ROOT)) {
      case "management" -> TokenScope.MANAGEMENT;
      case "inference" -> TokenScope.INFERENCE;
      default -> null;
    };
  }

  /** The query string, in which others than the known parameters are refused or logged. */
  private Parameters query(Call call, String... known) {
    Parameters parameters = Parameters.ofQuery(call);
    parameters.expectOnly(Set.of(known), strict());
    return parameters;
  }

  private boolean strict() {
    return context.config().profile().unknownKeysFail();
  }

  private static String status(String sentence) {
    return ManagementView.statusJson(sentence);
  }

  /** Answers when the stage is complete, on whatever thread that is: the exchange hops. */
  static <T> void answer(Call call, CompletionStage<T> stage, Function<T, Reply> show) {
    Exchange exchange = call.exchange();
    stage
        .thenApply(show)
        .whenComplete(
            (reply, thrown) -> {
              if (thrown == null) {
                exchange.end(reply);
              } else {
                exchange.fail(ServeException.failureOf(thrown));
              }
            });
  }
}
