package ai.mariner.rest;

import ai.mariner.core.access.TokenScope;
import ai.mariner.core.message.ModelRef;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A route of the REST API. All there is to know of it stands here: the router, the access checks
 * and the API description read the same rows.
 *
 * <p>Routes that are added while the server runs come from {@link AddedRoutes}.
 *
 * @param method the one method that it takes; absent: any
 * @param path template, see {@link PathTemplate}
 * @param scope what token it needs; absent: none
 * @param traits further properties
 * @param action what it does
 * @param doc what it says of itself
 * @param dialect how it reads, answers and fails; absent: as TorchServe does
 * @param model the model that it means; absent: the one that its path names
 */
record Route(
    @Nullable String method,
    PathTemplate path,
    @Nullable TokenScope scope,
    Traits traits,
    Action action,
    Doc doc,
    @Nullable Dialect dialect,
    @Nullable ModelRef model) {

  /** A route that speaks as TorchServe does. */
  Route(
      @Nullable String method,
      PathTemplate path,
      @Nullable TokenScope scope,
      Traits traits,
      Action action,
      Doc doc) {
    this(method, path, scope, traits, action, doc, null, null);
  }

  /** The same in another dialect. */
  Route in(Dialect other) {
    return new Route(method, path, scope, traits, action, doc, other, model);
  }

  /** Runs a call; failures are thrown as {@code ServeException} or told to the exchange. */
  @FunctionalInterface
  interface Action {
    /** Runs the call; what is left in it is released when this returns. */
    void run(Call call);
  }

  /**
   * Properties of a route that matter before its action runs.
   *
   * @param changesState whether a web page of another origin must not call it
   * @param modelApi whether the switch for registering and unregistering governs it
   * @param predicts whether it is for a model that has to be there before a body is worth reading
   */
  record Traits(boolean changesState, boolean modelApi, boolean predicts) {
    /** Reads. */
    static final Traits NONE = new Traits(false, false, false);

    /** Asks a model. */
    static final Traits PREDICTS = new Traits(false, false, true);

    /** Changes models. */
    static final Traits CHANGES = new Traits(true, false, false);

    /** Adds or removes models. */
    static final Traits MODEL_API = new Traits(true, true, false);
  }

  /**
   * What the API description says.
   *
   * @param operationId unique name
   * @param summary one line
   * @param parameters query parameters
   * @param body media type of the request's body; absent: none
   * @param statuses statuses of answers beside errors, with their meaning
   */
  record Doc(
      String operationId,
      String summary,
      List<Parameter> parameters,
      @Nullable String body,
      List<Status> statuses) {
    /** A route that answers 200. */
    static Doc of(String operationId, String summary) {
      return new Doc(operationId, summary, List.of(), null, List.of(new Status(200, "Success")));
    }

    Doc withBody(String mediaType) {
      return new Doc(operationId, summary, parameters, mediaType, statuses);
    }

    Doc with(Parameter... query) {
      return new Doc(operationId, summary, List.of(query), body, statuses);
    }

    Doc answering(Status... all) {
      return new Doc(operationId, summary, parameters, body, List.of(all));
    }
  }

  /**
   * A query parameter.
   *
   * @param name name
   * @param type JSON schema type
   * @param required whether it has to be there
   * @param description what it means, with its default
   */
  record Parameter(String name, String type, boolean required, String description) {}

  /**
   * A status of an answer.
   *
   * @param code HTTP status
   * @param meaning when it is sent
   */
  record Status(int code, String meaning) {}
}
