package ai.mariner.rest;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Describes routes in words that OpenAPI 3.0 and 3.1 have in common: the first is what TorchServe
 * answers with, the second what is shown on the page {@code /docs}.
 */
final class OpenApi {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final ObjectWriter WRITER = new ObjectMapper().writerWithDefaultPrettyPrinter();
  private static final String TOKEN = "bearer";
  private static final String SCHEMAS = "#/components/schemas/";

  /** TorchServe's errors. */
  static final String ERROR = "Error";

  /** Errors of the Open Inference Protocol. */
  static final String OPEN_INFERENCE_ERROR = "OpenInferenceError";

  private final String version;
  private final boolean guarded;

  /**
   * Makes a writer of descriptions.
   *
   * @param version version of the API, the product's
   * @param guarded whether routes that have a scope ask for a token
   */
  OpenApi(String version, boolean guarded) {
    this.version = version;
    this.guarded = guarded;
  }

  /** Describes routes, with the holes of their paths as parameters. */
  String describe(List<Route> routes) {
    return text(document("3.0.1", routes, null));
  }

  /** Describes routes of one model, whose name stands in their paths, and before them its calls. */
  String describe(List<Route> routes, String model, List<ModelOperations.Operation> operations) {
    return text(before(document("3.0.1", routes, model), operations));
  }

  /** Describes routes, and before them the calls of models. */
  String describe(List<Route> routes, List<ModelOperations.Operation> operations) {
    return text(before(document("3.1.0", routes, null), operations));
  }

  private ObjectNode before(ObjectNode document, List<ModelOperations.Operation> operations) {
    ObjectNode paths = NODES.objectNode();
    for (ModelOperations.Operation operation : operations) {
      paths.putObject(operation.path()).set("post", operation(operation));
    }
    paths.setAll((ObjectNode) document.get("paths"));
    document.set("paths", paths);
    return document;
  }

  private ObjectNode document(String language, List<Route> routes, @Nullable String model) {
    ObjectNode document = NODES.objectNode();
    document.put("openapi", language);
    document.putObject("info").put("title", "Mariner REST APIs").put("version", version);
    ObjectNode paths = document.putObject("paths");
    for (Route route : routes) {
      String path = route.path().openApiText();
      String shown = model == null ? path : path.replace("{model}", model);
      ObjectNode item = paths.withObjectProperty(shown);
      item.set(method(route), operation(route, model == null));
    }
    document.set("components", components());
    return document;
  }

  private static String text(ObjectNode document) {
    try {
      return WRITER.writeValueAsString(document) + '\n';
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a tree of plain JSON nodes could not be written", e);
    }
  }

  private ObjectNode operation(ModelOperations.Operation asked) {
    ObjectNode operation = NODES.objectNode();
    operation.put("operationId", asked.id()).put("summary", asked.summary());
    operation.putArray("tags").add("models");
    ObjectNode body = operation.putObject("requestBody").put("required", asked.needsBody());
    body.set("content", asked.content());
    ObjectNode responses = operation.putObject("responses");
    ObjectNode success = responses.putObject("200").put("description", "Success");
    ObjectNode answer = asked.answer();
    if (answer != null) {
      success.set("content", content(Replies.JSON, answer));
    }
    responses.set("default", error(asked.errors()));
    putSecurity(operation);
    return operation;
  }

  private void putSecurity(ObjectNode operation) {
    if (guarded) {
      operation.putArray("security").addObject().putArray(TOKEN);
    }
  }

  private static String method(Route route) {
    String method = route.method();
    if (method != null) {
      return method.toLowerCase(Locale.ROOT);
    }
    return route.doc().body() == null ? "get" : "post";
  }

  private ObjectNode operation(Route route, boolean withModel) {
    Route.Doc doc = route.doc();
    ObjectNode operation = NODES.objectNode();
    operation.put("operationId", doc.operationId());
    operation.put("summary", doc.summary());
    ArrayNode parameters = NODES.arrayNode();
    for (String hole : route.path().holes()) {
      if (withModel || !hole.equals("model")) {
        parameters.add(parameter("path", hole, "string", true, "Part of the path"));
      }
    }
    for (Route.Parameter query : doc.parameters()) {
      parameters.add(
          parameter("query", query.name(), query.type(), query.required(), query.description()));
    }
    if (!parameters.isEmpty()) {
      operation.set("parameters", parameters);
    }
    String body = doc.body();
    if (body != null) {
      ObjectNode requestBody = operation.putObject("requestBody");
      requestBody.put("description", "Input of the handler");
      // What is JSON is an object; else it is the handler's.
      ObjectNode schema = NODES.objectNode().put("type", "object");
      requestBody.set("content", content(body, body.equals(Replies.JSON) ? schema : binary()));
    }
    operation.set("responses", responses(route));
    if (route.scope() != null) {
      putSecurity(operation);
    }
    return operation;
  }

  private static ObjectNode parameter(
      String in, String name, String type, boolean required, String description) {
    ObjectNode parameter = NODES.objectNode();
    parameter.put("name", name).put("in", in).put("description", description);
    parameter.put("required", required);
    parameter.putObject("schema").put("type", type);
    return parameter;
  }

  private static ObjectNode responses(Route route) {
    ObjectNode responses = NODES.objectNode();
    for (Route.Status status : route.doc().statuses()) {
      responses.putObject(Integer.toString(status.code())).put("description", status.meaning());
    }
    Dialect dialect = route.dialect();
    responses.set("default", error(dialect == null ? ERROR : dialect.errorSchema()));
    return responses;
  }

  private static ObjectNode error(String schema) {
    ObjectNode error = NODES.objectNode().put("description", "Error");
    ObjectNode reference = NODES.objectNode().put("$ref", SCHEMAS + schema);
    error.set("content", content(Replies.JSON, reference));
    return error;
  }

  private static ObjectNode content(String mediaType, ObjectNode schema) {
    ObjectNode content = NODES.objectNode();
    content.putObject(mediaType).set("schema", schema);
    return content;
  }

  private static ObjectNode binary() {
    return NODES.objectNode().put("type", "string").put("format", "binary");
  }

  private ObjectNode components() {
    ObjectNode components = NODES.objectNode();
    ObjectNode schemas = components.putObject("schemas");
    ObjectNode error = schemas.putObject(ERROR);
    error.put("type", "object");
    error.putArray("required").add("code").add("type").add("message");
    ObjectNode properties = error.putObject("properties");
    properties.putObject("code").put("type", "integer").put("description", "HTTP status");
    properties.putObject("type").put("type", "string").put("description", "Kind of error");
    properties.putObject("message").put("type", "string").put("description", "What is wrong");
    ObjectNode other = schemas.putObject(OPEN_INFERENCE_ERROR);
    other.put("type", "object");
    other.putArray("required").add("error");
    other
        .putObject("properties")
        .putObject("error")
        .put("type", "string")
        .put("description", "What is wrong");
    if (guarded) {
      ObjectNode scheme = components.putObject("securitySchemes").putObject(TOKEN);
      scheme.put("type", "http").put("scheme", "bearer");
    }
    return components;
  }
}
