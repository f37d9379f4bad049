package ai.mariner.rest;

import ai.mariner.core.message.ModelRef;
import ai.mariner.core.message.Signature;
import ai.mariner.core.model.ModelPage;
import ai.mariner.core.model.ModelSummary;
import ai.mariner.core.model.WorkflowStatus;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An operation for each model and workflow that there is: a request of tensors where the model says
 * which it takes, else its prediction. Nodes of workflows and applications have none.
 */
final class ModelOperations {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final int MOST_MODELS = 1000;

  /** Between the name of a workflow or application and that of its part. */
  private static final String BETWEEN = "__";

  private final RestContext context;

  ModelOperations(RestContext context) {
    this.context = context;
  }

  /**
   * A call of a model.
   *
   * @param path with the model's name
   * @param id unique name
   * @param summary one line
   * @param content of its body, by media type
   * @param needsBody whether there has to be a body
   * @param answer schema of the answer; absent: anything
   * @param errors name of the errors' schema
   */
  record Operation(
      String path,
      String id,
      String summary,
      ObjectNode content,
      boolean needsBody,
      @Nullable ObjectNode answer,
      String errors) {}

  /** Those of all models and workflows, as they are now. */
  List<Operation> now() {
    List<Operation> operations = new ArrayList<>();
    Set<String> owners = new HashSet<>();
    for (WorkflowStatus workflow : context.workflows().list()) {
      owners.add(workflow.name());
      if (workflow.application() == null) {
        operations.add(plain("/wfpredict/", "run_", "Run workflow ", workflow.name()));
      }
    }
    ModelPage models = context.models().list(MOST_MODELS, 0);
    for (ModelSummary model : models.models()) {
      int end = model.name().indexOf(BETWEEN);
      if (end < 0 || !owners.contains(model.name().substring(0, end))) {
        operations.add(of(model.name()));
      }
    }
    return operations;
  }

  /** That of one model; a model that there is not is one that takes anything. */
  Operation of(String name) {
    ModelRef model = new ModelRef(name, null);
    Signature signature = context.tensors().shown(model);
    if (signature == null || signature.inputs().isEmpty()) {
      return plain("/predictions/", "predict_", "Predict with model ", name);
    }
    ObjectNode media = NODES.objectNode();
    media.set("schema", TensorSchema.request(signature.inputs()));
    ObjectNode example = TensorSchema.example(signature.inputs());
    String summary = "Predict with model " + name + ", as tensors";
    if (example == null) {
      summary += " (an example would have over " + TensorSchema.MOST_SHOWN + " elements)";
    } else {
      media.set("example", example);
    }
    ObjectNode content = NODES.objectNode();
    content.set(Replies.JSON, media);
    return new Operation(
        "/v2/models/" + escaped(name) + "/infer",
        "infer_" + name,
        summary,
        content,
        true,
        TensorSchema.answer(signature.outputs()),
        OpenApi.OPEN_INFERENCE_ERROR);
  }

  private static Operation plain(String base, String id, String summary, String name) {
    ObjectNode content = NODES.objectNode();
    content.putObject(Replies.JSON).putObject("schema");
    ObjectNode bytes = content.putObject("application/octet-stream").putObject("schema");
    bytes.put("type", "string").put("format", "binary");
    return new Operation(
        base + escaped(name), id + name, summary + name, content, false, null, OpenApi.ERROR);
  }

  private static String escaped(String name) {
    return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
